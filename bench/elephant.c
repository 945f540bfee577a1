/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "elephant.h"

#include <stdio.h>
#include <stdlib.h>

#include "receiver.h"
#include "sender.h"

#define NEVER	INT64_MAX
#define TIMEOUT (300 * MILLISECOND)

/* What is on its way: the queues are in the order of arrival. */
struct passage {
	int64_t time;
	uint64_t number; /* of the segment, or acknowledged */
	uint32_t stamp;
	unsigned count; /* of an acknowledgment */
	struct run run[MOST_BLOCKS];
};

struct queue {
	unsigned first, count;
	struct passage passage[2 * MOST_FLYING];
};

struct elephant {
	struct chance chance;
	struct calendar *seen;
	unsigned loss;
	struct talk talk;
	uint32_t begin; /* sequence number of the first segment */
	struct sender sender;
	struct receiver receiver;
	struct queue data, acks;
	int64_t delayed, timeout; /* the next of their kind; NEVER */
	int64_t link;		  /* free from then on */
};

static void *
need(void *memory)
{
	if (memory == NULL) {
		perror("generate");
		exit(2);
	}
	return memory;
}

static struct passage *
queue_put(struct queue *q)
{
	return &q->passage[(q->first + q->count++) % (2 * MOST_FLYING)];
}

static struct passage
queue_take(struct queue *q)
{
	struct passage p = q->passage[q->first];

	q->first = (q->first + 1) % (2 * MOST_FLYING);
	q->count--;
	return p;
}

static int64_t
queue_time(const struct queue *q)
{
	return q->count > 0 ? q->passage[q->first].time : NEVER;
}

static void
see(struct elephant *e, const struct segment *s, const struct sack *sack)
{
	struct sighting *sighting = need(malloc(sizeof(*sighting)));

	sighting->flow = &e->talk.flow;
	sighting->segment = *s;
	if (sack != NULL)
		sighting->sack = *sack;
	calendar_put(e->seen, s->time, sighting);
}

/* All that the talk has by now. */
static void
see_all(struct elephant *e)
{
	unsigned i;

	for (i = 0; i < e->talk.count; i++)
		see(e, &e->talk.segment[i], NULL);
	e->talk.count = 0;
}

/* ------------------------------------------------------------------ sender */

static void
send_one(struct elephant *e, uint64_t number, int64_t now)
{
	struct talk *t = &e->talk;
	struct side *side = &t->side[SERVER];
	uint32_t next = side->next;
	struct segment *s = talk_send(t, SERVER, now, ACK, FULL);
	/* The last window is not lost, so that it needs no timer. */
	bool lost = e->sender.next + MOST_FLYING < e->sender.total &&
		    chance_hit(&e->chance, e->loss);

	s->seq = e->begin + (uint32_t)number * FULL;
	if (number < e->sender.next)
		side->next = next;
	if (e->link < now)
		e->link = now;
	e->link += LINK_TIME;
	s->time = e->link + side->delay;
	sender_put(&e->sender, number, e->link);
	e->timeout = e->link + TIMEOUT;
	/* Three of ten losses happen before the monitor. */
	if (!lost || chance_hit(&e->chance, 700000))
		see(e, s, NULL);
	if (!lost)
		*queue_put(&e->data) =
		    (struct passage){ s->time + t->side[CLIENT].delay, number,
			    s->stamp, 0, { { 0, 0 } } };
	t->count = 0;
}

static void
send_more(struct elephant *e, int64_t now)
{
	uint64_t number;

	while (sender_choose(&e->sender, &number))
		send_one(e, number, now);
	if (e->sender.first < e->sender.total)
		return;
	e->timeout = NEVER;
	talk_close(&e->talk, SERVER, now, MILLISECOND);
	see_all(e);
}

/* ---------------------------------------------------------------- receiver */

