/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Records at random, and the parts of what is expected of them: JSON objects,
 * with times and addresses from the C library. */
#ifndef ANY_H
#define ANY_H

#include <arpa/inet.h>
#include <jansson.h>
#include <time.h>

#include "sample.h"

/* ----------------------------------------------------------------- random */

static inline uint64_t
any(void)
{
	static uint64_t x = 88172645463325252; /* xorshift */

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

static inline uint64_t
below(uint64_t limit)
{
	return any() % limit;
}

/* A number of any length: all have the same chance. */
static inline uint64_t
any_number(void)
{
	uint64_t least = 1;

	for (uint64_t digits = below(20); digits > 0; digits--)
		least *= 10;
	return below(4) == 0 ? least - below(2) : any() % least;
}

/* From -1 to limit - 2. */
static inline int64_t
any_known(int64_t limit)
{
	return (int64_t)below((uint64_t)limit) - 1;
}

/* Of one of two inputs. */
static inline tcpaudit_packet_id
any_packet(void)
{
	return TCPAUDIT_PACKET_ID(below(2), below(2) ? below(1 << 20) : 0);
}

/* Also of those that are written in a way of their own: zeros, IPv4 inside. */
static inline struct tcpaudit_tuple
any_tuple(void)
{
	struct tcpaudit_tuple t = { .id = any_number(),
		.incarnation = (uint32_t)below(9),
		.family = below(2) ? 4 : 6,
		.port = { (uint16_t)any_number(), (uint16_t)any_number() } };

	for (int end = 0; end < 2; end++) {
		unsigned char *bytes = t.address[end].bytes;
		uint64_t kind = below(4), zeros = any();

		for (int i = 0; i < 16; i++)
			if (kind != 0 && (zeros >> i / 2 * 2 & 2) == 0)
				bytes[i] = (unsigned char)any_number();
		if (kind == 3 && t.family == 6)
			memset(bytes, 0, 12);
		if (kind == 3 && t.family == 6 && below(2))
			bytes[10] = bytes[11] = 255;
	}
	return t;
}

/* --------------------------------------------------------------- expected */

/* A number that is negative if it is not known. */
static inline json_t *
known(int64_t number)
{
	return number < 0 ? json_null() : json_integer(number);
}

/* The name of an input as the report writes it, see open_inputs(). */
static inline const char *
shown_input(tcpaudit_packet_id packet)
{
	return packet >> 48 == 0 ? "a\\x09\"b\"\\c/\\x7f.pcap"
				 : "\u00e4\U0001f600.pcap";
}

static inline json_t *
shown_packet(tcpaudit_packet_id packet)
{
	int64_t number = (int64_t)(packet & ((UINT64_C(1) << 48) - 1));

	return known(number > 0 ? number : -1);
}

static inline json_t *
shown_time(int64_t time)
{
	time_t seconds = (time_t)(time / SECOND) - (time % SECOND < 0);
	char text[64], day[32];

	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", gmtime(&seconds));
	snprintf(text, sizeof(text), "%s.%09dZ", day,
	    (int)((time % SECOND + SECOND) % SECOND));
	return json_string(text);
}

static inline json_t *
shown_offset(tcpaudit_packet_id packet, int64_t time)
{
	return json_integer(time - START - (int64_t)(packet >> 48) * SECOND);
}

static inline json_t *
shown_states(int64_t states)
{
	json_t *array = json_array();

	for (int i = 0; i < TCPAUDIT_STATES; i++)
		if (states >> i & 1)
			json_array_append_new(
			    array, json_string(tcpaudit_state_name(i)));
	return array;
}

static inline json_t *
shown_end(int end)
{
	static const char *const names[] = { "client", "server", "both" };

	return end < 0 ? json_null() : json_string(names[end]);
}

static inline json_t *
shown_address(const struct tcpaudit_tuple *t, int which)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(t->family == 4 ? AF_INET : AF_INET6, t->address[which].bytes,
	    text, sizeof(text));
	return json_string(text);
}

/* ----------------------------------------------------------------- report */

/* Two, a second apart. */
static inline void
open_inputs(struct output *o)
{
	static const char *const names[] = { "a\t\"b\"\\c/\x7f.pcap",
		"\u00e4\U0001f600.pcap" };

	for (int i = 0; i < 2; i++) {
		output_input(o, &(struct output_input){ .name = names[i] });
		output_input_time(o, START + i * SECOND);
	}
}

/* Writes an object as a line, and lets go of it. */
static inline void
write_expected(FILE *expected, json_t *object)
{
	json_dumpf(object, expected, JSON_COMPACT);
	putc('\n', expected);
	json_decref(object);
}

/* Compares what is expected, so many lines, with the lines of the report just
 * closed that are neither the first ones nor the last one. */
static inline void
compare(FILE *expected, int lines)
{
	static char seen[16384], line[16384];
	FILE *report = fopen(path, "r");
	int same = 0;

	rewind(expected);
	while (report != NULL && fgets(seen, sizeof(seen), report) != NULL) {
		if (strstr(seen, "{\"type\":\"capture\"") == seen)
			continue;
		if (fgets(line, sizeof(line), expected) == NULL)
			break;
		if (strcmp(seen, line) != 0) {
			fprintf(stderr, "expected:\n%sseen:\n%s", line, seen);
			break;
		}
		same++;
	}
	if (report != NULL)
		fclose(report);
	fclose(expected);
	check(same == lines, "any record is written as JSON is");
}

#endif
