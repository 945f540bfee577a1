/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Parcels are read as they were written; what is cut or changed is refused, or
 * is at least something that could have been written. */
#include "parcel.h"

#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "buffer.h"
#include "lane.h"
#include "test.h"

static struct tcpaudit_value values[2] = {
	{ .expected = 1, .value = 4294967295 },
	{ .value = -5 },
};

/* The values are of the first names of these kinds. */
static void
name_values(void)
{
	static const enum tcpaudit_value_kind kinds[2] = {
		TCPAUDIT_VALUE_SEQUENCE, TCPAUDIT_VALUE_DURATION
	};

	for (size_t i = 0, n = 0; i < 2; n++) {
		if (tcpaudit_value_name(n, &values[i]) != TCPAUDIT_OK)
			exit(99);
		i += values[i].kind == kinds[i];
	}
}
static const tcpaudit_packet_id packets[2] = { 7, TCPAUDIT_PACKET_ID(2, 1) };

/* Counts of one part: every number, or hardly any. */
static const struct tcpaudit_count counts[3] = {
	{ 1, 9, 1, 10, 4294967295, -7, 12345678901, 3 },
	{ .what = 2, .second = -7 },
	{ .what = 7, .tally = 2, .number = -1, .second = 1 },
};

static size_t
write_all(uint8_t *to)
{
	const struct tcpaudit_tuple tuple = { .incarnation = 3,
		.family = 6,
		.address = { { { 1, 2 } }, { { 3 } } },
		.port = { 80, 65535 } };
	const struct tcpaudit_finding finding = { .id = 9,
		.rule = tcpaudit_rule(4),
		.severity = TCPAUDIT_WARNING,
		.confidence = TCPAUDIT_CERTAIN,
		.endpoint = -1,
		.packet = 7,
		.packet_count = 2,
		.packets = packets,
		.time = -1,
		.value_count = 2,
		.values = values,
		.count = UINT64_MAX };
	const struct tcpaudit_connection ended = { .verdict =
						       TCPAUDIT_VERDICT_REFUSED,
		.first_time = INT64_MIN,
		.last_time = INT64_MAX,
		.closed_by = 2,
		.zeek_conn_state = "S0",
		.zeek_history = "",
		.end = { { .mss = -1 }, { .min_rtt_ns = -1 } } };
	struct parcel_state state = { .engine = 0 };
	struct parcel parcel = { .part = { .kind = TCPAUDIT_PART_BEGIN,
				     .connection = 5,
				     .count_number = 3,
				     .counts = counts,
				     .tuple = &tuple } };
	uint8_t *p = to;

	p += parcel_write(&state, p, &parcel);
	parcel.part.kind = TCPAUDIT_PART_FINDING;
	parcel.part.engine = 2;
	parcel.part.fold = 1;
	parcel.part.fold_second = -3;
	parcel.part.finding = &finding;
	parcel.part.place =
	    (struct tcpaudit_place){ TCPAUDIT_PACKET_ID(1, 9), 3, 17, 8 };
	p += parcel_write(&state, p, &parcel);
	parcel.part.kind = TCPAUDIT_PART_CONNECTION;
	parcel.part.ended = &ended;
	p += parcel_write(&state, p, &parcel);
	parcel.part.kind = TCPAUDIT_PART_END;
	p += parcel_write(&state, p, &parcel);
	parcel.part.connection = 0;
	parcel.part.kind = (enum tcpaudit_part_kind)PARCEL_INPUT;
	parcel.input.name = "here";
	p += parcel_write(&state, p, &parcel);
	return (size_t)(p - to);
}

static bool
same_count(const struct tcpaudit_count *a, const struct tcpaudit_count *b)
{
	return a->what == b->what && a->tally == b->tally && a->end == b->end &&
	       a->which == b->which && a->number == b->number &&
	       a->second == b->second && a->time == b->time &&
	       a->packet == b->packet;
}

