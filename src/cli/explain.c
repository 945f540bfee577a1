/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "explain.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "example.h"
#include "log.h"
#include "tcpaudit.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define WIDTH	      78
#define INDENT	      4
#define LONGEST_GUESS 64 /* no name of a rule is longer */

/* Ends the program's output.  A reader that has left is no news. */
static int
finish(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	if (errno != EPIPE)
		log_error("standard output", "%s", strerror(errno));
	return 2;
}

/* ----------------------------------------------------------------- a page */

/* Writes `text` indented, in lines of at most WIDTH characters. */
static void
print_wrapped(const char *text)
{
	int column = 0, length;

	for (; *text != '\0'; text += length + (text[length] == ' ')) {
		length = (int)strcspn(text, " ");
		if (column > 0 && column + 1 + length > WIDTH) {
			putchar('\n');
			column = 0;
		}
		if (column == 0)
			column = printf("%*s", INDENT, "");
		else
			column += printf(" ");
		column += printf("%.*s", length, text);
	}
	putchar('\n');
}

static void
print_paragraph(const char *heading, const char *text)
{
	printf("\n%s\n", heading);
	print_wrapped(text);
}

static void
print_references(const struct tcpaudit_reference *r)
{
	size_t i;

	if (r[0].rfc == 0)
		return;
	printf("\nSpecification\n");
	for (i = 0; i < LENGTH(((struct tcpaudit_rule *)0)->rfc); i++) {
		if (r[i].rfc == 0)
			break;
		printf("%*sRFC %u", INDENT, "", r[i].rfc);
		if (r[i].section[0] != '\0')
			printf(", section %s", r[i].section);
		putchar('\n');
	}
}

static void
print_alias(const char *tool, const char *name)
{
	if (name != NULL)
		printf("%*s%-11s%s\n", INDENT, "", tool, name);
}

/* What other programs call it; some of them mean a little more, or less. */
static void
print_aliases(const struct tcpaudit_rule *r)
{
	if (r->wireshark == NULL && r->zeek == NULL && r->suricata == NULL)
		return;
	printf("\nRelated names elsewhere\n");
	print_alias("Wireshark", r->wireshark);
	print_alias("Zeek", r->zeek);
	print_alias("Suricata", r->suricata);
}

/* A capture that shows it, drawn. */
static void
print_example(const struct tcpaudit_rule *r)
{
	const struct example *e = example_find(r->code);
	struct buffer b = { 0 };

	if (e == NULL)
		return;
	printf("\nExample: pcaps/%s.pcap\n", e->scenario);
	ladder_draw(&b, e->rows);
	if (!b.failed)
		fwrite(b.data, 1, b.length, stdout);
	buffer_clear(&b);
	print_wrapped(e->message);
}

static void
print_page(const struct tcpaudit_rule *r)
{
	printf("%s (%s)\n%s\n", r->name, r->code, r->title);
	printf("%s, %s unless the finding says otherwise\n",
	    tcpaudit_severity_name(r->severity),
	    tcpaudit_confidence_name(r->confidence));
	print_paragraph("Meaning", r->meaning);
	if (tcpaudit_reaction_text(r->must) != NULL)
		print_paragraph("What a conforming peer does",
		    tcpaudit_reaction_text(r->must));
	print_example(r);
	print_paragraph("Usual causes", r->cause);
	if (r->effect != NULL)
		print_paragraph("What it does to other findings", r->effect);
	print_paragraph("What to do", r->next);
	print_references(r->rfc);
	print_aliases(r);
}

/* ---------------------------------------------------------- a wrong name */

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Insertions, deletions and changes that turn `a` into `b`, case aside.  `b`
 * is at most LONGEST_GUESS characters long. */
static size_t
edit_distance(const char *a, const char *b)
{
	size_t row[LONGEST_GUESS + 1], i, j, diagonal, above, change;
	size_t length = strlen(b);

	for (j = 0; j <= length; j++)
		row[j] = j;
	for (i = 1; *a != '\0'; a++, i++) {
		diagonal = row[0];
		row[0] = i;
		for (j = 1; j <= length; j++) {
			above = row[j];
			change = tolower((unsigned char)*a) !=
				 tolower((unsigned char)b[j - 1]);
			row[j] = least(
			    least(above, row[j - 1]) + 1, diagonal + change);
			diagonal = above;
		}
	}
	return row[length];
}

/* How unlike a rule is what was typed: a part of its name is closer than any
 * other spelling. */
