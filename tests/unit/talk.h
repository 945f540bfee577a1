/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * Conversations for tests of the engine.  A script has one line for each
 * packet, separated by semicolons:
 *
 *	MS WHO FLAGS SEQ ACK LENGTH [OPTION...]
 *
 * MS: milliseconds since the line before.  WHO: c, the client, or s.  FLAGS as
 * tcpdump writes them: "S", "S.", ".", "P.", "F.", "R"; "-" for none.  SEQ and
 * ACK count from the initial sequence number of their space (TALK_ISN), so that
 * a SYN has 0 and the first octet of text 1.  LENGTH: octets of text.
 *
 * Options: wN the window; xHEX octets of TCP options, by default an MSS of 1460
 * on a SYN; pN another client port; tN other text; iN the IP identification, by
 * default the number of the packet; e, a checksum that is wrong.
 *
 * What the engine says is kept, and written as text too.
 */
#ifndef TALK_H
#define TALK_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tcpaudit.h"

#define TALK_MS	   INT64_C(1000000)
#define TALK_START (INT64_C(1795255200) * 1000 * TALK_MS)

enum { TALK_SAID = 64, TALK_FRAME = 2048 };

/* Of the client and of the server. */
static const uint32_t talk_isn[2] = { 100000, 4294900000 };

struct talk_finding {
	struct tcpaudit_finding last; /* without what it points to */
	uint64_t connection;	      /* 0: none */
	unsigned records;
};

struct talk_connection {
	struct tcpaudit_connection record; /* without what it points to */
	struct tcpaudit_tuple tuple;
	char conn_state[8], history[40];
	char pending[80]; /* codes, with a blank after each */
};

struct talk {
	struct tcpaudit *engine;
	struct tcpaudit_config config;
	int64_t time;
	uint64_t number; /* of the last packet */
	int result;	 /* of tcpaudit_packet(), the last failure */
	struct talk_finding finding[TALK_SAID];
	struct talk_connection connection[TALK_SAID];
	struct tcpaudit_transition transition[TALK_SAID];
	size_t findings, connections, transitions;
	FILE *log;
	char *text; /* of the log, after talk_text() */
	size_t size;
};

struct talk_line {
	int64_t wait;
	int end; /* enum tcpaudit_end */
	uint8_t flags;
	uint32_t seq, ack, length;
	uint16_t window, port, ip_id;
	uint8_t fill, option_length;
	uint8_t option[40];
	int options; /* they were given */
	int wrong;   /* the checksum */
};

/* ----------------------------------------------------------------- records */

static inline void
talk_on_finding(void *argument, const struct tcpaudit_finding *f)
{
	struct talk *k = argument;
	struct talk_finding *to = NULL;
	size_t i;

	for (i = 0; i < k->findings && to == NULL; i++)
		if (k->finding[i].last.id == f->id)
			to = &k->finding[i];
	if (to == NULL && k->findings < TALK_SAID)
		to = &k->finding[k->findings++];
	fprintf(k->log, "%" PRIu64 " %d %s %d %d %d #%" PRIu64 " %" PRId64,
	    f->id, f->revises, f->rule->code, f->severity, f->confidence,
	    f->endpoint, f->packet, f->time);
	for (i = 0; i < f->packet_count; i++)
		fprintf(k->log, " #%" PRIu64, f->packets[i]);
	for (i = 0; i < f->value_count; i++)
		fprintf(k->log, " %s%s=%" PRId64, f->values[i].name,
		    f->values[i].expected ? "!" : "", f->values[i].value);
	fprintf(k->log, " %" PRIu64 " %x %x\n", f->count, f->possible[0],
	    f->possible[1]);
	if (to == NULL)
		return;
	to->last = *f;
	to->last.packets = NULL;
	to->last.values = NULL;
	to->last.connection = NULL;
	to->connection = f->connection != NULL ? f->connection->id : 0;
	to->records++;
}

static inline void
talk_on_transition(void *argument, const struct tcpaudit_transition *r)
{
	struct talk *k = argument;

	fprintf(k->log,
	    "%" PRIu64 " %d: %s -> %s #%" PRIu64 " %" PRId64 " %d %d\n",
	    r->connection->id, r->endpoint, tcpaudit_state_name(r->from),
	    tcpaudit_state_name(r->to), r->packet, r->time, r->trigger,
	    r->certainty);
	if (k->transitions == TALK_SAID)
		return;
	k->transition[k->transitions] = *r;
	k->transition[k->transitions++].connection = NULL;
}

static inline void
talk_write_end(FILE *log, const struct tcpaudit_endpoint *x)
{
	fprintf(
	    log, " [%x %d %u %u", x->possible, x->certain, x->isn, x->fin_seq);
	for (size_t i = 0; i < x->path_length; i++)
		fprintf(log, " %s", tcpaudit_state_name(x->path[i]));
	fprintf(log,
	    " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
	    " %" PRIu64 " %d %d %d %d %" PRId64 "]",
	    x->packets, x->bytes, x->unique_bytes, x->retransmitted_packets,
	    x->out_of_order_packets, x->zero_windows, x->mss, x->window_scale,
	    x->sack_permitted, x->timestamps, x->min_rtt_ns);
}