static void
test_round(void)
{
	static uint8_t bytes[4 * PARCEL_MOST];
	static struct parcel_reader r;
	struct parcel parcel;
	const struct tcpaudit_part *part = &parcel.part;

	r.p = bytes;
	r.end = bytes + write_all(bytes);
	CHECK(parcel_read(&r, &parcel) && part->kind == TCPAUDIT_PART_BEGIN);
	CHECK(part->connection == 5 && part->tuple->port[1] == 65535);
	CHECK(part->tuple->address[0].bytes[1] == 2);
	CHECK(part->count_number == 3);
	for (size_t i = 0; i < part->count_number; i++)
		CHECK(same_count(&part->counts[i], &counts[i]));
	CHECK(parcel_read(&r, &parcel) && part->kind == TCPAUDIT_PART_FINDING);
	CHECK(part->engine == 2 && part->fold_second == -3);
	CHECK(part->place.packet == TCPAUDIT_PACKET_ID(1, 9));
	CHECK(part->place.phase == 3 && part->place.time == 17);
	CHECK(part->finding->rule == tcpaudit_rule(4));
	CHECK(part->finding->endpoint == -1 && part->finding->time == -1);
	CHECK(part->finding->packets[1] == packets[1]);
	CHECK(part->finding->values[0].value == 4294967295);
	CHECK(part->finding->values[1].value == -5);
	CHECK(part->finding->values[1].name == values[1].name);
	CHECK(part->finding->count == UINT64_MAX);
	CHECK(parcel_read(&r, &parcel) && part->ended->closed_by == 2);
	CHECK(part->ended->first_time == INT64_MIN);
	CHECK(part->ended->last_time == INT64_MAX);
	CHECK(part->ended->end[1].min_rtt_ns == -1);
	CHECK(parcel_read(&r, &parcel) && part->kind == TCPAUDIT_PART_END);
	CHECK(part->connection == 5 && part->engine == 2);
	CHECK(part->tuple == NULL);
	CHECK(part->place.phase == 3 && part->place.time == 17);
	CHECK(parcel_read(&r, &parcel) && (int)part->kind == PARCEL_INPUT);
	CHECK(strcmp(parcel.input.name, "here") == 0);
	CHECK(parcel.input.filter == NULL);
	CHECK(!parcel_read(&r, &parcel) && !r.failed);
}

/* Findings that differ from the one before in numbers only, or in anything
 * else. */
static void
test_forms(void)
{
	static uint8_t bytes[8 * PARCEL_MOST];
	static struct parcel_reader r;
	const struct tcpaudit_tuple tuple = { .incarnation = 1, .family = 4 };
	struct tcpaudit_value own[2] = { values[0], values[1] };
	struct tcpaudit_finding f = { .rule = tcpaudit_rule(4),
		.packet_count = 1,
		.packets = packets,
		.values = own };
	struct parcel_state state = { .engine = 0 };
	struct parcel parcel = { .part = { .kind = TCPAUDIT_PART_FINDING,
				     .connection = 5,
				     .tuple = &tuple,
				     .finding = &f } };
	const struct tcpaudit_finding *got;
	uint8_t *p = bytes;
	size_t length[8];

	for (size_t i = 0; i < 8; i++) {
		uint8_t *from = p;

		f.id = f.count = i + 1;
		f.value_count = i < 2 ? 1 : 2;
		own[0].value = (int64_t)i;
		own[1].expected = i > 3;
		f.state[1] = (enum tcpaudit_state)(i > 4);
		f.revises = i > 5;
		f.was_rule = f.rule;
		p += parcel_write(&state, p, &parcel);
		length[i] = (size_t)(p - from);
	}
	CHECK(length[1] < length[0] && length[3] < length[2]);
	CHECK(length[4] == length[2] && length[5] == length[4]);
	CHECK(length[7] == length[6]);
	r.p = bytes;
	r.end = p;
	for (size_t i = 0; i < 8; i++) {
		CHECK(parcel_read(&r, &parcel));
		got = parcel.part.finding;
		CHECK(got->id == i + 1 && got->count == i + 1);
		CHECK(got->value_count == (i < 2 ? 1u : 2u));
		CHECK(got->values[0].value == (int64_t)i);
		CHECK(i < 2 || got->values[1].expected == (i > 3));
		CHECK((got->state[1] != 0) == (i > 4));
		CHECK(got->revises == (i > 5) && got->packets[0] == 7);
	}
	CHECK(!parcel_read(&r, &parcel) && !r.failed);
}

