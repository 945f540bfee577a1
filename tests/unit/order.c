/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Connections that end at the same time are told of in the order in which they
 * began, wherever they stand in the table. */
#include "engine.h"
#include "talk.h"
#include "test.h"

#define OPENS(port)                                                            \
	"0 c S 0 0 0 p" #port ";10 s S. 0 1 0 p" #port ";0 c . 1 1 0 p" #port
#define RESET(port) "0 c R. 1 1 0 p" #port
#define AGAIN(port)                                                            \
	"10 c S 9000 0 0 p" #port ";10 s S. 9000 9001 0 p" #port               \
	";0 c . 9001 9001 0 p" #port

static const struct row {
	const char *what, *script;
	int64_t wait; /* for the end, in ms */
	unsigned port[5];
} rows[] = {
	{ "as they stand", OPENS(1) ";" OPENS(2) ";" OPENS(3), 0, { 1, 2, 3 } },
	{ "the first one was reset, and is used again",
	    OPENS(1) ";" OPENS(2) ";" OPENS(3) ";" RESET(1) ";" AGAIN(1), 0,
	    { 1, 2, 3, 1 } },
	{ "two of them, in turn",
	    OPENS(1) ";" OPENS(2) ";" OPENS(3) ";" RESET(1) ";" RESET(
		2) ";" AGAIN(1) ";" AGAIN(2),
	    0, { 1, 2, 3, 1, 2 } },
	{ "two of them, the other way round",
	    OPENS(1) ";" OPENS(2) ";" OPENS(3) ";" RESET(1) ";" RESET(
		2) ";" AGAIN(2) ";" AGAIN(1),
	    0, { 2, 1, 3, 2, 1 } },
	{ "due in the same second",
	    "0 c S 0 0 0 p1;0 c S 0 0 0 p2;0 c S 0 0 0 p3;0 c S 0 0 0 p4",
	    400000, { 1, 2, 3, 4 } },
};

int
main(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t count = 0;
		struct talk k;
		bool right;

		talk_begin(&k);
		talk(&k, rows[i].script);
		if (rows[i].wait > 0)
			talk_wait(&k, rows[i].wait);
		talk_finish(&k);
		while (count < 5 && rows[i].port[count] != 0)
			count++;
		right = k.connections == count;
		for (size_t j = 0; right && j < count; j++)
			right =
			    k.connection[j].tuple.port[0] == rows[i].port[j];
		test_check(right, rows[i].what, __FILE__, __LINE__);
		if (!right)
			printf("# %s", talk_text(&k));
		talk_clear(&k);
	}
	return test_done();
}
