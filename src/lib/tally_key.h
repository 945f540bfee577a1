/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What a tally is about, and how it is found by that. */
#ifndef TALLY_KEY_H
#define TALLY_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "hash.h"
#include "tcpaudit.h"

/* With what is counted of it. */
enum tally_kind {
	TALLY_LISTENER, /* address and port: attempts to connect to it */
	TALLY_SOURCE,	/* address: its attempts to connect */
	TALLY_PROBER,	/* address: its probes by odd control bits */
	TALLY_ECHO,	/* address: answers to what nobody asked it */
	TALLY_RESETTER, /* address: its resets */
	TALLY_RESET,	/* address and port: resets toward it */
	TALLY_STRAY,	/* address and port: stray ACKs toward it */
	TALLY_PAIR,	/* address, peer and its port: orderly connections */
	TALLY_MIRROR,	/* address: SYN-ACKs toward it, sent again and again */
	TALLY_NUMBERS,	/* address: the ISNs of its connections */
	TALLY_KINDS
};

/* Hashed and compared by words, each of which is written as one: a processor
 * waits where it reads what was just written in pieces.  No padding. */
struct tally_key {
	struct tcpaudit_address address;
	uint32_t what;		      /* port, family, kind: see below */
	struct tcpaudit_address peer; /* of a TALLY_PAIR, else zero */
};

static inline uint32_t
tally_key_what(enum tally_kind kind, uint32_t family, uint16_t port)
{
	return (uint32_t)port << 16 | (family & 0xff) << 8 | (uint32_t)kind;
}

static inline enum tally_kind
tally_key_kind(const struct tally_key *key)
{
	return (enum tally_kind)(key->what & 0xff);
}

static inline uint8_t
tally_key_family(const struct tally_key *key)
{
	return (uint8_t)(key->what >> 8);
}

static inline uint16_t
tally_key_port(const struct tally_key *key)
{
	return (uint16_t)(key->what >> 16);
}

/* Half of an address, as a number that is good for comparing only. */
static inline uint64_t
tally_key_half(const struct tcpaudit_address *address, size_t at)
{
	uint64_t word;

	memcpy(&word, address->bytes + at, sizeof(word));
	return word;
}

static inline bool
tally_key_same(const struct tally_key *a, const struct tally_key *b)
{
	uint64_t differ = a->what ^ b->what;

	for (size_t at = 0; at < sizeof(a->address.bytes); at += 8) {
		differ |= tally_key_half(&a->address, at) ^
			  tally_key_half(&b->address, at);
		differ |=
		    tally_key_half(&a->peer, at) ^ tally_key_half(&b->peer, at);
	}
	return differ == 0;
}

/* What the hash of keys is made with: secret, random numbers. */
struct tally_secret {
	uint64_t word[10];
};

static inline void
tally_secret_init(struct tally_secret *secret, const uint64_t key[2])
{
	hash_secret(secret->word, 10, key);
}

/* What an address adds to the hash, and as the peer of a pair. */
static inline uint64_t
tally_hash_address(
    const struct tally_secret *secret, const struct tcpaudit_address *address)
{
	return hash_pairs(secret->word, address, 4);
}

static inline uint64_t
tally_hash_peer(
    const struct tally_secret *secret, const struct tcpaudit_address *peer)
{
	return hash_pairs(secret->word + 4, peer, 4);
}

/* The hash for the table, of one of whose addresses this is the sum.  Kinds
 * differ in the lowest three bits alone, so that what is known of one host is
 * side by side there. */
static inline uint32_t
tally_hash(const struct tally_secret *secret, uint64_t sum, uint32_t what)
{
	uint32_t kind = what & 0xff;

	sum += ((what ^ kind) + secret->word[8]) * secret->word[9];
	return (uint32_t)(sum >> 32) ^ ((kind ^ kind >> 3) & 7);
}

static inline uint32_t
tally_key_hash(const struct tally_secret *secret, const struct tally_key *key)
{
	uint64_t sum = tally_hash_address(secret, &key->address);

	if (tally_key_kind(key) == TALLY_PAIR)
		sum += tally_hash_peer(secret, &key->peer);
	return tally_hash(secret, sum, key->what);
}

#endif