/* One of each kind, as test_crate() expects them. */
static void
fill_crate(struct crate *c)
{
	const struct tcpaudit_rule *rule = tcpaudit_rule(3);
	const struct tcpaudit_tuple tuple = { .incarnation = 1, .family = 4 };
	const struct tcpaudit_finding finding = { .id = 9,
		.packet_count = 2,
		.packets = packets,
		.value_count = 2,
		.values = values };
	struct tcpaudit_connection ended = { .verdict =
						 TCPAUDIT_VERDICT_REFUSED,
		.first_packet = 12,
		.zeek_conn_state = "S0",
		.zeek_history = "Sh" };
	struct parcel parcel = { .part = { .kind = TCPAUDIT_PART_BEGIN,
				     .place = { 15, 3, 0, 0 },
				     .connection = 5,
				     .tuple = &tuple,
				     .count_number = 3,
				     .counts = counts } };
	struct tcpaudit_part *part = &parcel.part;

	crate_put(c, part, true);
	part->kind = TCPAUDIT_PART_FINDING;
	part->finding = &finding;
	part->fold = 2;
	part->fold_second = -4;
	part->place.flow = 8;
	crate_put(c, part, true);
	part->kind = TCPAUDIT_PART_CONNECTION;
	part->ended = &ended;
	part->ends = 1;
	crate_put(c, part, true);
	ended.pending_count = 1;
	ended.pending = &rule;
	part->connection = 6;
	crate_put(c, part, true);
	parcel.part =
	    (struct tcpaudit_part){ .kind =
					(enum tcpaudit_part_kind)PARCEL_INPUT };
	parcel.input = (struct output_input){ .name = "here", .snaplen = 7 };
	crate_put_input(c, &parcel);
}

/* What is put into a crate comes out, of connections that ended only what is
 * wanted. */
static void
test_crate(void)
{
	struct crate *c = crate_new(8 * CRATE_PART);
	struct crate_reader r = { 0 };
	struct parcel parcel;
	const struct tcpaudit_part *part = &parcel.part;

	if (c == NULL)
		exit(99);
	fill_crate(c);
	memset(&parcel, 0xff, sizeof(parcel));
	crate_read(&r, c);
	CHECK(crate_next(&r, &parcel) && part->kind == TCPAUDIT_PART_BEGIN);
	CHECK(part->connection == 5 && part->tuple->family == 4);
	CHECK(part->count_number == 3 && part->place.flow == 0);
	CHECK(memcmp(part->counts, counts, sizeof(counts)) == 0);
	CHECK(crate_next(&r, &parcel) && part->kind == TCPAUDIT_PART_FINDING);
	CHECK(part->place.packet == 15 && part->place.flow == 8);
	CHECK(part->tuple->family == 4 && part->fold == 2);
	CHECK(part->fold_second == -4 && part->finding->id == 9);
	CHECK(part->finding->values[1].value == values[1].value);
	CHECK(part->finding->packets != packets);
	CHECK(part->finding->packets[1] == packets[1]);
	CHECK(crate_next(&r, &parcel) && part->tuple == NULL && part->ends);
	CHECK(part->ended->verdict == TCPAUDIT_VERDICT_REFUSED);
	CHECK(part->ended->first_packet == 12);
	CHECK(part->ended->pending_count == 0);
	CHECK(crate_next(&r, &parcel) &&
	      part->ended->pending[0] == tcpaudit_rule(3));
	CHECK(part->connection == 6 && part->tuple->incarnation == 1);
	CHECK(strcmp(part->ended->zeek_history, "Sh") == 0);
	CHECK(crate_next(&r, &parcel) && (int)part->kind == PARCEL_INPUT);
	CHECK(strcmp(parcel.input.name, "here") == 0);
	CHECK(parcel.input.filter == NULL && parcel.input.snaplen == 7);
	CHECK(part->connection == 0 && part->tuple == NULL);
	CHECK(!crate_next(&r, &parcel));
	free(c);
}

/* Every length, and every byte changed: nothing outside of the bytes is read
 * (a sanitizer sees it), and the end is reached. */
