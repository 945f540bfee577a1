/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* SipHash against the numbers of its authors (2-4) and of OpenSSL's
 * implementation (1-3): key 00 01 ... 0f, message 00 01 ... of each length. */
#include "hash.h"

#include "test.h"

static const uint64_t key[2] = {
	UINT64_C(0x0706050403020100),
	UINT64_C(0x0f0e0d0c0b0a0908),
};

static const uint64_t sip24[] = {
	UINT64_C(0x726fdb47dd0e0e31),
	UINT64_C(0x74f839c593dc67fd),
	UINT64_C(0x0d6c8009d9a94f5a),
	UINT64_C(0x85676696d7fb7e2d),
	UINT64_C(0xcf2794e0277187b7),
	UINT64_C(0x18765564cd99a68d),
	UINT64_C(0xcbc9466e58fee3ce),
	UINT64_C(0xab0200f58b01d137),
	UINT64_C(0x93f5f5799a932462),
	UINT64_C(0x9e0082df0ba9e4b0),
	UINT64_C(0x7a5dbbc594ddb9f3),
	UINT64_C(0xf4b32f46226bada7),
	UINT64_C(0x751e8fbc860ee5fb),
	UINT64_C(0x14ea5627c0843d90),
	UINT64_C(0xf723ca908e7af2ee),
	UINT64_C(0xa129ca6149be45e5),
};

/* What may not change by accident, though no result depends on it. */
static const struct {
	size_t length;
	uint64_t hash;
} sip13[] = {
	{ 0, UINT64_C(0xabac0158050fc4dc) },
	{ 1, UINT64_C(0xc9f49bf37d57ca93) },
	{ 7, UINT64_C(0xd3927d989bb11140) },
	{ 8, UINT64_C(0x369095118d299a8e) },
	{ 15, UINT64_C(0xd320d86d2a519956) },
	{ 16, UINT64_C(0xcc4fdd1a7d908b66) },
	{ 37, UINT64_C(0xb6101c2da3c33057) },
	{ 63, UINT64_C(0x9d199062b7bbb3a8) },
};

int
main(void)
{
	uint64_t other[2] = { key[0], key[1] ^ 1 };
	uint8_t message[64];
	size_t i, wrong = 0;

	for (i = 0; i < sizeof(message); i++)
		message[i] = (uint8_t)i;
	for (i = 0; i < sizeof(sip24) / sizeof(sip24[0]); i++)
		wrong += hash_sip(key, message, i, 2, 4) != sip24[i];
	CHECK(wrong == 0 && "SipHash-2-4 of 0 to 15 octets");
	for (i = 0; i < sizeof(sip13) / sizeof(sip13[0]); i++)
		wrong +=
		    hash_bytes(key, message, sip13[i].length) != sip13[i].hash;
	CHECK(wrong == 0 && "SipHash-1-3 of 0 to 63 octets");
	CHECK(hash_bytes(key, message, 37) != hash_bytes(other, message, 37));
	CHECK(hash_bytes(key, message, 36) != hash_bytes(key, message, 37));
	CHECK(hash_bytes(key, message, 37) == hash_bytes(key, message, 37));
	return test_done();
}
