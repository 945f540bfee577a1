/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "user.h"

#include <errno.h>
#include <grp.h>
#include <libgen.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
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

static int
may_write_beside(const char *path)
{
	char *copy = strdup(path);
	int result = copy != NULL ? access(dirname(copy), W_OK) : -1;

	free(copy);
	return result;
}

static int
refuse_user(const char *name, const char *why)
{
	log_error(
	    "--user", "cannot become '%s': %s: name another user", name, why);
	return -1;
}

/* The report is renamed into place at the end, by the new user.  Say now, not
 * after a week, that he may not: a child that becomes him finds out. */
int
user_check(const struct options *o)
{
	const struct passwd *user;
	int status;
	pid_t child;

	if (o->user == NULL)
		return 0; /* with -o, only who asks for a user gets one */
	user = getpwnam(o->user);
	if (user == NULL)
		return refuse_user(o->user, "no such user");
	child = fork();
	if (child == 0) {
		if (become(user) != 0)
			_exit(errno & 0xff);
		if (o->output.path != NULL &&
		    may_write_beside(o->output.path) != 0)
			_exit(0xff);
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child ||
	    !WIFEXITED(status))
		return refuse_user(o->user, strerror(errno));
	if (WEXITSTATUS(status) == 0)
		return 0;
	if (WEXITSTATUS(status) != 0xff)
		return refuse_user(o->user, strerror(WEXITSTATUS(status)));
	log_error(o->output.path,
	    "user %s may not write there: choose another "
	    "-o FILE or -Z USER",
	    o->user);
	return -1;
}

int
user_drop(const struct options *o)
{
	const char *name = o->user != NULL ? o->user : "nobody";
	const struct passwd *user;

	if (o->user == NULL && (geteuid() != 0 || o->output.path != NULL))
		return 0; /* as user_check() */
	user = getpwnam(name);
	if (user != NULL && become(user) == 0)
		return 0;
	if (o->user != NULL)
		return refuse_user(name, strerror(errno));
	log_warning(NULL,
	    "cannot become '%s', goes on as root: name a user "
	    "with -Z USER",
	    name);
	return 0;
}
