/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * What must hold for every capture, tried on simulated ones (sim.h):
 *
 *  - soundness: the true state of an endpoint is among those held possible;
 *  - innocence: endpoints that conform are never accused;
 *  - monotonicity: packets missing from the capture accuse nobody for certain;
 *  - symmetry, wrap, time shift, copies: what is not about the addresses, the
 *    numbers, the hour or the capture itself does not depend on them.
 *
 * property [--seed N] [--features X] [--dump FILE] [--trace] [RUNS]
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "outcome.h"
#include "sim.h"

struct options {
	unsigned long runs;
	uint64_t seed;
	bool one_seed, trace;
	unsigned features; /* 0: those of the property */
	const char *dump;
};

/* Which seeds failed, and how the first did. */
struct verdict {
	unsigned long runs, failed;
	char first[800];
};

struct property {
	const char *name;
	unsigned features; /* that the seed may choose from */
	unsigned share;	   /* one of so many runs tries it */
	bool (*holds)(const struct sim_capture *, char *why, size_t room);
};

/* Warnings (or errors without proof) that a conforming endpoint may draw,
 * because the path or its user did what looks the same from the monitor. */
static const struct {
	const char *rule;
	unsigned features; /* any of these explains it */
} provoked[] = {
	/* An answer that was lost, or what it answers was: after the monitor,
	 * where it was seen and not obeyed, or before. */
	{ "handshake-missing-third-ack", SIM_LOSS_AFTER | SIM_LOSS_BEFORE },
	{ "close-fin-unacked", SIM_LOSS_AFTER | SIM_LOSS_BEFORE },
	{ "close-missing-last-ack", SIM_LOSS_AFTER | SIM_LOSS_BEFORE },
	{ "timewait-fin-not-reacked", SIM_LOSS_AFTER | SIM_LOSS_BEFORE },
	{ "rst-ignored", SIM_LOSS_AFTER },
	{ "rtx-excessive", SIM_LOSS_AFTER | SIM_LOSS_BEFORE },
	/* The same from a host that is down. */
	{ "handshake-missing-third-ack", SIM_CRASHES },
	{ "close-missing-last-ack", SIM_CRASHES },
	{ "timewait-fin-not-reacked", SIM_CRASHES },
	/* And one that was down knows nothing of its connections; whoever had
	 * given up in CLOSING knows no TIME-WAIT. */
	{ "timewait-skipped", SIM_CRASHES },
	{ "timewait-2msl-violation", SIM_CRASHES | SIM_LIMITS },
	/* The ports again, by a host that was down, or whose last segments
	 * were lost. */
	{ "syn-in-synchronized", SIM_REUSE },
	{ "syn-accepted-over-established", SIM_LOSS_BEFORE },
	/* The first ACK, or copy, never passed: the next one came later. */
	{ "ack-delay-excessive", SIM_LOSS_BEFORE },
	{ "rtx-syn-no-backoff", SIM_LOSS_BEFORE },
	{ "rtx-synack-no-backoff", SIM_LOSS_BEFORE },
	{ "rtx-no-backoff", SIM_LOSS_BEFORE },
	{ "rtx-too-early", SIM_LOSS_BEFORE },
	/* Its limit R2 is short, its user gave up, or it was down. */
	{ "rtx-gave-up-early", SIM_LIMITS | SIM_ABORTS | SIM_CRASHES },
	{ "ka-single-miss-kill", SIM_ABORTS | SIM_CRASHES },
	/* Its user does not read. */
	{ "win-zero-prolonged", SIM_STALLS },
	/* Both windows are closed and both ends have probed: neither takes
	 * the SEQ of the other's ACKs, so each one calls for another. */
	{ "ack-storm", SIM_STALLS },
	/* Old segments come to a TIME-WAIT (RFC 1337): it accuses nobody. */
	{ "timewait-assassination",
	    SIM_BAD_DELIVERY | SIM_LOSS_BEFORE | SIM_DUPLICATE_BEFORE },
	/* Order that the monitor cannot know. */
	{ "ack-regress", SIM_REORDER_BEFORE },
	{ "rtx-too-early", SIM_REORDER_BEFORE | SIM_REORDER_AFTER },
};

static bool
is_provoked(const struct outcome_finding *f, unsigned features)
{
	size_t i;

	for (i = 0; i < sizeof(provoked) / sizeof(provoked[0]); i++) {
		if (strcmp(f->rule->name, provoked[i].rule) == 0 &&
		    (features & provoked[i].features))
			return true;
	}
	return false;
}

static bool
is_sound(const struct sim_capture *c, char *why, size_t room)
{
	static const struct sim_view plain;
	const struct trial trial = { .capture = c, .view = &plain };
	struct outcome o;
	bool good;

	outcome_run(&o, &trial);
	good = o.unsound[0] == '\0';
	snprintf(why, room, "%s", o.unsound);
	outcome_clear(&o);
	return good;
}

