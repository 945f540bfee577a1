/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* An empty loop of libpcap over a file: what reading alone costs.
 *
 *     loop FILE
 */
#include <pcap/pcap.h>
#include <stdio.h>

static void
ignore(u_char *user, const struct pcap_pkthdr *header, const u_char *data)
{
	(void)user;
	(void)header;
	(void)data;
}

int
main(int argc, char **argv)
{
	char message[PCAP_ERRBUF_SIZE];
	pcap_t *pcap;
	int status;

	if (argc != 2) {
		fprintf(stderr, "usage: loop FILE\n");
		return 2;
	}
	pcap = pcap_open_offline(argv[1], message);
	if (pcap == NULL) {
		fprintf(stderr, "%s\n", message);
		return 2;
	}
	status = pcap_loop(pcap, -1, ignore, NULL);
	if (status < 0)
		fprintf(stderr, "%s: %s\n", argv[1], pcap_geterr(pcap));
	pcap_close(pcap);
	return status < 0 ? 2 : 0;
}
