/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The only writer to stderr. */
#ifndef LOG_H
#define LOG_H

#include <stdbool.h>

/* One line: "tcpaudit: SUBJECT: what happened: how to mend it".  `subject` is a
 * file, an option or an interface; NULL leaves it out.  Control characters of
 * what is printed are escaped: file names are hostile. */
void log_error(const char *subject, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void log_warning(const char *subject, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What is going on now, without a newline: overwrites the status before it, and
 * is erased by the next error.  NULL erases it.  Where standard error is no
 * terminal each status is a line of its own. */
void log_status(const char *status);

/* Whether what this thread has to say is not said, from now on.  Returns
 * what it was before. */
bool log_mute(bool mute);

#endif