static bool
is_innocent(const struct sim_capture *c, char *why, size_t room)
{
	static const struct sim_view plain;
	const struct trial trial = { .capture = c, .view = &plain };
	const struct outcome_finding *f;
	struct outcome o;
	bool good = true;
	size_t i;

	outcome_run(&o, &trial);
	for (i = 0; i < o.count && good; i++) {
		f = &o.finding[i];
		good = f->severity < TCPAUDIT_WARNING ||
		       (f->severity == TCPAUDIT_WARNING &&
			   is_provoked(f, c->features));
		if (!good)
			snprintf(why, room, "%s", f->text);
	}
	outcome_clear(&o);
	return good;
}

/* Takes packets out of the capture: a share of them, the first ones, or the
 * last. */
static void
take_out(bool *gone, size_t n, uint64_t *random)
{
	uint64_t how = sim_random(random) % 4, share = sim_random(random) % 30;
	size_t cut = n > 0 ? sim_random(random) % n : 0, i;

	for (i = 0; i < n; i++) {
		gone[i] = sim_random(random) % 100 < share + 1;
		if (how == 0)
			gone[i] = i < cut;
		else if (how == 1)
			gone[i] = i == cut;
	}
}

static bool
is_monotone(const struct sim_capture *c, char *why, size_t room)
{
	static const struct sim_view plain;
	bool *gone = calloc(c->count + 1, sizeof(*gone)), good = true;
	struct trial trial = { .capture = c, .view = &plain, .gone = gone };
	uint64_t random = c->seed;
	struct outcome o;
	int times;
	size_t i;

	for (times = 0; gone != NULL && good && times < 4; times++) {
		take_out(gone, c->count, &random);
		outcome_run(&o, &trial);
		for (i = 0; i < o.count && good; i++) {
			good = o.finding[i].severity != TCPAUDIT_ERROR ||
			       o.finding[i].confidence != TCPAUDIT_CERTAIN;
			if (!good)
				snprintf(why, room, "deletion %d: %s", times,
				    o.finding[i].text);
		}
		outcome_clear(&o);
	}
	free(gone);
	return good;
}

/* Whether both trials tell the same but for findings of rule `but`. */
static bool
same(const struct trial *x, const struct trial *y, const char *but, char *why,
    size_t room)
{
	struct outcome a, b;
	bool good;

	outcome_run(&a, x);
	outcome_run(&b, y);
	good = outcome_same(&a, &b, but, why, room);
	outcome_clear(&a);
	outcome_clear(&b);
	return good;
}

static bool
is_symmetric(const struct sim_capture *c, char *why, size_t room)
{
	static const struct sim_view plain, other = { .swap = true };
	const struct trial x = { .capture = c, .view = &plain };
	const struct trial y = { .capture = c, .view = &other };

	return same(&x, &y, NULL, why, room);
}

/* The SEQ of a reset that answers a SYN is 0 (RFC 9293, 3.5.2), whatever its
 * sender counts otherwise: no shift moves it. */
static bool
has_fixed_number(const struct sim_capture *c)
{
	bool spoke[2] = { false, false };
	size_t i;

	for (i = 0; i < c->count; i++) {
		const struct sim_segment *s = &c->frame[i].segment;

		if (s->seq_is_zero && spoke[s->end])
			return true;
		spoke[s->end] = true;
	}
	return false;
}

static bool
is_wrap_free(const struct sim_capture *c, char *why, size_t room)
{
	static const struct sim_view plain;
	uint64_t random = c->seed;
	struct sim_view other = { .shift = { 0, 0 } };
	const struct trial x = {
		.capture = c, .view = &plain, .omit = OMIT_SEQUENCES
	};
	const struct trial y = {
		.capture = c, .view = &other, .omit = OMIT_SEQUENCES
	};

	if (has_fixed_number(c))
		return true;
	other.shift[random & 1] = (uint32_t)sim_random(&random);
	if (random & 4) /* the first number is near the wrap */
		other.shift[1] = 0u - c->frame[0].segment.seq - 2;
	return same(&x, &y, "seq-wrap", why, room);
}

static bool
is_timeless(const struct sim_capture *c, char *why, size_t room)
{
	static const struct sim_view plain,
	    other = { .time = INT64_C(86400000000000) * 365 + 1234567 };
	const struct trial x = { .capture = c, .view = &plain };
	const struct trial y = { .capture = c, .view = &other };

	return same(&x, &y, NULL, why, room);
}

static bool
is_copy_proof(const struct sim_capture *c, char *why, size_t room)
{
	static const struct sim_view plain;
	const struct trial x = {
		.capture = c, .view = &plain, .omit = OMIT_TIMES
	};
	const struct trial y = {
		.capture = c, .view = &plain, .twice = true, .omit = OMIT_TIMES
	};

	return same(&x, &y, "cap-duplicate-frame", why, room);
}

#define ENDPOINTS (SIM_APPLICATIONS | SIM_CRASHES)
#define PATH	  (SIM_BAD_DELIVERY | SIM_LOSS_BEFORE | SIM_OFFLOAD)
#define ALL	  (ENDPOINTS | PATH | SIM_DUPLICATE_BEFORE | SIM_REORDER_BEFORE)