static inline void
talk_on_connection(void *argument, const struct tcpaudit_connection *c)
{
	struct talk *k = argument;
	struct talk_connection *to;

	fprintf(k->log,
	    "%" PRIu64 " %u %u>%u %s %d %d %s %s %u #%" PRIu64 "-%" PRIu64,
	    c->connection->id, c->connection->incarnation,
	    c->connection->port[0], c->connection->port[1],
	    tcpaudit_verdict_name(c->verdict), c->closed_by, c->confidence,
	    c->zeek_conn_state, c->zeek_history, c->wireshark_completeness,
	    c->first_packet, c->last_packet);
	talk_write_end(k->log, &c->end[0]);
	talk_write_end(k->log, &c->end[1]);
	for (size_t i = 0; i < c->pending_count; i++)
		fprintf(k->log, " pending %s", c->pending[i]->code);
	fprintf(k->log, "\n");
	if (k->connections == TALK_SAID)
		return;
	to = &k->connection[k->connections++];
	to->record = *c;
	to->tuple = *c->connection;
	to->record.connection = NULL;
	to->record.pending = NULL;
	snprintf(
	    to->conn_state, sizeof(to->conn_state), "%s", c->zeek_conn_state);
	snprintf(to->history, sizeof(to->history), "%s", c->zeek_history);
	to->pending[0] = '\0';
	for (size_t i = 0; i < c->pending_count; i++) {
		strcat(to->pending, c->pending[i]->code);
		strcat(to->pending, " ");
	}
}

/* ----------------------------------------------------------------- packets */

static inline void
talk_put(uint8_t *p, uint32_t n, int octets)
{
	while (octets-- > 0) {
		p[octets] = (uint8_t)n;
		n >>= 8;
	}
}

/* RFC 9293, 3.1, by the letter: `n` octets after their pseudo-header, whose
 * addresses are the eight octets in front of them. */