static size_t
unlikeness(const struct tcpaudit_rule *r, const char *typed)
{
	size_t name;

	if (strlen(typed) >= 3 && strstr(r->name, typed) != NULL)
		return 0;
	name = edit_distance(r->name, typed);
	return least(name, edit_distance(r->code, typed) * 2);
}

/* Puts the rules most like `typed` into `nearest`; NULL where nothing is like
 * it. */
static void
find_nearest(const char *typed, const struct tcpaudit_rule *nearest[3])
{
	size_t worst = strlen(typed) / 2, best[3], i, j, unlike;

	for (j = 0; j < 3; j++) {
		nearest[j] = NULL;
		best[j] = worst + 1;
	}
	if (strlen(typed) > LONGEST_GUESS)
		return;
	for (i = 0; i < tcpaudit_rule_count(); i++) {
		unlike = unlikeness(tcpaudit_rule(i), typed);
		if (unlike >= best[2])
			continue;
		for (j = 2; j > 0 && unlike < best[j - 1]; j--) {
			best[j] = best[j - 1];
			nearest[j] = nearest[j - 1];
		}
		best[j] = unlike;
		nearest[j] = tcpaudit_rule(i);
	}
}

static void
complain(const char *typed)
{
	const struct tcpaudit_rule *nearest[3];

	find_nearest(typed, nearest);
	if (nearest[0] == NULL)
		log_error(typed, "no such rule: --list-rules shows them all");
	else if (nearest[1] == NULL)
		log_error(typed, "no such rule: perhaps %s", nearest[0]->name);
	else if (nearest[2] == NULL)
		log_error(typed, "no such rule: perhaps %s or %s",
		    nearest[0]->name, nearest[1]->name);
	else
		log_error(typed, "no such rule: perhaps %s, %s or %s",
		    nearest[0]->name, nearest[1]->name, nearest[2]->name);
}

int
explain_rule(const char *name)
{
	const struct tcpaudit_rule *r = tcpaudit_rule_find(name);

	if (r == NULL) {
		complain(name);
		return 2;
	}
	print_page(r);
	return finish();
}

/* --------------------------------------------------------------- the list */

static void
print_table(void)
{
	const struct tcpaudit_rule *r;
	size_t i, longest = strlen("name");

	for (i = 0; (r = tcpaudit_rule(i)) != NULL; i++)
		if (strlen(r->name) > longest)
			longest = strlen(r->name);
	printf("code  %-*s  severity  title\n", (int)longest, "name");
	for (i = 0; (r = tcpaudit_rule(i)) != NULL; i++)
		printf("%-4s  %-*s  %-8s  %s\n", r->code, (int)longest, r->name,
		    tcpaudit_severity_name(r->severity), r->title);
}

static json_t *
references_json(const struct tcpaudit_reference *r)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < LENGTH(((struct tcpaudit_rule *)0)->rfc); i++) {
		if (r[i].rfc == 0)
			break;
		json_array_append_new(
		    array, json_pack("{s:i, s:s}", "rfc", r[i].rfc, "section",
			       r[i].section));
	}
	return array;
}

static json_t *
rule_json(const struct tcpaudit_rule *r)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:s, s:s, s:s, s:s, s:s*,"
			 " s:s, s:s*, s:{s:s*, s:s*, s:s*}}",
	    "code", r->code, "name", r->name, "severity",
	    tcpaudit_severity_name(r->severity), "confidence",
	    tcpaudit_confidence_name(r->confidence), "rfc",
	    references_json(r->rfc), "title", r->title, "text", r->text,
	    "meaning", r->meaning, "must", tcpaudit_reaction_name(r->must),
	    "cause", r->cause, "next", r->next, "effect", r->effect, "xref",
	    "wireshark", r->wireshark, "zeek", r->zeek, "suricata",
	    r->suricata);
}

static int
print_json(void)
{
	json_t *array = json_array();
	size_t i;
	int result = 0;

	for (i = 0; i < tcpaudit_rule_count() && result == 0; i++)
		result =
		    json_array_append_new(array, rule_json(tcpaudit_rule(i)));
	if (result != 0)
		log_error(NULL, "out of memory");
	else if (json_dumpf(array, stdout, JSON_INDENT(1)) == 0)
		putchar('\n');
	json_decref(array);
	return result;
}

int
explain_list(bool json)
{
	if (!json)
		print_table();
	else if (print_json() != 0)
		return 2;
	return finish();
}
