/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "interrupt.h"

#include <signal.h>
#include <string.h>

static const int signals[] = { SIGINT, SIGTERM };

#define SIGNALS (sizeof(signals) / sizeof(signals[0]))

static volatile sig_atomic_t seen;

static void
set_all(void (*handler)(int))
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	sigemptyset(&action.sa_mask);
	action.sa_handler =
	    handler; /* without SA_RESTART: read() must return */
	for (size_t i = 0; i < SIGNALS; i++)
		(void)sigaction(signals[i], &action, NULL);
}

static void
note(int signal)
{
	(void)signal;
	seen = 1;
	set_all(SIG_DFL);
}

void
interrupt_catch(void)
{
	set_all(note);
}

bool
interrupt_seen(void)
{
	return seen != 0;
}
