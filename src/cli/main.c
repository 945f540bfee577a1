/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* tcpaudit(1): says what the TCP connections of a capture did wrong. */
#include <archive.h>
#include <errno.h>
#include <pcap/pcap.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "explain.h"
#include "live.h"
#include "log.h"
#include "options.h"

static void
print_version(void)
{
	(void)printf("tcpaudit %s\n%s\n%s\n", TCPAUDIT_VERSION,
	    pcap_lib_version(), archive_version_string());
}

static int
obey(const struct options *o)
{
	switch (o->command) {
	case COMMAND_EXPLAIN:
		return explain_rule(o->explain);
	case COMMAND_LIST_RULES:
		return explain_list(o->output.format == OUTPUT_JSON ||
				    o->output.format == OUTPUT_NDJSON);
	case COMMAND_LIST_INTERFACES:
		return live_list();
	case COMMAND_VERSION:
		print_version();
		return 0;
	case COMMAND_HELP:
		options_help();
		return 0;
	case COMMAND_AUDIT:
		break;
	}
	return audit_run(o);
}

int
main(int argc, char *argv[])
{
	struct options options;
	int status = 2;

	/* Somebody who ignores it must not make us write to nobody. */
	(void)signal(SIGPIPE, SIG_DFL);
	if (options_parse(&options, argc, argv) == 0)
		status = obey(&options);
	options_clear(&options);
	if (fflush(stdout) != 0 && errno != EPIPE && status != 2) {
		log_error("standard output", "cannot be written: %s: make room",
		    strerror(errno));
		status = 2;
	}
	return status;
}
