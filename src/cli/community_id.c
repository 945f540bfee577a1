/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "community_id.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define IP_PROTOCOL_TCP 6
#define SHA1_SIZE	20

struct community_id {
	EVP_MD_CTX *context; /* set up for SHA-1 */
};

struct community_id *
community_id_new(void)
{
	struct community_id *maker = calloc(1, sizeof(*maker));

	if (maker == NULL)
		return NULL;
	maker->context = EVP_MD_CTX_new();
	if (maker->context != NULL &&
	    EVP_DigestInit_ex(maker->context, EVP_sha1(), NULL) == 1)
		return maker;
	community_id_free(maker);
	return NULL;
}

void
community_id_free(struct community_id *maker)
{
	if (maker != NULL)
		EVP_MD_CTX_free(maker->context);
	free(maker);
}

/* Whether the client stands first: the smaller address does, then the smaller
 * port, so that both directions have the same identifier. */
static int
first_end(const struct tcpaudit_tuple *t)
{
	int order = memcmp(
	    t->address[0].bytes, t->address[1].bytes, t->family == 4 ? 4 : 16);

	if (order == 0)
		order = t->port[0] - t->port[1];
	return order <= 0 ? 0 : 1;
}

/* The octets that are hashed: seed, addresses, protocol, padding, ports, all in
 * network order.  Returns their number. */
static size_t
lay_out(const struct tcpaudit_tuple *t, unsigned char *to)
{
	size_t length = t->family == 4 ? 4 : 16, n = 0;
	int first = first_end(t);

	to[n++] = 0;
	to[n++] = 0;
	for (int i = 0; i < 2; i++) {
		memcpy(to + n, t->address[i ^ first].bytes, length);
		n += length;
	}
	to[n++] = IP_PROTOCOL_TCP;
	to[n++] = 0;
	for (int i = 0; i < 2; i++) {
		to[n++] = (unsigned char)(t->port[i ^ first] >> 8);
		to[n++] = (unsigned char)t->port[i ^ first];
	}
	return n;
}

int
community_id(struct community_id *maker, const struct tcpaudit_tuple *tuple,
    char id[COMMUNITY_ID_SIZE])
{
	unsigned char octets[2 + 2 * 16 + 2 + 2 * 2];
	unsigned char digest[EVP_MAX_MD_SIZE];
	size_t length = lay_out(tuple, octets);

	id[0] = '\0';
	if (maker == NULL ||
	    EVP_DigestInit_ex(maker->context, NULL, NULL) != 1 ||
	    EVP_DigestUpdate(maker->context, octets, length) != 1 ||
	    EVP_DigestFinal_ex(maker->context, digest, NULL) != 1)
		return -1;
	memcpy(id, "1:", 2);
	EVP_EncodeBlock((unsigned char *)id + 2, digest, SHA1_SIZE);
	return 0;
}