static void
test_damage(void)
{
	static uint8_t bytes[4 * PARCEL_MOST];
	size_t length = write_all(bytes), cut = 0, read = 0;
	struct parcel parcel;

	for (size_t i = 0; i < length; i++) {
		struct parcel_reader *r = calloc(1, sizeof(*r));
		uint8_t *copy = malloc(i + 1);

		if (r == NULL || copy == NULL)
			exit(99);
		memcpy(copy, bytes, i);
		r->p = copy;
		r->end = copy + i;
		while (parcel_read(r, &parcel))
			read++;
		cut += r->failed;
		free(copy);
		free(r);
	}
	CHECK(cut >= length - 5 && read > 0);
	for (size_t i = 0; i < 256 * length; i++) {
		struct parcel_reader r = { .p = bytes, .end = bytes + length };
		uint8_t was = bytes[i / 256];

		bytes[i / 256] = (uint8_t)i;
		for (read = 0; parcel_read(&r, &parcel); read++)
			if (read > length)
				break;
		bytes[i / 256] = was;
		if (read > length)
			break;
	}
	CHECK(read <= length && "each parcel takes a byte at least");
}

static void
test_base64(void)
{
	uint8_t bytes[64], back[70];
	struct buffer b = { 0 };
	bool same = true;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 37);
	for (size_t n = 0; n <= sizeof(bytes); n++) {
		buffer_cut(&b, 0);
		buffer_add(&b, "", 0);
		base64_encode(&b, bytes, n);
		same &= base64_decode(back, b.data, b.length) == (long)n &&
			memcmp(bytes, back, n) == 0 &&
			base64_room(b.length) >= n;
	}
	CHECK(same);
	CHECK(base64_decode(back, "QUJD", 4) == 3 && back[2] == 'C');
	CHECK(base64_decode(back, "QUI=", 4) == 2);
	CHECK(base64_decode(back, "QU", 2) == -1);
	CHECK(base64_decode(back, "Q===", 4) == -1);
	CHECK(base64_decode(back, "Q?JD", 4) == -1);
	buffer_clear(&b);
}

/* What is put into lanes comes out, taken in turns by whoever has time, and who
 * stops listening stops who speaks. */
#define SPOKEN 300000

struct talk {
	struct lane_desk desk;
	struct lane lane[2];
	uint64_t heard, enough;
	bool ordered;
};

static void *
speak(void *argument)
{
	struct parcel parcel = { .part = { .kind = TCPAUDIT_PART_PENDING } };
	struct lane *l = argument;

	for (uint64_t i = 1; i <= SPOKEN; i++) {
		parcel.part.number = i;
		parcel.part.place.packet = i;
		if (!lane_put(l, &parcel.part))
			break;
	}
	lane_close(l);
	return NULL;
}

static bool
listen_in_turns(void *argument)
{
	struct talk *k = argument;
	struct parcel parcel;
	enum lane_taken taken;

	while (k->heard < k->enough) {
		taken = lane_take(&k->lane[k->heard % 2], &parcel);
		if (taken != LANE_TAKEN)
			return taken == LANE_END;
		k->heard++;
		k->ordered &= parcel.part.number == (k->heard + 1) / 2;
	}
	lane_cancel(&k->lane[0]);
	lane_cancel(&k->lane[1]);
	return true;
}

static void
talk(struct talk *k, uint64_t enough)
{
	pthread_t thread[2];

	memset(k, 0, sizeof(*k));
	k->ordered = true;
	k->enough = enough;
	CHECK(lane_desk_init(&k->desk, listen_in_turns, k) == 0);
	for (int i = 0; i < 2; i++)
		lane_init(&k->lane[i], &k->desk);
	for (int i = 0; i < 2; i++)
		CHECK(
		    pthread_create(&thread[i], NULL, speak, &k->lane[i]) == 0);
	for (int i = 0; i < 2; i++)
		CHECK(pthread_join(thread[i], NULL) == 0);
	CHECK(k->ordered);
	for (int i = 0; i < 2; i++)
		lane_clear(&k->lane[i]);
	lane_desk_clear(&k->desk);
}

static void
test_lane(void)
{
	struct talk k;

	talk(&k, UINT64_MAX);
	CHECK(k.heard == 2 * SPOKEN);
	CHECK(!k.lane[0].failed && !k.lane[1].failed);
	talk(&k, 1);
	CHECK(k.heard == 1);
}

int
main(void)
{
	name_values();
	test_round();
	test_forms();
	test_crate();
	test_damage();
	test_base64();
	test_lane();
	return test_done();
}
