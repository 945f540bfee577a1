/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The options that divide the work. */
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "options.h"
#include "take.h"
#include "value.h"

#define JOBS_MOST   256
#define SHARDS_MOST 65536

int
take_jobs(struct options *o, const char *name, const char *value)
{
	uint64_t jobs;

	if (value_number(name, value, 1, JOBS_MOST, &jobs) != 0)
		return -1;
	o->jobs = (unsigned)jobs;
	return 0;
}

/* K/N */
int
take_shard(struct options *o, const char *name, const char *value)
{
	unsigned shard, shards;
	int length = 0;

	if (strspn(value, "0123456789/") == strlen(value) &&
	    strlen(value) <= 11 &&
	    sscanf(value, "%u/%u%n", &shard, &shards, &length) == 2 &&
	    value[length] == '\0' && shards <= SHARDS_MOST && shard < shards) {
		o->shard = shard;
		o->shards = shards;
		return 0;
	}
	log_error(name,
	    "'%s' is not one of several parts: give K/N, from 0/N to N-1/N, N "
	    "at most %d",
	    value, SHARDS_MOST);
	return -1;
}

int
take_merge(struct options *o, const char *name, const char *value)
{
	(void)name;
	(void)value;
	o->merge = true;
	return 0;
}
