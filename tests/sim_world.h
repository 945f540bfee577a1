/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Inside the simulator: the world, and the monitor in it. */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "sim_tcp.h"

enum { FRAMES = 400 };

/* One direction of one half of the path. */
struct way {
	int64_t delay, last;
	unsigned loss, duplicate, late; /* per cent */
	bool jitter;
};

struct event;

struct sim {
	uint64_t random, order;
	unsigned features;
	int64_t now;
	struct event *event; /* a heap: the earliest is the first */
	size_t events, room;
	bool no_memory;
	struct tcp tcp[2];
	struct way before[2], after[2]; /* by sender */
	int host;			/* where the monitor is; -1: between */
	uint32_t joined; /* size of the segments of the last frame */
	unsigned capture_loss;
	int reopened;
	uint32_t incarnation; /* newest that was captured */
	struct sim_capture *capture;
	struct sim_tamper *tamper; /* NULL: nobody does */
};

/* sim_monitor.c: a segment passes the monitor and is captured. */
void sim_record(struct sim *sim, const struct sim_segment *s);

#endif
