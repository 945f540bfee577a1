/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Makes a capture to measure with: the same arguments make the same file. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "workload.h"

static const struct workload {
	const char *name, *about;
	void (*run)(const struct amount *, struct capture *);
	uint64_t connections, packets; /* unless others are asked for */
	uint32_t snaplen;
} workloads[] = {
	{ "web", "requests and answers, thousands at once", web_run, 200000, 0,
	    96 },
	{ "flood", "a SYN flood", flood_run, 0, 5000000, 96 },
	{ "elephants", "four long transfers with losses", elephants_run, 4,
	    1500000, 65535 },
	{ "many", "all open at once", many_run, 1000000, 0, 96 },
	{ "brief", "short ones that use their ports again", brief_run, 1000000,
	    0, 96 },
	{ "sick", "web, one of twenty with a defect", sick_run, 200000, 0, 96 },
};

#define COUNT (sizeof(workloads) / sizeof(workloads[0]))

static void
usage(FILE *to)
{
	size_t i;

	fprintf(to,
	    "usage: generate [OPTIONS] WORKLOAD FILE\n"
	    "      --seed N         another one of its kind [1]\n"
	    "      --connections N  so many connections\n"
	    "      --packets N      so many SYNs, or full segments\n"
	    "      --loss P         elephants: lost segments, in percent "
	    "[0.5]\n"
	    "      --snaplen N      octets of each packet that are kept\n"
	    "      --whole          keep all of them\n"
	    "      --rules          print which rules `sick` breaks\n"
	    "Workloads, and what they are made of by default:\n");
	for (i = 0; i < COUNT; i++) {
		const struct workload *w = &workloads[i];

		fprintf(to, "  %-10s %-40s %7" PRIu64 " %s\n", w->name,
		    w->about, w->packets > 0 ? w->packets : w->connections,
		    w->packets > 0 ? "packets" : "connections");
	}
}

/* A number up to `most`; ends the program if there is none. */
static uint64_t
number(const char *text, uint64_t most)
{
	char *end;
	unsigned long long value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno != 0 || *text < '0' || *text > '9' || *end != '\0' ||
	    value > most) {
		fprintf(stderr, "generate: bad number %s\n", text);
		exit(2);
	}
	return value;
}

static unsigned
millionths(const char *percent)
{
	char *end;
	double value = strtod(percent, &end);

	if (end == percent || *end != '\0' || !(value >= 0 && value <= 10)) {
		fprintf(stderr, "generate: bad share %s, 0 to 10\n", percent);
		exit(2);
	}
	return (unsigned)(value * 10000 + 0.5);
}

static const struct workload *
find(const char *name)
{
	size_t i;

	for (i = 0; i < COUNT; i++)
		if (strcmp(workloads[i].name, name) == 0)
			return &workloads[i];
	fprintf(stderr, "generate: no workload %s\n", name);
	exit(2);
}

static int
make(const struct workload *w, const char *file, struct amount amount,
    uint32_t snaplen)
{
	struct capture *capture;
	uint64_t count;

	if (amount.connections == 0)
		amount.connections = w->connections;
	if (amount.packets == 0)
		amount.packets = w->packets;
	capture = capture_open(file, snaplen > 0 ? snaplen : w->snaplen);
	if (capture == NULL)
		return 2;
	w->run(&amount, capture);
	count = capture_count(capture);
	if (!capture_close(capture))
		return 2;
	printf("%" PRIu64 " packets\n", count);
	return 0;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seed", required_argument, NULL, 'e' },
		{ "connections", required_argument, NULL, 'c' },
		{ "packets", required_argument, NULL, 'p' },
		{ "loss", required_argument, NULL, 'l' },
		{ "snaplen", required_argument, NULL, 's' },
		{ "whole", no_argument, NULL, 'w' },
		{ "rules", no_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct amount amount = { .seed = 1, .loss = 5000 };
	uint32_t snaplen = 0;
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'e')
			amount.seed = number(optarg, UINT64_MAX);
		else if (c == 'c')
			amount.connections = number(optarg, 100000000);
		else if (c == 'p')
			amount.packets = number(optarg, 1000000000);
		else if (c == 'l')
			amount.loss = millionths(optarg);
		else if (c == 's')
			snaplen = (uint32_t)number(optarg, 65535);
		else if (c == 'w')
			snaplen = 65535;
		else if (c == 'r')
			return sick_rules(), 0;
		else {
			usage(c == 'h' ? stdout : stderr);
			return c == 'h' ? 0 : 2;
		}
	}
	if (argc - optind != 2) {
		usage(stderr);
		return 2;
	}
	return make(find(argv[optind]), argv[optind + 1], amount, snaplen);
}
