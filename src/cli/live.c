/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "live.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "audit.h"
#include "filter.h"
#include "interrupt.h"
#include "link_type.h"
#include "log.h"
#include "packet.h"
#include "user.h"

#define SECOND	 INT64_C(1000000000)
#define INTERVAL (SECOND / 10) /* between two looks at a silent wire */
#define MARGIN	 (SECOND / 2)  /* packets may still be on their way to us */
#define BATCH	 1024	       /* packets between two looks at the clock */
#define LAST	 100000	       /* packets after the end, at most */

struct live {
	struct audit *audit;
	const char *name;
	pcap_t *pcap;
	bool nanoseconds;
	uint64_t number;
	int64_t end;	  /* of --duration; 0: none */
	int64_t advanced; /* when timers were last made to run */
	char failure[PCAP_ERRBUF_SIZE];
};

static int64_t
clock_now(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now);
	return now.tv_sec * SECOND + now.tv_nsec;
}

/* ----------------------------------------------------------------- open */

static void
explain_failure(const struct live *l, int result)
{
	const char *why = pcap_geterr(l->pcap);

	if (*why == '\0')
		why = pcap_statustostr(result);
	switch (result) {
	case PCAP_ERROR_NO_SUCH_DEVICE:
		log_error(l->name, "no such interface: see tcpaudit "
				   "--list-interfaces");
		break;
	case PCAP_ERROR_PERM_DENIED:
	case PCAP_ERROR_PROMISC_PERM_DENIED:
		log_error(l->name, "no permission to capture: run as root, or "
				   "once: setcap cap_net_raw,cap_net_admin=eip "
				   "TCPAUDIT");
		break;
	case PCAP_ERROR_IFACE_NOT_UP:
		log_error(l->name, "the interface is down: ip link set %s up",
		    l->name);
		break;
	default:
		log_error(l->name,
		    "cannot be captured: %s: see tcpaudit "
		    "--list-interfaces",
		    why);
		break;
	}
}

static void
configure(struct live *l)
{
	const struct options *o = l->audit->options;
	/* Of the pseudo-interface no one can be switched. */
	bool promiscuous = o->promiscuous && strcmp(l->name, "any") != 0;

	(void)pcap_set_snaplen(l->pcap, o->snaplen);
	(void)pcap_set_promisc(l->pcap, promiscuous);
	(void)pcap_set_buffer_size(l->pcap, o->buffer_kib * 1024);
	(void)pcap_set_timeout(l->pcap, INTERVAL / 1000000);
	l->nanoseconds =
	    pcap_set_tstamp_precision(l->pcap, PCAP_TSTAMP_PRECISION_NANO) == 0;
}

static int
set_filter(struct live *l, const char *filter)
{
	struct bpf_program program;
	int result;

	if (filter == NULL)
		return 0;
	if (filter_compile(l->pcap, l->name, filter, &program) != 0)
		return -1;
	result = pcap_setfilter(l->pcap, &program);
	pcap_freecode(&program);
	if (result != 0)
		log_error(l->name, "the filter cannot be set (%s): simplify it",
		    pcap_geterr(l->pcap));
	return result;
}

static int
live_open(struct live *l)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	int result;

	l->pcap = pcap_create(l->name, why);
	if (l->pcap == NULL) {
		log_error(l->name,
		    "cannot be captured: %s: see tcpaudit "
		    "--list-interfaces",
		    why);
		return -1;
	}
	configure(l);
	result = pcap_activate(l->pcap);
	if (result < 0) {
		explain_failure(l, result);
		return -1;
	}
	if (result > 0 && result != PCAP_WARNING_PROMISC_NOTSUP)
		log_warning(l->name, "%s", pcap_statustostr(result));
	if (pcap_setnonblock(l->pcap, 1, why) != 0) {
		log_error(l->name,
		    "cannot be polled: %s: capture with tcpdump "
		    "and pipe it here",
		    why);
		return -1;
	}
	l->nanoseconds =
	    pcap_get_tstamp_precision(l->pcap) == PCAP_TSTAMP_PRECISION_NANO;
	return set_filter(l, l->audit->options->filter);
}

/* ----------------------------------------------------------------- loop */

