/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "user.h"

#include <errno.h>
#include <grp.h>
#include <libgen.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "options.h"

static int
become(const struct passwd *user)
{
	if (initgroups(user->pw_name, user->pw_gid) != 0 ||
	    setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)
		return -1;
	/* Being able to come back would mean that nothing was given up. */
	if (user->pw_uid != 0 && setuid(0) == 0) {
		errno = EPERM;
		return -1;
	}
	return 0;
}

/* The report is renamed into place at the end, by the new user.  Say now, not
 * after a week, that he may not. */
static int
check_directory(const char *path, const char *user)
{
	char *copy;
	int result = 0;

	if (path == NULL)
		return 0;
	copy = strdup(path);
	if (copy == NULL || access(dirname(copy), W_OK) != 0) {
		log_error(path,
		    "user %s may not write there: choose another "
		    "-o FILE or -Z USER",
		    user);
		result = -1;
	}
	free(copy);
	return result;
}

int
user_drop(const struct options *o)
{
	const char *name = o->user != NULL ? o->user : "nobody";
	const struct passwd *user;

	if (o->user == NULL && (geteuid() != 0 || o->output.path != NULL))
		return 0; /* with -o, only who asks for a user gets one */
	user = getpwnam(name);
	if (user != NULL && become(user) == 0)
		return check_directory(o->output.path, name);
	if (o->user != NULL) {
		log_error("--user", "cannot become '%s': %s: name another user",
		    name, user == NULL ? "no such user" : strerror(errno));
		return -1;
	}
	log_warning(NULL,
	    "cannot become '%s', goes on as root: name a user "
	    "with -Z USER",
	    name);
	return 0;
}
