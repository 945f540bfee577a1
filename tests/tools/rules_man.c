/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Writes man/tcpaudit-rules.7 from the catalogue.  The page is committed, so
 * that a change of a rule shows in the manual too; tests/manual.sh compares. */

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "tcpaudit.h"

/* Date of the release, for the header of the page. */
#define RELEASED "2026-11-21"

static const struct {
	const char *prefix, *title;
} groups[] = {
	{ "HS", "Handshake" },
	{ "DA", "Sequence and acknowledgment arithmetic" },
	{ "TD", "Closing" },
	{ "TW", "TIME-WAIT and reuse of ports" },
	{ "RS", "Resets" },
	{ "OP", "Options" },
	{ "WN", "Window" },
	{ "RX", "Retransmission, loss and reordering" },
	{ "KA", "Keepalives" },
	{ "EC", "Explicit congestion notification" },
	{ "FL", "Floods and scans" },
	{ "HD", "Headers" },
	{ "CP", "The capture itself" },
	{ "IC", "ICMP errors" },
};

static const char head[] =
    ".\\\" SPDX-License-Identifier: BSD-2-Clause\n"
    ".\\\" Copyright (c) 2026 The tcpaudit authors\n"
    ".\\\" Made by tests/tools/rules_man.c from src/lib/rules.def.\n"
    ".TH TCPAUDIT\\-RULES 7 " RELEASED " \"tcpaudit " TCPAUDIT_VERSION "\"\n"
    ".SH NAME\n"
    "tcpaudit\\-rules \\- what tcpaudit checks in TCP connections\n"
    ".SH DESCRIPTION\n"
    "This page lists the rules of\n"
    ".BR tcpaudit (1):\n"
    "for each its name, its code, its severity, its confidence, and the\n"
    "sections of the standards behind it; what happened; and what to do.\n"
    "A finding can be more or less severe than its rule, if the evidence is\n"
    "better or worse than usual.\n"
    ".PP\n"
    "The severities:\n"
    ".TP\n"
    ".B error\n"
    "an endpoint broke an obligation of the standard,\n"
    ".TP\n"
    ".B warning\n"
    "a recommendation was ignored, or something is very probably wrong,\n"
    ".TP\n"
    ".B note\n"
    "legal, but worth knowing,\n"
    ".TP\n"
    ".B capture\n"
    "the capture is defective, not an endpoint.\n"
    ".PP\n"
    "The confidence is\n"
    ".BR certain ,\n"
    ".B likely\n"
    "or\n"
    ".BR possible .\n"
    ".PP\n"
    "The same text is shown by\n"
    ".BR \"tcpaudit \\-\\-explain \\fIRULE\\fP\" ,\n"
    "where\n"
    ".I RULE\n"
    "is a name or a code.\n";

static const char tail[] = ".SH SEE ALSO\n"
			   ".BR tcpaudit (1)\n"
			   ".PP\n"
			   "RFC 9293, \\(lqTransmission Control Protocol "
			   "(TCP)\\(rq.\n";

/* Writes text so that troff takes nothing in it for a command. */
static void
print_text(const char *text, size_t length, const char *hyphen)
{
	if (length > 0 && (*text == '.' || *text == '\''))
		printf("\\&");
	for (; length > 0; text++, length--) {
		if (*text == '\\')
			printf("\\e");
		else if (*text == '-')
			printf("%s", hyphen);
		else if (*text == '\'')
			printf("\\(cq");
		else if (*text == '"')
			printf("\\(dq");
		else
			putchar(*text);
	}
}

static void
print_words(const char *text)
{
	print_text(text, strlen(text), "\\-");
}

/* Every sentence begins a line, as manual pages are written: a full stop, a
 * space and a capital tell where.  Lines are kept short. */
static void
print_paragraph(const char *text)
{
	size_t column = 0, length;
	bool sentence = true;

	printf(".PP");
	for (; *text != '\0'; text += length + (text[length] == ' ')) {
		length = strcspn(text, " ");
		if (column + 1 + length > 72 ||
		    (sentence && isupper((unsigned char)*text)))
			column = 0;
		putchar(column == 0 ? '\n' : ' ');
		print_text(text, length, "-");
		column += 1 + length;
		sentence = text[length - 1] == '.';
	}
	putchar('\n');
}

static void
print_references(const struct tcpaudit_reference *r)
{
	unsigned int former = 0;
	int i;

	for (i = 0; i < 4 && r[i].rfc != 0; i++) {
		printf(i == 0 ? ".\n" : r[i].rfc == former ? ", " : "; ");
		if (r[i].rfc != former)
			printf("RFC %u ", r[i].rfc);
		printf("%s", r[i].section);
		former = r[i].rfc;
	}
	printf(".\n");
}

static void
print_alias(const char *tool, const char *name)
{
	if (name == NULL)
		return;
	printf(".br\n%s: ", tool);
	print_words(name);
	putchar('\n');
}

static void
print_rule(const struct tcpaudit_rule *r)
{
	printf(".SS ");
	print_words(r->name);
	printf(" (%s)\n.B ", r->code);
	print_words(r->title);
	printf(".\n.br\n%s, %s", tcpaudit_severity_name(r->severity),
	    tcpaudit_confidence_name(r->confidence));
	print_references(r->rfc);
	print_alias("Wireshark", r->wireshark);
	print_alias("Zeek", r->zeek);
	print_alias("Suricata", r->suricata);
	print_paragraph(r->meaning);
	if (tcpaudit_reaction_text(r->must) != NULL)
		print_paragraph(tcpaudit_reaction_text(r->must));
	print_paragraph(r->cause);
	print_paragraph(r->next);
}

int
main(void)
{
	const struct tcpaudit_rule *r;
	size_t group, i;

	printf("%s", head);
	for (group = 0; group < sizeof(groups) / sizeof(groups[0]); group++) {
		printf(".SH ");
		for (const char *p = groups[group].title; *p != '\0'; p++)
			putchar(toupper((unsigned char)*p));
		putchar('\n');
		for (i = 0; (r = tcpaudit_rule(i)) != NULL; i++)
			if (strncmp(r->code, groups[group].prefix, 2) == 0)
				print_rule(r);
	}
	printf("%s", tail);
	return fflush(stdout) != 0 || ferror(stdout);
}
