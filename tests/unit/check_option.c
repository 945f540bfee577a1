/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What is said of options: the numbers of findings, and how later news change
 * them.  When they fire is in pcaps/OP*. */
#include "talk.h"
#include "test.h"

/* Kind 30 on a SYN, a SYN-ACK and a third ACK: MP_CAPABLE. */
#define MP_SYN	  "0 c S 0 0 0 x020405b41e040181;"
#define MP_SYNACK "10 s S. 0 1 0 x020405b41e0c01810102030405060708;"

static struct talk k;

/* The value `name` of the last record of a finding says `value`; `name` ends
 * with an exclamation mark if it is what was expected. */
static bool
said(const char *code, const char *name, int64_t value)
{
	char line[160], word[40];
	char *text = strdup(talk_text(&k)), *rest, *p;
	bool found = false;

	snprintf(word, sizeof(word), " %s=%" PRId64 " ", name, value);
	for (p = strtok_r(text, "\n", &rest); p != NULL;
	     p = strtok_r(NULL, "\n", &rest)) {
		snprintf(line, sizeof(line), "%s ", p);
		if (strstr(line, code) != NULL)
			found = strstr(line, word) != NULL;
	}
	free(text);
	return found;
}

static void
begin(const char *script)
{
	talk_begin(&k);
	talk(&k, script);
	talk_finish(&k);
}

static void
test_multipath(void)
{
	begin(MP_SYN MP_SYNACK "0 c . 1 1 0;5 c R. 1 1 0 x1e048003");
	CHECK(said("OP39", "subtype", 8) && said("OP39", "reason", 3));
	CHECK(said("OP39", "declined", 0));
	talk_clear(&k);
	/* MP_FASTCLOSE tells more than that it began. */
	begin(MP_SYN MP_SYNACK "0 c . 1 1 0;"
			       "5 c R. 1 1 0 x1e0c70000102030405060708");
	CHECK(said("OP39", "subtype", 7));
	talk_clear(&k);
	begin("0 c S 0 0 0 x020405b41e0c10010102030411121314;10 s S. 0 1 0");
	CHECK(said("OP39", "declined", 1));
	CHECK(!said("OP39", "subtype", 0));
	talk_clear(&k);
	begin("0 c S 0 0 0 x020405b41e0c10010102030411121314");
	CHECK(said("OP39", "subtype", 1));
	talk_clear(&k);
}

/* Either copy of a SYN may be the one that arrives. */
static void
test_changed(void)
{
	begin("0 c S 0 0 0;1000 c S 0 0 0 x0204057801030307");
	CHECK(said("OP14", "kind", 3));
	CHECK(said("OP14", "mss", 1400) && said("OP14", "mss!", 1460));
	CHECK(!said("OP14", "shift", 7));
	talk_clear(&k);
	begin("0 c S 0 0 0 x020405b401030307;1000 c S 0 0 0 x020405b401030308");
	CHECK(said("OP14", "shift", 8) && said("OP14", "shift!", 7));
	CHECK(!said("OP14", "mss", 1460));
	talk_clear(&k);
	/* Of another number: another SYN. */
	begin("0 c S 0 0 0;1000 c S 70000 0 0 x02040578;"
	      "1000 c S 0 0 0 x02040578");
	CHECK(talk_found(&k, "OP14") == NULL);
	talk_clear(&k);
}

static void
test_sizes(void)
{
	begin("0 c S 0 0 0 x020401f4;10 s S. 0 1 0 x02040000;0 c . 1 1 0");
	CHECK(talk_found(&k, "OP08")->last.severity == TCPAUDIT_NOTE);
	CHECK(said("OP08", "mss", 0) && said("OP08", "mss!", 536));
	talk_clear(&k);
}

/* The packet of a finding is the SYN, not what proved it. */
static void
test_missing(void)
{
	begin("0 c S 0 0 0 x;10 s S. 0 1 0;0 c . 1 1 0;5 c . 1 1 0");
	CHECK(talk_found(&k, "OP07") != NULL);
	CHECK(talk_found(&k, "OP07")->last.packet == 1);
	CHECK(talk_found(&k, "OP07")->last.count == 1);
	talk_clear(&k);
}

int
main(void)
{
	test_multipath();
	test_changed();
	test_sizes();
	test_missing();
	return test_done();
}