static inline uint32_t
talk_checksum(const uint8_t *tcp, size_t n)
{
	const uint8_t *p = tcp - 8;
	uint32_t sum = 6 + (uint32_t)n;

	for (size_t i = 0; i < n + 8; i++)
		sum += (uint32_t)p[i] << (i % 2 ? 0 : 8);
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

/* Ethernet, IPv4, TCP; returns the length. */
static inline size_t
talk_frame(uint8_t *p, const struct talk_line *l)
{
	size_t header = 20u + l->option_length, n = header + l->length;
	uint16_t port[2] = { l->port, 80 };
	uint8_t *ip = p + 14, *tcp = p + 34;

	memset(p, 0, 54);
	p[12] = 8;
	ip[0] = 0x45;
	talk_put(ip + 2, (uint32_t)(20 + n), 2);
	talk_put(ip + 4, l->ip_id, 2);
	ip[8] = 64;
	ip[9] = 6;
	talk_put(ip + 12, 0x0a000001u + (uint32_t)l->end, 4);
	talk_put(ip + 16, 0x0a000002u - (uint32_t)l->end, 4);
	talk_put(tcp, port[l->end], 2);
	talk_put(tcp + 2, port[!l->end], 2);
	talk_put(tcp + 4, l->seq, 4);
	talk_put(tcp + 8, l->ack, 4);
	tcp[12] = (uint8_t)(header * 4);
	tcp[13] = l->flags;
	talk_put(tcp + 14, l->window, 2);
	memcpy(tcp + 20, l->option, l->option_length);
	for (size_t i = 0; i < l->length; i++)
		tcp[header + i] = (uint8_t)(l->seq + i + l->fill);
	talk_put(tcp + 16, talk_checksum(tcp, n) ^ (l->wrong ? 1u : 0), 2);
	return 34 + n;
}

/* The packet stands alone in memory that is gone after the call: whoever
 * still reads it is seen by a sanitizer. */
static inline void
talk_packet(struct talk *k, const uint8_t *frame, size_t captured, size_t n)
{
	uint8_t *copy = malloc(captured > 0 ? captured : 1);
	struct tcpaudit_packet packet = {
		.data = copy,
		.captured = (uint32_t)captured,
		.length = (uint32_t)n,
		.time = k->time,
		.number = ++k->number,
	};
	int result;

	memcpy(copy, frame, captured);
	result = tcpaudit_packet(k->engine, &packet);
	if (result != TCPAUDIT_OK)
		k->result = result;
	free(copy);
}

static inline uint8_t
talk_flags(const char *p)
{
	static const char letters[] = "FSRP.UEW";
	uint8_t flags = 0;

	for (; *p != '\0' && *p != '-'; p++)
		flags |= (uint8_t)(1u << (strchr(letters, *p) - letters));
	return flags;
}

static inline void
talk_option(struct talk_line *l, const char *word)
{
	unsigned octet;

	switch (word[0]) {
	case 'w':
		l->window = (uint16_t)atoi(word + 1);
		break;
	case 'p':
		l->port = (uint16_t)atoi(word + 1);
		break;
	case 'i':
		l->ip_id = (uint16_t)atoi(word + 1);
		break;
	case 't':
		l->fill = (uint8_t)atoi(word + 1);
		break;
	case 'e':
		l->wrong = 1;
		break;
	case 'x':
		l->options = 1;
		for (word++; sscanf(word, "%2x", &octet) == 1; word += 2)
			l->option[l->option_length++] = (uint8_t)octet;
		break;
	default:
		abort();
	}
}

/* One line, without its semicolon. */
static inline void
talk_parse(struct talk_line *l, char *line)
{
	char flags[12], who, *word, *rest;
	int64_t seq, ack;
	int n = 0;

	memset(l, 0, sizeof(*l));
	if (sscanf(line,
		"%" SCNd64 " %c %11s %" SCNd64 " %" SCNd64 " %" SCNu32 "%n",
		&l->wait, &who, flags, &seq, &ack, &l->length, &n) != 6)
		abort();
	l->end = who == 's';
	l->flags = talk_flags(flags);
	l->seq = (uint32_t)seq + talk_isn[l->end];
	if (strchr(flags, '.') != NULL)
		l->ack = (uint32_t)ack + talk_isn[!l->end];
	l->window = 60000;
	l->port = 40000;
	for (word = strtok_r(line + n, " ", &rest); word != NULL;
	     word = strtok_r(NULL, " ", &rest))
		talk_option(l, word);
	if (strchr(flags, 'S') != NULL && !l->options)
		talk_option(l, "x020405b4");
}

/* Shows a script to the engine. */
static inline void
talk(struct talk *k, const char *script)
{
	uint8_t frame[TALK_FRAME];
	struct talk_line l;
	char *copy = strdup(script), *line, *rest;
	size_t n;

	for (line = strtok_r(copy, ";", &rest); line != NULL;
	     line = strtok_r(NULL, ";", &rest)) {
		talk_parse(&l, line);
		k->time += l.wait * TALK_MS;
		if (l.ip_id == 0)
			l.ip_id = (uint16_t)(k->number + 1);
		n = talk_frame(frame, &l);
		talk_packet(k, frame, n, n);
	}
	free(copy);
}

/* Time passes and nothing is captured. */
static inline void
talk_wait(struct talk *k, int64_t ms)
{
	k->time += ms * TALK_MS;
	tcpaudit_advance(k->engine, k->time);
}

/* ------------------------------------------------------------ life of it */

static inline void
talk_defaults(struct talk *k)
{
	memset(k, 0, sizeof(*k));
	tcpaudit_defaults(&k->config, TCPAUDIT_STACK_RFC);
	k->time = TALK_START;
	k->config.argument = k;
	k->config.on_finding = talk_on_finding;
	k->config.on_transition = talk_on_transition;
	k->config.on_connection = talk_on_connection;
}

/* With the configuration as it stands. */
static inline void
talk_open(struct talk *k)
{
	k->log = open_memstream(&k->text, &k->size);
	k->engine = tcpaudit_new(&k->config);
	if (k->log == NULL || k->engine == NULL)
		abort();
	tcpaudit_input(k->engine, 0, 1);
}

static inline void
talk_begin(struct talk *k)
{
	talk_defaults(k);
	talk_open(k);
}

/* All that was said until now; owned by `k`. */
static inline const char *
talk_text(struct talk *k)
{
	fflush(k->log);
	return k->text;
}

/* Ends the engine; what was said stays until talk_clear(). */
static inline void
talk_finish(struct talk *k)
{
	tcpaudit_finish(k->engine, 0);
}

static inline void
talk_clear(struct talk *k)
{
	tcpaudit_free(k->engine);
	fclose(k->log);
	free(k->text);
}

/* A whole conversation. */
static inline void
talk_over(struct talk *k, const char *script)
{
	talk_begin(k);
	talk(k, script);
	talk_finish(k);
}

/* The finding of a rule (its code), as last written, or NULL. */
static inline const struct talk_finding *
talk_found(const struct talk *k, const char *code)
{
	for (size_t i = 0; i < k->findings; i++)
		if (strcmp(k->finding[i].last.rule->code, code) == 0)
			return &k->finding[i];
	return NULL;
}

/* A handshake: 10 ms to the server and back, 0 ms to the client. */
#define TALK_HANDSHAKE "0 c S 0 0 0;10 s S. 0 1 0;0 c . 1 1 0;"

#endif
