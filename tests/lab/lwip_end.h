/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The parts of the laboratory's lwIP end; see lwip.c. */
#ifndef LWIP_END_H
#define LWIP_END_H

#include <stdio.h>

#include <lwip/priv/tcp_priv.h>

enum { CONN_MAX = 4096 };

enum kind {
	ECHO,  /* A: send back what comes, close after A bytes */
	SEND,  /* A: send A bytes and close */
	HALF,  /* A: send A bytes and shut down, read to the end, close */
	READ,  /* A: read to the end, send A bytes, close */
	CLOSE, /* close at once */
	ABORT, /* A: abort after A bytes have come */
	STALL, /* A: take nothing for A ms after the first byte, then as READ */
	UNREAD, /* A: close with A bytes not taken */
	CROSS,	/* A: at the first byte hold for 2 A ms, close after A ms */
	IDLE,	/* A B C: keepalive after A ms, each B ms, C times; as READ */
	KINDS
};

/* An application's end of a connection, or of a listener (then it is copied).
 */
struct conn {
	struct tcp_pcb *pcb; /* NULL once it is lwIP's alone */
	struct tcp_pcb *was; /* the same, to tell the account why it ended */
	enum kind kind;
	unsigned long arg[3];
	unsigned long received;
	unsigned long to_send;
	unsigned long held; /* taken from lwIP, its window not yet reopened */
	int taking;	    /* the stall is over */
	int finished;	    /* nothing will be added to what is to be sent */
};

/* Writes to `file`, of the end called `name`; both are borrowed. */
void account_begin(FILE *file, const char *name);

/* To be called whenever lwIP may have changed a state: writes what changed. */
void account_walk(void);

/* Why `pcb` is about to go, or has gone; the first word on it counts.  `cause`
 * is borrowed. */
void account_cause(const struct tcp_pcb *pcb, const char *cause);

/* lwIP sends a RST.  Addresses as lwIP has them, ports in host byte order. */
void account_reset(const ip4_addr_t *local, u16_t local_port,
    const ip4_addr_t *remote, u16_t remote_port);

/* Writes the states of those still there. */
void account_end(void);

/* Returns KINDS if there is none of that name. */
enum kind user_kind(const char *name);

/* An application for `pcb`, or NULL if there are too many; it is never freed.
 * Whoever asks for it sets its kind and arguments. */
struct conn *user_new(struct tcp_pcb *pcb);

/* Makes lwIP tell it what happens to its connection. */
void user_wire(struct conn *c);

/* Callbacks of lwIP: of a listener, and of a connection once established. */
err_t user_accept(void *arg, struct tcp_pcb *pcb, err_t err);
err_t user_connected(void *arg, struct tcp_pcb *pcb, err_t err);

/* Leaves what arrives in the device's queue for `ms` milliseconds. */
void end_hold(u32_t ms);

#endif