static void
acknowledge(struct elephant *e, int64_t now)
{
	struct talk *t = &e->talk;
	struct receiver *r = &e->receiver;
	struct passage *p = queue_put(&e->acks);
	struct sack sack = { 0 };
	struct segment *s;
	unsigned i;

	t->side[CLIENT].expected = e->begin + (uint32_t)r->next * FULL;
	s = talk_send(t, CLIENT, now, ACK, 0);
	p->count = 0;
	for (i = 0; i < r->count && i < MOST_BLOCKS; i++) {
		p->run[p->count++] = r->run[i];
		sack.left[i] = e->begin + (uint32_t)r->run[i].left * FULL;
		sack.right[i] = e->begin + (uint32_t)r->run[i].right * FULL;
		sack.count++;
		s->extra |= SACKS;
	}
	see(e, s, &sack);
	p->time = s->time + t->side[SERVER].delay;
	p->number = r->next;
	p->stamp = s->stamp;
	r->unacked = 0;
	e->delayed = NEVER;
	t->count = 0;
}

static void
take_data(struct elephant *e, struct passage p)
{
	struct side *side = &e->talk.side[CLIENT];
	uint32_t seq = e->begin + (uint32_t)p.number * FULL;

	/* RFC 7323, 4.3. */
	if ((int32_t)(seq - side->acked) <= 0 &&
	    (int32_t)(p.stamp - side->recent) >= 0)
		side->recent = p.stamp;
	if (receiver_take(&e->receiver, p.number))
		acknowledge(e, p.time + 5 * MICROSECOND);
	else if (e->delayed == NEVER)
		e->delayed = p.time + ACK_DELAY;
}

static void
take_ack(struct elephant *e, struct passage p)
{
	e->talk.side[SERVER].recent = p.stamp;
	sender_take(&e->sender, p.number, p.run, p.count);
	e->timeout = p.time + TIMEOUT;
	send_more(e, p.time + 5 * MICROSECOND);
}

/* ------------------------------------------------------------- both of them */

struct elephant *
elephant_new(const struct amount *amount, uint64_t number, uint64_t segments,
    struct calendar *seen)
{
	struct elephant *e = need(calloc(1, sizeof(*e)));
	struct flow flow = crowd_flow(amount->seed, number);
	int64_t at = (int64_t)number * 300 * MILLISECOND, rtt;

	e->chance = chance_of(amount->seed, number);
	e->seen = seen;
	e->loss = amount->loss;
	rtt = chance_between(&e->chance, 20, 40) * MILLISECOND;
	talk_begin(&e->talk, &e->chance, &flow, at, rtt);
	at = talk_open(&e->talk, at);
	/* The window grew, as it does where the buffer is tuned. */
	e->talk.side[CLIENT].window = 8192;
	at = talk_text(&e->talk, CLIENT, at, 300, false);
	see_all(e);
	e->begin = e->talk.side[SERVER].next;
	e->sender.total = segments;
	e->sender.window = 10;
	e->sender.threshold = MOST_WINDOW * 0.8;
	e->delayed = e->timeout = NEVER;
	send_more(e, at + MILLISECOND);
	return e;
}

void
elephant_free(struct elephant *e)
{
	free(e);
}

int64_t
elephant_next(const struct elephant *e)
{
	int64_t next = queue_time(&e->data);

	if (queue_time(&e->acks) < next)
		next = queue_time(&e->acks);
	if (e->delayed < next)
		next = e->delayed;
	return e->timeout < next ? e->timeout : next;
}

void
elephant_step(struct elephant *e)
{
	int64_t now = elephant_next(e);

	if (now == queue_time(&e->acks)) {
		take_ack(e, queue_take(&e->acks));
	} else if (now == queue_time(&e->data)) {
		take_data(e, queue_take(&e->data));
	} else if (now == e->delayed) {
		acknowledge(e, now);
	} else {
		sender_expire(&e->sender);
		e->sender.recovering = true;
		e->sender.recovery = e->sender.next;
		send_more(e, now);
	}
}