static const struct property properties[] = {
	{ "soundness", ENDPOINTS | PATH | SIM_DUPLICATE_BEFORE, 1, is_sound },
	{ "soundness, reordered before the monitor", ALL, 4, is_sound },
	{ "innocence", ENDPOINTS | PATH | SIM_DUPLICATE_BEFORE, 1,
	    is_innocent },
	{ "innocence, reordered before the monitor", ALL, 4, is_innocent },
	{ "monotonicity", ALL, 2, is_monotone },
	{ "direction symmetry", ALL | SIM_CAPTURE_LOSS, 2, is_symmetric },
	{ "wrap invariance", ALL | SIM_CAPTURE_LOSS, 2, is_wrap_free },
	{ "time shift invariance", ALL | SIM_CAPTURE_LOSS, 2, is_timeless },
	{ "copies", (ENDPOINTS | PATH) & ~(unsigned)SIM_SNAPLEN, 2,
	    is_copy_proof },
};

static void
try(const struct property *p, uint64_t seed, unsigned features,
    struct verdict *v)
{
	struct sim_capture *c = sim_new(seed, features);
	char why[600] = "";
	size_t used;

	if (c == NULL) {
		fprintf(stderr, "property: no memory\n");
		exit(2);
	}
	v->runs++;
	if (c->count > 0 && !p->holds(c, why, sizeof(why))) {
		if (v->failed == 0)
			snprintf(v->first, sizeof(v->first), "%s", why);
		used = strlen(v->first);
		if (v->failed++ < 6)
			snprintf(v->first + used, sizeof(v->first) - used,
			    "%s%" PRIu64, v->failed == 1 ? "; seeds " : ", ",
			    seed);
	}
	sim_free(c);
}

/* The runs of one property, in a process of their own: one that crashes says
 * with which seed, and the other properties are tried all the same. */
static bool
check_all(const struct property *p, const struct options *options,
    volatile uint64_t *current)
{
	struct verdict v = { .runs = 0 };
	unsigned features = options->features ? options->features : p->features;
	unsigned long i, n = options->one_seed ? 1 : options->runs / p->share;

	for (i = 1; i <= n; i++) {
		*current = options->one_seed ? options->seed : i;
		try(p, *current, features, &v);
	}
	if (v.failed == 0)
		printf("ok - %s (%lu runs)\n", p->name, v.runs);
	else
		printf("not ok - %s: %lu of %lu runs (--features 0x%x): %s\n",
		    p->name, v.failed, v.runs, features, v.first);
	return v.failed == 0;
}

static bool
check(const struct property *p, const struct options *options)
{
	uint64_t *current = mmap(NULL, sizeof(*current), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status = -1;
	pid_t child;

	if (current == MAP_FAILED)
		return false;
	fflush(NULL);
	child = fork();
	if (child == 0)
		exit(check_all(p, options, current) ? 0 : 3);
	if (child < 0 || waitpid(child, &status, 0) != child ||
	    !WIFEXITED(status) ||
	    (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != 3)) {
		printf("not ok - %s: crashed, seed %" PRIu64
		       " (--features 0x%x)\n",
		    p->name, *current,
		    options->features ? options->features : p->features);
		status = -1;
	}
	munmap(current, sizeof(*current));
	return status == 0;
}

static int
show(const struct options *options)
{
	struct sim_capture *c = sim_new(options->seed, options->features);
	FILE *file = options->dump != NULL ? fopen(options->dump, "wb") : NULL;
	int result = 0;

	if (c == NULL || (options->dump != NULL && file == NULL) ||
	    (file != NULL && sim_write(c, file) != 0))
		result = 2;
	if (file != NULL && fclose(file) != 0)
		result = 2;
	if (result == 0 && options->trace)
		outcome_trace(c);
	if (result != 0)
		perror("property");
	sim_free(c);
	return result;
}

static bool
parse(int argc, char **argv, struct options *o)
{
	int i;

	for (i = 1; i < argc; i++) {
		const char *next = i + 1 < argc ? argv[i + 1] : "";

		if (strcmp(argv[i], "--trace") == 0) {
			o->trace = true;
			continue;
		}
		if (argv[i][0] != '-') {
			o->runs = strtoul(argv[i], NULL, 0);
			continue;
		}
		if (strcmp(argv[i], "--seed") == 0) {
			o->one_seed = true;
			o->seed = strtoull(next, NULL, 0);
		} else if (strcmp(argv[i], "--features") == 0) {
			o->features = (unsigned)strtoul(next, NULL, 0);
		} else if (strcmp(argv[i], "--dump") == 0) {
			o->dump = next;
		} else {
			return false;
		}
		i++;
	}
	return true;
}

int
main(int argc, char **argv)
{
	struct options o = { .runs = 2000 };
	bool good = true;
	size_t i;

	if (!parse(argc, argv, &o)) {
		fprintf(stderr, "usage: property [--seed N] [--features X] "
				"[--dump FILE] [--trace] [RUNS]\n");
		return 2;
	}
	if (o.dump != NULL || o.trace) {
		if (o.features == 0)
			o.features = properties[0].features;
		return show(&o);
	}
	for (i = 0; i < sizeof(properties) / sizeof(properties[0]); i++)
		good &= check(&properties[i], &o);
	return good ? 0 : 1;
}