static void
take_packet(unsigned char *argument, const struct pcap_pkthdr *header,
    const unsigned char *data)
{
	struct live *l = (struct live *)(void *)argument;
	struct tcpaudit_packet packet;

	/* pcap_breakloop() does not stop a batch that is already here. */
	if (l->audit->enough)
		return;
	packet_fill(&packet, header, data, l->nanoseconds);
	packet.number = ++l->number;
	audit_packet(l->audit, &packet);
	if (l->audit->enough)
		pcap_breakloop(l->pcap);
}

/* The wire is silent and nothing is buffered: the clock of the wall is that of
 * the capture, but for the packets that are still on their way. */
static void
advance(struct live *l)
{
	int64_t now = clock_now(CLOCK_REALTIME);

	/* A clock that was set back must not stop the timers for long. */
	if (now >= l->advanced && now - l->advanced < INTERVAL)
		return;
	l->advanced = now;
	tcpaudit_advance(l->audit->engine, now - MARGIN);
}

static void
wait_for_packets(struct live *l)
{
	struct pollfd wait = { .fd = pcap_get_selectable_fd(l->pcap),
		.events = POLLIN };
	struct timespec pause = { .tv_nsec = INTERVAL };

	/* After an error poll() would return at once, for ever. */
	if (wait.fd < 0 || (poll(&wait, 1, INTERVAL / 1000000) > 0 &&
			       (wait.revents & POLLIN) == 0))
		(void)nanosleep(&pause, NULL);
}

static bool
ended(const struct live *l)
{
	return l->audit->enough || interrupt_seen() ||
	       (l->end > 0 && clock_now(CLOCK_MONOTONIC) >= l->end);
}

static void
loop(struct live *l)
{
	while (!ended(l)) {
		int n = pcap_dispatch(
		    l->pcap, BATCH, take_packet, (unsigned char *)l);

		audit_flush(l->audit);
		if (n == PCAP_ERROR_BREAK)
			continue;
		if (n < 0) {
			(void)snprintf(l->failure, sizeof(l->failure), "%s",
			    pcap_geterr(l->pcap));
			return;
		}
		progress_packet(
		    &l->audit->progress, l->name, 0, 0, l->audit->packets);
		if (n > 0)
			continue;
		advance(l);
		wait_for_packets(l);
	}
	if (l->audit->enough)
		return;
	/* What the kernel still holds belongs to the time before the end. */
	(void)nanosleep(&(struct timespec){ .tv_nsec = INTERVAL }, NULL);
	(void)pcap_dispatch(l->pcap, LAST, take_packet, (unsigned char *)l);
}

static void
note_drops(struct live *l)
{
	struct pcap_stat statistics;

	memset(&statistics, 0, sizeof(statistics));
	if (pcap_stats(l->pcap, &statistics) != 0)
		return;
	l->audit->kernel_dropped = statistics.ps_drop;
	l->audit->interface_dropped = statistics.ps_ifdrop;
}

static void
capture(struct live *l)
{
	struct audit *a = l->audit;

	if (a->options->duration > 0)
		l->end = clock_now(CLOCK_MONOTONIC) + a->options->duration;
	loop(l);
	progress_end(&a->progress);
	note_drops(l);
	if (l->failure[0] == '\0') {
		audit_end(a, NULL, 0);
		return;
	}
	log_error(l->name,
	    "the capture broke off: %s: check the interface "
	    "(what came before is audited)",
	    l->failure);
	audit_end(a, l->failure, 0);
}

void
live_run(struct audit *a)
{
	struct output_input input = { .name = a->options->interface,
		.live = true,
		.filter = a->options->filter };
	struct live live = { .audit = a, .name = a->options->interface };
	char spare[16];
	int dlt;

	a->trouble = true;
	if (user_check(a->options) != 0 || live_open(&live) != 0)
		goto out;
	dlt = pcap_datalink(live.pcap);
	input.link_type = link_type_name(dlt, spare);
	input.snaplen = a->options->snaplen;
	if (audit_begin(a, &input, dlt) != 0 || user_drop(a->options) != 0)
		goto out;
	a->trouble = false;
	capture(&live);
out:
	if (live.pcap != NULL)
		pcap_close(live.pcap);
}
