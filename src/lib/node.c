/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * A hash table with chains and a keyed hash: whoever sends the packets does
 * not know the key, so no tuples can be chosen that share a bucket.  It grows
 * with its contents.  Order is kept in a list, so that no report depends on
 * the key.
 */
#include "node.h"

#include <string.h>

#include "engine.h"
#include "hash.h"

#define BUCKETS_FIRST 1024
/* Nodes whose buckets are fetched at once while the table grows. */
#define AHEAD 32

static void
table_clear(struct node_table *table)
{
	table->bucket = NULL;
	table->buckets = table->count = 0;
	table->oldest = table->youngest = 0;
}

void
ta_node_init(
    struct node_table *table, struct memory *memory, const uint64_t key[2])
{
	table_clear(table);
	table->memory = memory;
	hash_secret(table->secret, NODE_WORDS, key);
	ta_pool_init(&table->four,
	    offsetof(struct node, key) + node_key_size(4), memory);
	ta_pool_init(
	    &table->six, offsetof(struct node, key) + node_key_size(6), memory);
}

void
ta_node_clear(struct node_table *table)
{
	if (table->memory == NULL)
		return;
	ta_release(table->memory, table->bucket,
	    table->buckets * sizeof(*table->bucket));
	ta_pool_clear(&table->four);
	ta_pool_clear(&table->six);
	table_clear(table);
}

/* Which of two comes first, as memcmp() says. */
static int
order_of(const struct segment *seg)
{
	int order = 0;

	if (seg->family == 6)
		order = memcmp(&seg->source, &seg->destination, 16);
	else if (memcmp(&seg->source, &seg->destination, 4) != 0)
		order = memcmp(&seg->source, &seg->destination, 4);
	return order != 0 ? order
			  : (int)seg->source_port - (int)seg->destination_port;
}

int
ta_node_name(
    const struct tcpaudit *t, const struct segment *seg, struct node_name *out)
{
	size_t length = seg->family == 6 ? 16 : 4;
	int side = order_of(seg) > 0;

	out->family = seg->family;
	if (length == 4) {
		memcpy(out->key.address + side * 4, &seg->source, 4);
		memcpy(out->key.address + !side * 4, &seg->destination, 4);
	} else {
		memcpy(out->key.address + side * 16, &seg->source, 16);
		memcpy(out->key.address + !side * 16, &seg->destination, 16);
	}
	out->key.port[side] = seg->source_port;
	out->key.port[!side] = seg->destination_port;
	out->key.apart = 0;
	if (t->config.flow_key == TCPAUDIT_KEY_TUPLE_VLAN)
		out->key.apart = seg->vlan;
	else if (t->config.flow_key == TCPAUDIT_KEY_TUPLE_TUNNEL)
		out->key.apart = seg->tunnel;
	out->hash = (uint32_t)(hash_pairs(t->nodes.secret, &out->key,
				   out->family == 6 ? NODE_WORDS : 4) >>
			       32);
	return side;
}

static bool
is_named(uint32_t id, const struct node *n, const struct node_name *name)
{
	if (n->hash != name->hash || node_family(id) != name->family)
		return false;
	return name->family == 6
		   ? memcmp(&n->key, &name->key, node_key_size(6)) == 0
		   : memcmp(&n->key, &name->key, node_key_size(4)) == 0;
}

uint32_t
ta_node_find(const struct node_table *table, const struct node_name *name)
{
	uint32_t id = ta_node_first(table, name);

	while (id != 0) {
		const struct node *n = node_at(table, id);

		if (is_named(id, n, name))
			break;
		id = n->next;
	}
	return id;
}

/* ------------------------------------------------------------------- order */

static void
list_append(struct node_table *table, uint32_t id)
{
	struct node *n = node_at(table, id);

	n->younger = 0;
	n->older = table->youngest;
	if (table->youngest != 0)
		node_at(table, table->youngest)->younger = id;
	else
		table->oldest = id;
	table->youngest = id;
}

static void
list_remove(struct node_table *table, uint32_t id)
{
	const struct node *n = node_at(table, id);

	if (n->older != 0)
		node_at(table, n->older)->younger = n->younger;
	else
		table->oldest = n->younger;
	if (n->younger != 0)
		node_at(table, n->younger)->older = n->older;
	else
		table->youngest = n->older;
}

void
ta_node_renew(struct node_table *table, uint32_t id)
{
	list_remove(table, id);
	list_append(table, id);
}

/* ------------------------------------------------------------------ growth */

/* The nodes from `id` on, at most AHEAD, enter their buckets; all of which are
 * on their way from memory at once.  Returns the one that follows. */
static uint32_t
enter_some(struct node_table *table, uint32_t id)
{
	uint32_t ids[AHEAD];
	size_t count = 0;

	for (; id != 0 && count < AHEAD; count++) {
		const struct node *n = node_at(table, id);

		ids[count] = id;
		__builtin_prefetch(
		    &table->bucket[n->hash & (table->buckets - 1)], 1);
		id = n->younger;
	}
	for (size_t i = 0; i < count; i++) {
		struct node *n = node_at(table, ids[i]);
		uint32_t *head = &table->bucket[n->hash & (table->buckets - 1)];

		n->next = *head;
		*head = ids[i];
	}
	return id;
}

static void
table_grow(struct node_table *table)
{
	size_t buckets = table->buckets ? table->buckets * 2 : BUCKETS_FIRST;
	uint32_t *new;

	/* Nothing is read in the old one: the nodes are in the list. */
	new = ta_allocate(table->memory, buckets * sizeof(*new));
	if (new == NULL)
		return; /* longer chains are better than no table */
	ta_release(table->memory, table->bucket,
	    table->buckets * sizeof(*table->bucket));
	table->bucket = new;
	table->buckets = buckets;
	for (uint32_t id = table->oldest; id != 0;)
		id = enter_some(table, id);
}

/* --------------------------------------------------------------- one node */

uint32_t
ta_node_make(struct node_table *table, const struct node_name *name)
{
	uint32_t id, *head;
	struct node *n;

	if (table->count >= table->buckets)
		table_grow(table);
	if (table->buckets == 0)
		return 0;
	id = ta_pool_take(name->family == 6 ? &table->six : &table->four);
	if (id == 0)
		return 0;
	if (name->family == 6)
		id |= NODE_IPV6;
	n = node_at(table, id);
	n->hash = name->hash;
	memcpy(&n->key, &name->key, node_key_size(name->family));
	n->deadline = INT64_MAX;
	head = &table->bucket[name->hash & (table->buckets - 1)];
	n->next = *head;
	*head = id;
	list_append(table, id);
	table->count++;
	return id;
}

void
ta_node_free(struct node_table *table, uint32_t id)
{
	const struct node *n = node_at(table, id);
	uint32_t *at = &table->bucket[n->hash & (table->buckets - 1)];

	while (*at != id)
		at = &node_at(table, *at)->next;
	*at = n->next;
	list_remove(table, id);
	table->count--;
	ta_pool_give(
	    id & NODE_IPV6 ? &table->six : &table->four, id & ~NODE_IPV6);
}
