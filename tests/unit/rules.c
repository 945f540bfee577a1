/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The catalogue is complete and consistent, and every word of the records is
 * there. */
#include "rules.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int failures, tests, problems;

/* The identifiers that rules.def gives to RULE(). */
static const char *const identifiers[RULES] = {
#define RULE(id, ...) [RULE_##id] = #id,
#include "rules.def"
#undef RULE
};

static void
problem(const char *rule, const char *what, const char *detail)
{
	printf("# %s: %s: %s\n", rule, what, detail == NULL ? "NULL" : detail);
	problems++;
}

static void
result(const char *description)
{
	printf("%sok %d - %s\n", problems ? "not " : "", ++tests, description);
	failures += problems > 0;
	problems = 0;
}

static void
check_unique(void)
{
	const struct tcpaudit_rule *a, *b;

	for (size_t i = 0; (a = tcpaudit_rule(i)) != NULL; i++) {
		for (size_t j = 0; j < i; j++) {
			b = tcpaudit_rule(j);
			if (strcmp(a->code, b->code) == 0)
				problem(a->code, "code twice", a->name);
			if (strcmp(a->name, b->name) == 0)
				problem(a->code, "name twice", a->name);
			if (strcmp(a->title, b->title) == 0)
				problem(a->code, "title twice", a->title);
		}
	}
	result("codes, names and titles are unique");
}

static bool
is_kebab(const char *name)
{
	const char *p;

	for (p = name; *p != '\0'; p++) {
		if (*p == '-' ? p == name || p[-1] == '-' || p[1] == '\0'
			      : !islower((unsigned char)*p) &&
				    !isdigit((unsigned char)*p))
			return false;
	}
	return p != name;
}

static void
check_names(void)
{
	for (size_t i = 0; i < RULES; i++) {
		const struct tcpaudit_rule *r = &ta_rules[i];

		if (strcmp(r->code, identifiers[i]) != 0)
			problem(identifiers[i], "another code", r->code);
		if (strlen(r->code) != 4)
			problem(identifiers[i], "not a code", r->code);
		if (!is_kebab(r->name))
			problem(r->code, "not kebab-case", r->name);
		if (i > 0 && strncmp(r->code, r[-1].code, 2) == 0 &&
		    strcmp(r->code, r[-1].code) < 0)
			problem(r->code, "out of order", r->name);
	}
	result("codes are their identifiers, names are kebab-case, in order");
}

static void
check_text(const struct tcpaudit_rule *r, const char *what, const char *text)
{
	size_t length = text == NULL ? 0 : strlen(text);

	if (length == 0) {
		problem(r->code, "empty", what);
		return;
	}
	if (text[0] == ' ' || text[length - 1] == ' ' ||
	    strstr(text, "  ") != NULL)
		problem(r->code, "stray spaces", text);
	for (const char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || (unsigned char)*p > '~')
			problem(r->code, "not printable ASCII", text);
}

static void
check_fields(void)
{
	const struct tcpaudit_rule *r;

	for (size_t i = 0; (r = tcpaudit_rule(i)) != NULL; i++) {
		check_text(r, "title", r->title);
		check_text(r, "text", r->text);
		check_text(r, "meaning", r->meaning);
		check_text(r, "next", r->next);
		check_text(r, "cause", r->cause);
		if ((r->effect != NULL) != (r->severity == TCPAUDIT_CAPTURE))
			problem(r->code, "effect", r->effect);
		if (r->effect != NULL)
			check_text(r, "effect", r->effect);
		if (r->wireshark != NULL)
			check_text(r, "wireshark", r->wireshark);
		if (r->zeek != NULL)
			check_text(r, "zeek", r->zeek);
		if (r->suricata != NULL)
			check_text(r, "suricata", r->suricata);
		if (r->title[strlen(r->title) - 1] == '.')
			problem(r->code, "full stop", r->title);
		if (r->meaning[strlen(r->meaning) - 1] != '.' ||
		    r->next[strlen(r->next) - 1] != '.')
			problem(r->code, "no full stop", r->next);
	}
	result("no field is empty");
}

/* `name` is what stands between braces, `length` characters; alternatives may
 * follow it: "copies|once|# times". */
static bool
is_placeholder(const char *name, size_t length)
{
	const char *bar = memchr(name, '|', length);
	static const char *const others[] = { "endpoint", "peer", "count" };
	static const char expected[] = "expected.";

	if (bar != NULL)
		length = (size_t)(bar - name);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strlen(others[i]) == length &&
		    memcmp(others[i], name, length) == 0)
			return true;
	if (length >= sizeof(expected) - 1 &&
	    memcmp(name, expected, sizeof(expected) - 1) == 0) {
		name += sizeof(expected) - 1;
		length -= sizeof(expected) - 1;
	}
	for (size_t i = 0; i < EVIDENCES; i++)
		if (strlen(ta_evidence_keys[i].name) == length &&
		    memcmp(ta_evidence_keys[i].name, name, length) == 0)
			return true;
	return false;
}

