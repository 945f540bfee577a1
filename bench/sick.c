/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Web traffic, of which one connection of twenty has a defect. */
#include "workload.h"

#include <stdio.h>

#include "defect.h"

static const struct defect *const tables[] = { defects_open, defects_flow,
	defects_close };

#define TABLES (sizeof(tables) / sizeof(tables[0]))

/* The n-th of all; NULL behind the last. */
static const struct defect *
defect_number(uint64_t n)
{
	const struct defect *d;
	size_t i;

	for (i = 0; i < TABLES; i++)
		for (d = tables[i]; d->rule != NULL; d++)
			if (n-- == 0)
				return d;
	return NULL;
}

static void
sick_write(struct talk *t, struct chance *c, const struct amount *amount,
    uint64_t number, int64_t at)
{
	uint64_t count = 0;

	web_write(t, c, amount, number, at);
	if (number % 20 != 7)
		return;
	talk_sort(t);
	while (defect_number(count) != NULL)
		count++;
	defect_number(number / 20 % count)->apply(t, c);
}

void
sick_rules(void)
{
	const struct defect *d;
	uint64_t i;

	for (i = 0; (d = defect_number(i)) != NULL; i++)
		printf("%s\n", d->rule);
}

void
sick_run(const struct amount *amount, struct capture *capture)
{
	const struct crowd crowd = { crowd_duration(amount->connections, 10000),
		sick_write };

	crowd_run(&crowd, amount, capture);
}
