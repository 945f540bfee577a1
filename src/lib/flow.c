/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * A hash table with chains and a keyed hash: whoever sends the packets does
 * not know the key, so no tuples can be chosen that share a bucket.  It grows
 * with its contents and is bounded by the engine's account of memory: when
 * that is used up, a flow that was not used lately is ended and counted
 * (CLOCK: a use costs one byte, in a line that is touched anyway).  Order is
 * kept in a list, so that no report depends on the key.
 */
#include "flow.h"

#include <string.h>

#include "engine.h"
#include "hash.h"
#include "incarnation.h"

#define BUCKETS_FIRST 1024

int
ta_flow_key(
    const struct tcpaudit *t, const struct segment *seg, struct flow_key *out)
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
list_append(struct flow_table *table, struct flow *f)
{
	f->younger = NULL;
	f->older = table->youngest;
	if (table->youngest != NULL)
		table->youngest->younger = f;
	else
		table->oldest = f;
	table->youngest = f;
}

static void
list_remove(struct flow_table *table, struct flow *f)
{
	if (f->older != NULL)
		f->older->younger = f->younger;
	else
		table->oldest = f->younger;
	if (f->younger != NULL)
		f->younger->older = f->older;
	else
		table->youngest = f->older;
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
	ta_release(
	    &t->memory, table->bucket, table->buckets * sizeof(*table->bucket));
	table->bucket = new;
	table->buckets = buckets;
}

static struct flow *
find(const struct flow_table *table, const struct flow_key *key, uint64_t hash)
{
	struct flow *f = NULL;

	if (table->buckets > 0)
		f = table->bucket[hash & (table->buckets - 1)];
	for (; f != NULL; f = f->next)
		if (f->hash == hash && memcmp(&f->key, key, sizeof(*key)) == 0)
			break;
	return f;
}

struct flow *
ta_flow_find(struct tcpaudit *t, const struct flow_key *key)
{
	return find(
	    &t->table, key, hash_bytes(t->config.hash_key, key, sizeof(*key)));
}

struct flow *
ta_flow_get(struct tcpaudit *t, const struct flow_key *key)
{
	struct flow_table *table = &t->table;
	uint64_t hash = hash_bytes(t->config.hash_key, key, sizeof(*key));
	struct flow *f = find(table, key, hash);

	if (f != NULL) {
		f->touched = 1;
		return f;
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
	f->deadline = INT64_MAX;
	f->next = table->bucket[hash & (table->buckets - 1)];
	table->bucket[hash & (table->buckets - 1)] = f;
	list_append(table, f);
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
	list_remove(&t->table, f);
	t->table.count--;
	if (t->last_flow == f)
		t->last_flow = NULL;
	ta_timer_disarm(f);
	ta_slab_give(&t->tombstones, f->tomb);
	ta_slab_give(&t->flows, f);
}

bool
ta_flow_evict(struct tcpaudit *t, const struct flow *spare)
{
	struct flow_table *table = &t->table;

	/* Twice round: the first time may only clear the marks. */
	for (size_t i = 0; i < 2 * table->count; i++) {
		struct flow *f = table->oldest;

		if (f != spare && !f->touched) {
			ta_incarnation_evict(t, f);
			return true;
		}
		f->touched = 0;
		list_remove(table, f);
		list_append(table, f);
	}
	return false;
}

void
ta_flow_each(
    struct tcpaudit *t, void (*visit)(struct tcpaudit *, struct flow *))
{
	struct flow *f, *next;

	for (f = t->table.oldest; f != NULL; f = next) {
		next = f->younger;
		visit(t, f);
	}
}

void
ta_flow_table_clear(struct tcpaudit *t)
{
	ta_release(&t->memory, t->table.bucket,
	    t->table.buckets * sizeof(*t->table.bucket));
	memset(&t->table, 0, sizeof(t->table));
}