static void
check_template(const struct tcpaudit_rule *r)
{
	const char *p, *close;
	int depth = 0, filled = 0, bare = 0;

	for (p = r->text; *p != '\0'; p++) {
		if (*p == '[') {
			if (depth++ > 0)
				problem(r->code, "clauses nest", r->text);
			filled = 0;
		} else if (*p == ']') {
			if (depth-- == 0 || !filled)
				problem(r->code, "odd clause", r->text);
		} else if (*p == '{') {
			close = strchr(p, '}');
			if (close == NULL ||
			    !is_placeholder(p + 1, (size_t)(close - p) - 1)) {
				problem(r->code, "unknown value", p);
				return;
			}
			bare += depth == 0 && strncmp(p, "{endpoint}", 10) != 0;
			filled = 1;
			p = close;
		} else if (*p == '}') {
			problem(r->code, "odd brace", r->text);
		}
	}
	if (depth != 0)
		problem(r->code, "clause without end", r->text);
	if (bare > 3)
		problem(r->code, "too many indispensable values", r->text);
}

static void
check_templates(void)
{
	for (size_t i = 0; i < RULES; i++)
		check_template(&ta_rules[i]);
	result("messages mention only known values, clauses do not nest");
}

static void
check_references(void)
{
	const struct tcpaudit_rule *r;
	bool of_capture;

	for (size_t i = 0; (r = tcpaudit_rule(i)) != NULL; i++) {
		of_capture = r->severity == TCPAUDIT_CAPTURE;
		if (of_capture != (r->rfc[0].rfc == 0))
			problem(r->code, "no RFC, or one too many", r->name);
		if (strncmp(r->code, "CP", 2) == 0 && !of_capture)
			problem(r->code, "severity is not capture", r->name);
		if (tcpaudit_severity_name(r->severity) == NULL ||
		    tcpaudit_confidence_name(r->confidence) == NULL)
			problem(r->code, "no such severity", r->name);
		for (int j = 0; j < 4 && r->rfc[j].rfc != 0; j++)
			if (r->rfc[j].rfc < 768 || r->rfc[j].section == NULL)
				problem(r->code, "odd reference", r->name);
	}
	result(
	    "severities are valid, every rule but of the capture has an RFC");
}

static void
check_find(void)
{
	for (size_t i = 0; i < RULES; i++) {
		const struct tcpaudit_rule *r = &ta_rules[i];
		char lower[8] = "";

		for (size_t j = 0; r->code[j] != '\0' && j < 7; j++)
			lower[j] = (char)tolower((unsigned char)r->code[j]);
		if (tcpaudit_rule_find(r->name) != r ||
		    tcpaudit_rule_find(r->code) != r ||
		    tcpaudit_rule_find(lower) != r)
			problem(r->code, "not found", r->name);
	}
	if (tcpaudit_rule_find("") != NULL ||
	    tcpaudit_rule_find("ack") != NULL ||
	    tcpaudit_rule_find("DA0") != NULL ||
	    tcpaudit_rule_find("DA011") != NULL ||
	    tcpaudit_rule_find(NULL) != NULL)
		problem("find", "found what is not there", "");
	if (tcpaudit_rule_count() != RULES || tcpaudit_rule(RULES) != NULL ||
	    tcpaudit_rule((size_t)-1) != NULL)
		problem("rule", "beyond the end", "");
	result("rules are found by name and by code in either case");
}

/* Every enumerator has a name, and what is outside has none. */
#define CHECK_NAMES(function, type, count)                                     \
	do {                                                                   \
		for (int i = 0; i < (count); i++)                              \
			if (function((type)i) == NULL)                         \
				problem(#function, "no name", NULL);           \
		if (function((type)(count)) != NULL ||                         \
		    function((type)-1) != NULL)                                \
			problem(#function, "a name outside", "");              \
	} while (0)

static void
check_words(void)
{
	CHECK_NAMES(tcpaudit_state_name, enum tcpaudit_state, TCPAUDIT_STATES);
	CHECK_NAMES(tcpaudit_severity_name, enum tcpaudit_severity,
	    TCPAUDIT_SEVERITIES);
	CHECK_NAMES(tcpaudit_confidence_name, enum tcpaudit_confidence,
	    TCPAUDIT_CONFIDENCES);
	CHECK_NAMES(
	    tcpaudit_verdict_name, enum tcpaudit_verdict, TCPAUDIT_VERDICTS);
	CHECK_NAMES(tcpaudit_skip_name, enum tcpaudit_skip, TCPAUDIT_SKIPS);
	CHECK_NAMES(
	    tcpaudit_trigger_name, enum tcpaudit_trigger, TCPAUDIT_TIMER + 1);
	CHECK_NAMES(tcpaudit_certainty_name, enum tcpaudit_certainty,
	    TCPAUDIT_STATE_RETRACTED + 1);
	for (int i = 0; i < TCPAUDIT_VERDICTS; i++)
		if (!is_kebab(tcpaudit_verdict_name(i)))
			problem("verdict", "not kebab-case",
			    tcpaudit_verdict_name(i));
	result("every enumeration has its words");
}

int
main(void)
{
	check_unique();
	check_names();
	check_fields();
	check_templates();
	check_references();
	check_find();
	check_words();
	printf("1..%d\n", tests);
	return failures > 0;
}
