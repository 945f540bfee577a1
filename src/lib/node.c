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

#include "bytes.h"
#include "engine.h"
#include "fetch.h"
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

/* An address of IPv4, as it is in memory, and a port: such numbers compare as
 * their octets do. */
static inline uint64_t
end_four(uint32_t address, uint16_t port)
{
	uint8_t octets[4];

	memcpy(octets, &address, sizeof(octets));
	return (uint64_t)bytes_load32(octets) << 16 | port;
}

/* Which of both ends comes first is as good as chance, so that nothing branches
 * on it; and nothing is read again that was just written in smaller pieces. */
static inline int
name_four(const uint64_t *secret, const struct segment *seg, uint32_t apart,
    struct node_name *out)
{
	uint32_t from = bytes_native32(seg->source.bytes);
	uint32_t to = bytes_native32(seg->destination.bytes);
	uint32_t ports =
	    (uint32_t)seg->destination_port << 16 | seg->source_port;
	uint64_t addresses = (uint64_t)to << 32 | from, hash;
	int side = end_four(from, seg->source_port) >
		   end_four(to, seg->destination_port);
	unsigned half = 32u * (unsigned)side;

	/* Exchanges the halves, or does nothing. */
	addresses = addresses << half | addresses >> (-half & 63);
	half /= 2;
	ports = ports << half | ports >> (-half & 31);
	from = (uint32_t)addresses;
	to = (uint32_t)(addresses >> 32);
	memcpy(out->key.address, &from, 4);
	memcpy(out->key.address + 4, &to, 4);
	out->key.port[0] = (uint16_t)ports;
	out->key.port[1] = (uint16_t)(ports >> 16);
	hash =
	    hash_pair(secret, apart, ports) + hash_pair(secret + 2, from, to);
	out->hash = (uint32_t)(hash >> 32);
	return side;
}

/* Whether the source comes after the destination, as memcmp() says. */
static inline bool
is_after(const uint8_t *from, const uint8_t *to, const struct segment *seg)
{
	uint64_t a = bytes_load64(from), b = bytes_load64(to);

	if (a == b) {
		a = bytes_load64(from + 8);
		b = bytes_load64(to + 8);
	}
	return a != b ? a > b : seg->source_port > seg->destination_port;
}

static inline int
name_six(const uint64_t *secret, const struct segment *seg, uint32_t apart,
    struct node_name *out)
{
	int side = is_after(seg->source.bytes, seg->destination.bytes, seg);
	uint64_t hash;

	out->key.port[side] = seg->source_port;
	out->key.port[!side] = seg->destination_port;
	memcpy(out->key.address + side * 16, &seg->source, 16);
	memcpy(out->key.address + !side * 16, &seg->destination, 16);
	hash = hash_pair(
	    secret, apart, (uint32_t)out->key.port[0] << 16 | out->key.port[1]);
	hash += hash_pairs(secret + 2, out->key.address, NODE_WORDS - 2);
	out->hash = (uint32_t)(hash >> 32);
	return side;
}

/* What keeps flows of one tuple apart. */
static uint32_t
apart_by(enum tcpaudit_flow_key key, const struct segment *seg)
{
	return key == TCPAUDIT_KEY_TUPLE_VLAN ? seg->vlan : seg->tunnel;
}

int
ta_node_name(
    const struct tcpaudit *t, const struct segment *seg, struct node_name *out)
{
	const uint64_t *secret = t->nodes.secret;
	uint32_t apart = 0;

	if (t->config.flow_key != TCPAUDIT_KEY_TUPLE)
		apart = apart_by(t->config.flow_key, seg);
	out->family = seg->family;
	out->key.apart = apart;
	return seg->family == 6 ? name_six(secret, seg, apart, out)
				: name_four(secret, seg, apart, out);
}

uint32_t
ta_node_find(const struct node_table *table, const struct node_name *name)
{
	uint32_t id = ta_node_first(table, name);

	while (id != 0) {
		const struct node *n = node_at(table, id);

		if (n->hash == name->hash && node_is_named(id, n, name))
			break;
		id = n->next;
	}
	return id;
}

/* ------------------------------------------------------------------- order */

/* `n` is the node of that number. */
static inline void
list_append(struct node_table *table, uint32_t id, struct node *n)
{
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
	list_append(table, id, node_at(table, id));
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
		fetch_write(&table->bucket[n->hash & (table->buckets - 1)]);
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

/* It enters its bucket and the order of use. */
static inline void
enter(struct node_table *table, uint32_t id, struct node *n)
{
	uint32_t *head = &table->bucket[n->hash & (table->buckets - 1)];

	n->next = *head;
	*head = id;
	list_append(table, id, n);
	table->count++;
}

/* A node of a family; 0: memory is short. */
static inline __attribute__((always_inline)) uint32_t
make(struct node_table *table, unsigned family, const struct node_name *name)
{
	uint32_t id = pool_take_unset(family == 6 ? &table->six : &table->four);
	struct node *n;

	if (id == 0)
		return 0;
	n = pool_at(family == 6 ? &table->six : &table->four, id);
	if (family == 6)
		id |= NODE_IPV6;
	memset(n, 0, offsetof(struct node, key));
	n->hash = name->hash;
	n->deadline = INT64_MAX;
	memcpy(&n->key, &name->key, node_key_size(family));
	enter(table, id, n);
	return id;
}

uint32_t
ta_node_make(struct node_table *table, const struct node_name *name)
{
	if (table->count >= table->buckets)
		table_grow(table);
	if (table->buckets == 0)
		return 0;
	return name->family == 6 ? make(table, 6, name) : make(table, 4, name);
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
	table->freed = true;
	ta_pool_give(
	    id & NODE_IPV6 ? &table->six : &table->four, id & ~NODE_IPV6);
}
