/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "buffer.h"

/* Whether the last thing on the terminal is a status line, to be overwritten
 * by whatever comes next. */
static atomic_bool status_shown;

/* A worker that reads what another reads too says nothing about it. */
static _Thread_local bool mute;

bool
log_mute(bool wanted)
{
	bool was = mute;

	mute = wanted;
	return was;
}

static void
write_line(const char *kind, const char *subject, const char *message)
{
	struct buffer line = { 0 };

	if (mute)
		return;
	if (status_shown)
		buffer_add_string(&line, "\r\033[K");
	status_shown = false;
	buffer_add_string(&line, "tcpaudit: ");
	if (subject != NULL) {
		buffer_add_escaped(&line, subject);
		buffer_add_string(&line, ": ");
	}
	buffer_add_string(&line, kind);
	buffer_add_escaped(&line, message);
	buffer_add_string(&line, "\n");
	if (line.data != NULL)
		(void)fwrite(line.data, 1, line.length, stderr);
	(void)fflush(stderr);
	buffer_clear(&line);
}

void
log_error(const char *subject, const char *format, ...)
{
	char message[2048];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	write_line("", subject, message);
}

void
log_warning(const char *subject, const char *format, ...)
{
	char message[2048];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	write_line("warning: ", subject, message);
}

void
log_status(const char *status)
{
	if (isatty(STDERR_FILENO)) {
		if (status != NULL)
			(void)fprintf(stderr, "\r%s\033[K", status);
		else if (status_shown)
			(void)fputs("\r\033[K", stderr);
		status_shown = status != NULL;
	} else if (status != NULL) {
		(void)fprintf(stderr, "%s\n", status);
	}
	(void)fflush(stderr);
}
