/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "forecast.h"

#include "count.h"

/* The place of this hash is asked for. */
static inline void
expect(const struct census *s, struct forecast *f, uint64_t sum, uint32_t what)
{
	uint32_t hash = tally_hash(&s->secret, sum, what);

	census_fetch_bucket(s, hash);
	f->hash[f->count++] = hash;
}

void
ta_forecast_syn(
    const struct tcpaudit *t, struct forecast *f, const struct segment *seg)
{
	const struct census *s = &t->flood.census;

	expect(s, f, tally_hash_address(&s->secret, &seg->destination),
	    tally_key_what(TALLY_LISTENER, seg->family, seg->destination_port));
	expect(s, f, tally_hash_address(&s->secret, &seg->source),
	    tally_key_what(TALLY_SOURCE, seg->family, 0));
}

void
ta_forecast_open(
    const struct tcpaudit *t, struct forecast *f, const struct segment *seg)
{
	const struct census *s = &t->flood.census;
	uint64_t client = tally_hash_address(&s->secret, &seg->source);
	uint64_t server = tally_hash_address(&s->secret, &seg->destination);
	uint32_t numbers = tally_key_what(TALLY_NUMBERS, seg->family, 0);

	expect(s, f, server,
	    tally_key_what(TALLY_LISTENER, seg->family, seg->destination_port));
	expect(s, f, client, tally_key_what(TALLY_SOURCE, seg->family, 0));
	expect(s, f, client, numbers);
	expect(s, f, server, numbers);
}

void
ta_forecast_close(const struct tcpaudit *t, struct forecast *f,
    const struct segment *seg, enum tcpaudit_end from)
{
	const struct census *s = &t->flood.census;
	bool server = from == TCPAUDIT_SERVER;
	const struct tcpaudit_address *a = &seg->source, *b = &seg->destination;

	expect(s, f,
	    tally_hash_address(&s->secret, server ? a : b) +
		tally_hash_peer(&s->secret, server ? b : a),
	    tally_key_what(TALLY_PAIR, seg->family,
		server ? seg->source_port : seg->destination_port));
}

/* What a tally leads to: its counts of this second, and its members. */
static inline void
fetch_rest(const struct tally *y, int64_t second)
{
	if (y->ring != NULL)
		fetch_write(y->ring->n[second & (TALLY_SLOTS - 1)]);
	sample_fetch(&y->sample);
}

void
ta_forecast_fetch(const struct tcpaudit *t, const struct forecast *f)
{
	const struct census *s = &t->flood.census;
	const struct tally *tally[LOOK_AHEAD * FORECAST_PLACES];
	int64_t second = (t->now - TIME_BIAS) / TALLY_SECOND;
	unsigned tallies = 0;

	for (unsigned i = 0; i < f->count; i++) {
		tally[tallies] = census_fetch(s, f->hash[i]);
		tallies += tally[tallies] != NULL;
	}
	for (unsigned i = 0; i < tallies; i++)
		fetch_rest(tally[i], second);
}
