/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* A fuzz target for libFuzzer: the input is a capture in the format of
 * pcap(5), so that pcaps/ is its corpus.  Each packet goes through the whole
 * library, which must neither break a rule of C nor keep memory.
 *
 *   ./configure CC=clang --enable-fuzzers --enable-sanitizers
 *   make tests/fuzz/capture
 *   tests/fuzz/capture NEW_DIRECTORY pcaps
 */
#include <stdlib.h>
#include <string.h>

#include "tcpaudit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	FILE_HEADER = 24,
	LINK_TYPE = 20, /* offset in it */
	RECORD_HEADER = 16
};

static uint32_t
read_number(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

/* Times of a record can be anything; they are taken as nanoseconds. */
static void
read_packets(struct tcpaudit *t, const uint8_t *data, size_t size)
{
	struct tcpaudit_packet packet = { .number = 0 };

	while (size >= RECORD_HEADER) {
		packet.time = (int64_t)read_number(data) * 1000000000 +
			      read_number(data + 4);
		packet.captured = read_number(data + 8);
		packet.length = read_number(data + 12);
		data += RECORD_HEADER;
		size -= RECORD_HEADER;
		if (packet.captured > size)
			packet.captured = (uint32_t)size;
		packet.data = data;
		packet.number++;
		tcpaudit_packet(t, &packet);
		data += packet.captured;
		size -= packet.captured;
	}
}

/* Reads what the record says, as a report would. */
static void
on_finding(void *argument, const struct tcpaudit_finding *finding)
{
	uint64_t *sum = argument;

	*sum += strlen(finding->rule->name);
	for (size_t i = 0; i < finding->packet_count; i++)
		*sum += finding->packets[i];
	for (size_t i = 0; i < finding->value_count; i++)
		*sum += strlen(finding->values[i].name);
}

static void
on_connection(void *argument, const struct tcpaudit_connection *connection)
{
	uint64_t *sum = argument;

	if (tcpaudit_verdict_name(connection->verdict) == NULL)
		abort();
	*sum += strlen(connection->zeek_conn_state);
	*sum += strlen(connection->zeek_history);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tcpaudit_config config;
	struct tcpaudit *t;
	uint64_t sum = 0;

	if (size < FILE_HEADER)
		return 0;
	tcpaudit_defaults(&config, TCPAUDIT_STACK_RFC);
	config.argument = &sum;
	config.on_finding = on_finding;
	config.on_connection = on_connection;
	t = tcpaudit_new(&config);
	if (t == NULL)
		abort();
	tcpaudit_input(t, 0, (int)(read_number(data + LINK_TYPE) & 0xffff));
	read_packets(t, data + FILE_HEADER, size - FILE_HEADER);
	tcpaudit_finish(t, 0);
	tcpaudit_free(t);
	return 0;
}
