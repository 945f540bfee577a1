/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * A hash table with chains and a keyed hash: whoever sends the packets does
 * not know the key, so no tuples can be chosen that share a bucket.  It grows
 * with its contents and is bounded by the engine's account of memory: when
 * that is used up, a flow that was not used lately is ended and counted
 * (CLOCK, which costs a byte in a line that is touched anyway).
 */
#include "flow.h"

#include <string.h>

#include "engine.h"
#include "hash.h"
#include "incarnation.h"

#define BUCKETS_FIRST 1024

int
ta_flow_key(const struct tcpaudit *t, const struct segment *seg,
    struct flow_key *out)
{
	int order, side;

	memset(out, 0, sizeof(*out));
	order = memcmp(&seg->source, &seg->destination, sizeof(seg->source));
	if (order == 0)
		order = (int)seg->source_port - (int)seg->destination_port;
	side = order > 0;
	out->address[side] = seg->source;
	out->address[!side] = seg->destination;
	out->port[side] = seg->source_port;
	out->port[!side] = seg->destination_port;
	out->family = seg->family;
	if (t->config.flow_key == TCPAUDIT_KEY_TUPLE_VLAN)
		out->apart = seg->vlan;
	else if (t->config.flow_key == TCPAUDIT_KEY_TUPLE_TUNNEL)
		out->apart = seg->tunnel;
	return side;
}

static void
table_grow(struct tcpaudit *t)
{
	struct flow_table *table = &t->table;
	size_t buckets = table->buckets ? table->buckets * 2 : BUCKETS_FIRST;
	struct flow **new, *f, *next;

	new = ta_allocate(&t->memory, buckets * sizeof(*new));
	if (new == NULL)
		return; /* longer chains are better than no table */
	for (size_t i = 0; i < table->buckets; i++) {
		for (f = table->bucket[i]; f != NULL; f = next) {
			next = f->next;
			f->next = new[f->hash & (buckets - 1)];
			new[f->hash & (buckets - 1)] = f;
		}
	}
	ta_release(&t->memory, table->bucket,
	    table->buckets * sizeof(*table->bucket));
	table->bucket = new;
	table->buckets = buckets;
}

struct flow *
ta_flow_get(struct tcpaudit *t, const struct flow_key *key)
{
	struct flow_table *table = &t->table;
	uint64_t hash = hash_bytes(t->config.hash_key, key, sizeof(*key));
	struct flow *f = NULL;

	if (table->buckets > 0)
		f = table->bucket[hash & (table->buckets - 1)];
	for (; f != NULL; f = f->next) {
		if (f->hash == hash &&
		    memcmp(&f->key, key, sizeof(*key)) == 0) {
			f->touched = 1;
			return f;
		}
	}
	if (table->count >= table->buckets)
		table_grow(t);
	if (table->buckets == 0)
		return NULL;
	f = ta_slab_take(&t->flows);
	while (f == NULL && ta_flow_evict(t, NULL))
		f = ta_slab_take(&t->flows);
	if (f == NULL)
		return NULL;
	f->hash = hash;
	f->key = *key;
	f->touched = 1;
	f->deadline = INT64_MAX;
	f->next = table->bucket[hash & (table->buckets - 1)];
	table->bucket[hash & (table->buckets - 1)] = f;
	table->count++;
	return f;
}

void
ta_flow_free(struct tcpaudit *t, struct flow *f)
{
	struct flow **at = &t->table.bucket[f->hash & (t->table.buckets - 1)];

	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	t->table.count--;
	ta_timer_disarm(f);
	ta_slab_give(&t->tombstones, f->tomb);
	ta_slab_give(&t->flows, f);
}

bool
ta_flow_evict(struct tcpaudit *t, const struct flow *spare)
{
	struct flow_table *table = &t->table;
	struct flow *f;

	/* Twice round: the first time may only clear the marks. */
	for (size_t i = 0; i < 2 * table->buckets; i++) {
		f = table->bucket[table->hand & (table->buckets - 1)];
		for (; f != NULL; f = f->next) {
			if (f == spare)
				continue;
			if (f->touched) {
				f->touched = 0;
				continue;
			}
			ta_incarnation_evict(t, f);
			return true;
		}
		table->hand++;
	}
	return false;
}

void
ta_flow_each(struct tcpaudit *t, void (*visit)(struct tcpaudit *, struct flow *))
{
	struct flow *f, *next;

	for (size_t i = 0; i < t->table.buckets; i++) {
		for (f = t->table.bucket[i]; f != NULL; f = next) {
			next = f->next;
			visit(t, f);
		}
	}
}

void
ta_flow_table_clear(struct tcpaudit *t)
{
	ta_release(&t->memory, t->table.bucket,
	    t->table.buckets * sizeof(*t->table.bucket));
	memset(&t->table, 0, sizeof(t->table));
}
