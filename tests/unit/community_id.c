/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Community ID against the identifiers that its specification publishes. */
#include "community_id.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static int failures, tests;
static struct community_id *maker;

static void
identifies(const char *source, int source_port, const char *destination,
    int destination_port, const char *expected)
{
	int family = strchr(source, ':') == NULL ? AF_INET : AF_INET6;
	struct tcpaudit_tuple tuple = { .family = family == AF_INET ? 4 : 6,
		.port = { (uint16_t)source_port, (uint16_t)destination_port } };
	char id[COMMUNITY_ID_SIZE];
	int good;

	inet_pton(family, source, tuple.address[0].bytes);
	inet_pton(family, destination, tuple.address[1].bytes);
	good =
	    community_id(maker, &tuple, id) == 0 && strcmp(id, expected) == 0;
	printf("%sok %d - %s:%d %s:%d is %s\n", good ? "" : "not ", ++tests,
	    source, source_port, destination, destination_port, expected);
	if (!good)
		printf("# seen: %s\n", id);
	failures += !good;
}

int
main(void)
{
	char id[COMMUNITY_ID_SIZE] = "?";

	maker = community_id_new();
	identifies("128.232.110.120", 34855, "66.35.250.204", 80,
	    "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
	identifies("66.35.250.204", 80, "128.232.110.120", 34855,
	    "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
	identifies("2001:470:e5bf:dead:4957:2174:e82c:4887", 63943,
	    "2607:f8b0:400c:c03::1a", 25, "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=");
	identifies("2607:f8b0:400c:c03::1a", 25,
	    "2001:470:e5bf:dead:4957:2174:e82c:4887", 63943,
	    "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=");
	community_id_free(maker);
	printf("%sok %d - without libcrypto there is none\n",
	    community_id(NULL, &(struct tcpaudit_tuple){ .family = 4 }, id) ==
			-1 &&
		    *id == '\0'
		? ""
		: "not ",
	    ++tests);
	printf("1..%d\n", tests);
	return failures > 0;
}
