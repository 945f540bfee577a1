/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What lwIP's control blocks say of their own states. */
#include "lwip_end.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What the account last said of one incarnation. */
struct seen {
	const struct tcp_pcb *pcb; /* NULL once gone */
	ip4_addr_t local, remote;
	u16_t local_port, remote_port;
	enum tcp_state state;
	unsigned incarnation;
	const char *cause;
	int met;
	int reset; /* lwIP has sent a RST since the last walk */
};

static struct seen seens[CONN_MAX];
static unsigned seen_count;
static FILE *account;
static const char *end_name;

void
account_begin(FILE *file, const char *name)
{
	account = file;
	end_name = name;
}

static const char *
state_name(enum tcp_state state)
{
	static const char *const names[] = { "CLOSED", "LISTEN", "SYN-SENT",
		"SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2",
		"CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT" };
	return names[state];
}

static void
account_open_line(const struct seen *s, const char *event)
{
	struct timespec now;
	char local[16], remote[16];

	clock_gettime(CLOCK_REALTIME, &now);
	inet_ntop(AF_INET, &s->local, local, sizeof local);
	inet_ntop(AF_INET, &s->remote, remote, sizeof remote);
	fprintf(account,
	    "{\"t_ns\": %lld, \"ns\": \"%s\", \"ev\": \"%s\", "
	    "\"local\": [\"%s\", %u], \"remote\": [\"%s\", %u], \"inc\": %u",
	    now.tv_sec * 1000000000LL + now.tv_nsec, end_name, event, local,
	    s->local_port, remote, s->remote_port, s->incarnation);
}

static void
account_change(const struct seen *s, enum tcp_state from, enum tcp_state to)
{
	account_open_line(s, "state");
	fprintf(account, ", \"from\": \"%s\", \"to\": \"%s\", \"how\": \"pcb\"",
	    state_name(from), state_name(to));
	if (to == CLOSED && s->cause)
		fprintf(account, ", \"cause\": \"%s\"", s->cause);
	fputs("}\n", account);
}

static int
seen_is(const struct seen *s, const struct tcp_pcb *pcb)
{
	return s->local_port == pcb->local_port &&
	       s->remote_port == pcb->remote_port &&
	       ip4_addr_cmp(&s->local, ip_2_ip4(&pcb->local_ip)) &&
	       ip4_addr_cmp(&s->remote, ip_2_ip4(&pcb->remote_ip));
}

static void
account_meet(const struct tcp_pcb *pcb)
{
	struct seen *s;
	unsigned i, incarnation = 1;

	for (i = 0; i < seen_count; i++) {
		s = &seens[i];
		if (!seen_is(s, pcb))
			continue;
		if (s->pcb == pcb) {
			s->met = 1;
			if (s->state != pcb->state)
				account_change(s, s->state, pcb->state);
			s->state = pcb->state;
			return;
		}
		incarnation++;
	}
	if (seen_count == CONN_MAX) {
		fputs("lwip: too many connections for the account\n", stderr);
		exit(1);
	}
	s = &seens[seen_count++];
	s->pcb = pcb;
	ip4_addr_copy(s->local, *ip_2_ip4(&pcb->local_ip));
	ip4_addr_copy(s->remote, *ip_2_ip4(&pcb->remote_ip));
	s->local_port = pcb->local_port;
	s->remote_port = pcb->remote_port;
	s->incarnation = incarnation;
	s->state = pcb->state;
	s->met = 1;
	account_change(s, pcb->state == SYN_RCVD ? LISTEN : CLOSED, pcb->state);
}

/* Of a block that has gone without a word from lwIP or the application. */
static const char *
seen_cause(const struct seen *s)
{
	if (s->reset)
		return "rst-sent";
	if (s->state == TIME_WAIT)
		return "2msl";
	if (s->state == FIN_WAIT_2)
		return "fin-wait-2-timeout";
	return s->state == LAST_ACK ? "fin-acked" : "timeout";
}

void
account_reset(const ip4_addr_t *local, u16_t local_port,
    const ip4_addr_t *remote, u16_t remote_port)
{
	struct seen none, *s = &none;
	unsigned i;

	memset(&none, 0, sizeof none);
	none.local = *local;
	none.remote = *remote;
	none.local_port = local_port;
	none.remote_port = remote_port;
	for (i = 0; i < seen_count; i++)
		if (seens[i].pcb && seens[i].local_port == local_port &&
		    seens[i].remote_port == remote_port &&
		    ip4_addr_cmp(&seens[i].remote, remote))
			s = &seens[i];
	s->reset = 1;
	account_open_line(s, "reset-sent");
	fprintf(account, ", \"state\": %s%s%s}\n", s->pcb ? "\"" : "",
	    s->pcb ? state_name(s->state) : "null", s->pcb ? "\"" : "");
}

void
account_walk(void)
{
	const struct tcp_pcb *pcb;
	struct seen *s;
	unsigned i;

	for (i = 0; i < seen_count; i++)
		seens[i].met = 0;
	for (pcb = tcp_active_pcbs; pcb; pcb = pcb->next)
		account_meet(pcb);
	for (pcb = tcp_tw_pcbs; pcb; pcb = pcb->next)
		account_meet(pcb);
	for (i = 0; i < seen_count; i++) {
		s = &seens[i];
		if (!s->pcb || s->met) {
			s->reset = 0;
			continue;
		}
		if (!s->cause)
			s->cause = seen_cause(s);
		account_change(s, s->state, CLOSED);
		s->pcb = NULL;
	}
}

void
account_cause(const struct tcp_pcb *pcb, const char *cause)
{
	unsigned i;

	for (i = 0; i < seen_count; i++)
		if (seens[i].pcb == pcb && !seens[i].cause)
			seens[i].cause = cause;
}

void
account_end(void)
{
	unsigned i;

	for (i = 0; i < seen_count; i++) {
		if (!seens[i].pcb)
			continue;
		account_open_line(&seens[i], "final");
		fprintf(account, ", \"state\": \"%s\"}\n",
		    state_name(seens[i].state));
	}
}
