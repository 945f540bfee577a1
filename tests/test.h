/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Unit tests: CHECK() any number of things, then return test_done() from
 * main().  What is printed is TAP: one line for each check, the plan last. */
#ifndef TEST_H
#define TEST_H

#include <stdbool.h>
#include <stdio.h>

static int test_count, test_failures;

/* One check.  Its text is its name; `condition && "why"` says more. */
#define CHECK(condition) test_check((condition), #condition, __FILE__, __LINE__)

/* Prints the outcome of a check and returns it. */
static inline bool
test_check(bool passed, const char *name, const char *file, int line)
{
	printf("%s %d - ", passed ? "ok" : "not ok", ++test_count);
	/* In TAP a `#` begins a directive. */
	for (const char *p = name; *p != '\0'; p++)
		putchar(*p == '#' ? '_' : *p);
	putchar('\n');
	if (!passed) {
		printf("# failed at %s:%d\n", file, line);
		test_failures++;
	}
	return passed;
}

/* Prints the plan; the result is the exit status. */
static inline int
test_done(void)
{
	printf("1..%d\n", test_count);
	return test_count == 0 || test_failures != 0;
}

#endif
