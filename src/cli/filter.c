/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "filter.h"

#include <pthread.h>

#include "log.h"

/* Of libpcap's compiler not every part may be used by two at a time. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

int
filter_build(pcap_t *pcap, const char *expression, struct bpf_program *program)
{
	int result;

	(void)pthread_mutex_lock(&lock);
	result =
	    pcap_compile(pcap, program, expression, 1, PCAP_NETMASK_UNKNOWN);
	(void)pthread_mutex_unlock(&lock);
	return result;
}

int
filter_compile(pcap_t *pcap, const char *name, const char *expression,
    struct bpf_program *program)
{
	if (filter_build(pcap, expression, program) == 0)
		return 0;
	log_error(name,
	    "the filter does not suit this input (%s): see "
	    "pcap-filter(7)",
	    pcap_geterr(pcap));
	return -1;
}

int
filter_check(const char *expression)
{
	/* Each knows words that the others do not. */
	static const int links[] = { DLT_RAW, DLT_IEEE802_11_RADIO,
		DLT_EN10MB };
	char why[PCAP_ERRBUF_SIZE] = "out of memory";

	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		pcap_t *pcap = pcap_open_dead(links[i], 65535);
		struct bpf_program program;

		if (pcap == NULL)
			continue;
		if (filter_build(pcap, expression, &program) == 0) {
			pcap_freecode(&program);
			pcap_close(pcap);
			return 0;
		}
		(void)snprintf(why, sizeof(why), "%s", pcap_geterr(pcap));
		pcap_close(pcap);
	}
	log_error("--filter", "'%s' is not a filter (%s): see pcap-filter(7)",
	    expression, why);
	return -1;
}
