/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The table of flows: a canonical 4-tuple leads to a node, which stands in the
 * lists that every flow stands in, and says where the rest of it is.  A cache
 * line for IPv4. */
#ifndef NODE_H
#define NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "fetch.h"
#include "pool.h"
#include "segment.h"

/* A tuple whose lower (address, port) stands first, so that both directions
 * have one key.  Compared and hashed as bytes, as many as the family has. */
struct node_key {
	uint32_t apart; /* VLAN or tunnel, where they separate flows */
	uint16_t port[2];
	uint8_t address[32]; /* the lower one, the other: 4 or 16 bytes each */
};

/* What the body of a node is. */
enum node_kind {
	NODE_BARE, /* nothing: only a tombstone, perhaps */
	NODE_FLOW, /* a struct flow */
	NODE_CALM, /* a struct calm */
	NODE_SEED  /* a struct seed */
};

struct node {
	uint32_t next;		 /* in its bucket */
	uint32_t younger, older; /* in order of use, about */
	uint32_t timer_next, timer_prev;
	uint32_t hash;
	int64_t deadline; /* where it waits in the timer wheel */
	uint32_t body;
	uint8_t kind;	 /* enum node_kind */
	uint8_t touched; /* since the last look for a victim */
	uint16_t _spare;
	uint32_t incarnations;
	uint32_t tomb; /* 0: none */
	struct node_key key;
};

/* The number of a node has this bit for IPv6. */
#define NODE_IPV6 (1u << 31)

/* Words of 32 bits of the longest key. */
#define NODE_WORDS 10

struct node_table {
	uint64_t secret[NODE_WORDS]; /* of the hash */
	struct pool four, six;
	struct memory *memory;
	uint32_t *bucket;
	size_t buckets; /* a power of two */
	size_t count;
	uint32_t oldest, youngest;
	bool freed; /* one was, since ta_look_ahead() */
};

/* A key to be looked up. */
struct node_name {
	struct node_key key;
	uint8_t family;
	uint32_t hash;
};

static inline size_t
node_key_size(unsigned family)
{
	return offsetof(struct node_key, address) + (family == 6 ? 32 : 8);
}

static inline struct node *
node_at(const struct node_table *table, uint32_t id)
{
	return id & NODE_IPV6 ? pool_at(&table->six, id & ~NODE_IPV6)
			      : pool_at(&table->four, id);
}

static inline unsigned
node_family(uint32_t id)
{
	return id & NODE_IPV6 ? 6 : 4;
}

/* `key` is secret: whoever does not know it cannot choose tuples that share a
 * bucket. */
void ta_node_init(struct node_table *, struct memory *, const uint64_t key[2]);
void ta_node_clear(struct node_table *);

/* The name of a segment's flow; returns which side sent it: 0 or 1. */
int ta_node_name(
    const struct tcpaudit *, const struct segment *, struct node_name *out);

/* The bucket of a name is wanted soon. */
static inline void
ta_node_fetch_bucket(
    const struct node_table *table, const struct node_name *name)
{
	if (table->buckets > 0)
		fetch_read(&table->bucket[name->hash & (table->buckets - 1)]);
}

/* A node is to be freed soon: what leads to it is wanted. */
static inline void
ta_node_fetch_around(const struct node_table *table, const struct node *n)
{
	fetch_write(&table->bucket[n->hash & (table->buckets - 1)]);
	if (n->older != 0)
		fetch_write(node_at(table, n->older));
	if (n->younger != 0)
		fetch_write(node_at(table, n->younger));
}

/* The first node in it; 0: there is none. */
static inline uint32_t
ta_node_first(const struct node_table *table, const struct node_name *name)
{
	return table->buckets > 0
		   ? table->bucket[name->hash & (table->buckets - 1)]
		   : 0;
}

/* Whether a node is that of a name. */
static inline bool
node_is_named(uint32_t id, const struct node *n, const struct node_name *name)
{
	if (node_family(id) != name->family)
		return false;
	return name->family == 6
		   ? memcmp(&n->key, &name->key, node_key_size(6)) == 0
		   : memcmp(&n->key, &name->key, node_key_size(4)) == 0;
}

/* The node of a name; 0: there is none. */
uint32_t ta_node_find(const struct node_table *, const struct node_name *);

/* A new one; there is none of that name.  0: memory is short. */
uint32_t ta_node_make(struct node_table *, const struct node_name *);

/* Takes it out of the table and the order of use. */
void ta_node_free(struct node_table *, uint32_t id);

/* It becomes the youngest. */
void ta_node_renew(struct node_table *, uint32_t id);

#endif
