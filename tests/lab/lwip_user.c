/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The applications above lwIP's raw interface.  They act within lwIP's
 * callbacks, so the account is brought up to date before they do: the state
 * that the segment led to is not the one that the application then leads to. */
#include "lwip_end.h"

#include <string.h>

#include <lwip/timeouts.h>

static const char *const kinds[KINDS] = { "echo", "send", "half", "read",
	"close", "abort", "stall", "unread", "cross", "idle" };

static struct conn conns[CONN_MAX];
static unsigned conn_count;

enum kind
user_kind(const char *name)
{
	unsigned i;

	for (i = 0; i < KINDS && strcmp(name, kinds[i]); i++)
		;
	return i;
}

static void
conn_close(struct conn *c)
{
	struct tcp_pcb *pcb = c->pcb;

	/* With bytes not taken, lwIP resets (RFC 2525, 2.17) */
	if (c->held)
		account_cause(pcb, "rst-sent:unread");
	if (tcp_close(pcb) == ERR_OK)
		c->pcb = NULL;
}

/* Returns what a callback of lwIP has to return then. */
static err_t
conn_abort(struct conn *c)
{
	struct tcp_pcb *pcb = c->pcb;

	account_cause(pcb, "rst-sent:abort");
	c->pcb = NULL;
	tcp_abort(pcb);
	return ERR_ABRT;
}

static void
conn_pump(struct conn *c)
{
	static const char text[TCP_MSS] = { 'l', 'w', 'I', 'P' };
	u16_t room;

	while (c->pcb && c->to_send && (room = tcp_sndbuf(c->pcb)) > 0) {
		if (room > sizeof text)
			room = sizeof text;
		if (room > c->to_send)
			room = (u16_t)c->to_send;
		if (tcp_write(c->pcb, text, room, TCP_WRITE_FLAG_COPY))
			break;
		c->to_send -= room;
	}
	if (c->pcb && c->finished && !c->to_send) {
		if (c->kind != HALF)
			conn_close(c);
		else if (!(c->pcb->flags & TF_FIN))
			tcp_shutdown(c->pcb, 0, 1);
	}
	if (c->pcb)
		tcp_output(c->pcb);
}

static void
conn_take_again(void *arg)
{
	struct conn *c = arg;
	unsigned long n;

	c->taking = 1;
	for (; c->pcb && c->held; c->held -= n) {
		n = c->held < 0x8000 ? c->held : 0x8000;
		tcp_recved(c->pcb, (u16_t)n);
	}
}

static void
conn_close_later(void *arg)
{
	struct conn *c = arg;

	if (c->pcb)
		conn_close(c);
}

static err_t
conn_at_data(struct conn *c, u16_t length)
{
	int first = c->received == 0;

	c->received += length;
	c->held += length;
	if (c->kind != UNREAD && (c->kind != STALL || c->taking)) {
		c->held -= length;
		tcp_recved(c->pcb, length);
	}
	if (c->kind == ABORT && c->received >= c->arg[0])
		return conn_abort(c);
	if (c->kind == UNREAD && c->received >= c->arg[0]) {
		conn_close(c);
		return ERR_OK;
	}
	if (c->kind == STALL && first)
		sys_timeout((u32_t)c->arg[0], conn_take_again, c);
	if (c->kind == CROSS && first) {
		end_hold(2 * (u32_t)c->arg[0]);
		sys_timeout((u32_t)c->arg[0], conn_close_later, c);
	}
	if (c->kind == ECHO) {
		c->to_send += length;
		c->finished = c->received >= c->arg[0];
	}
	conn_pump(c);
	return ERR_OK;
}

static err_t
on_receive(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
	struct conn *c = arg;
	u16_t length;

	account_walk();
	if (p) {
		length = p->tot_len;
		pbuf_free(p);
		return err || !c->pcb ? ERR_OK : conn_at_data(c, length);
	}
	if (!c->pcb || c->pcb != pcb)
		return ERR_OK;
	if (c->kind == HALF && c->finished && !c->to_send) {
		conn_close(c);
		return ERR_OK;
	}
	if (c->kind == READ)
		c->to_send += c->arg[0];
	if (c->kind == HALF)
		c->kind = READ;
	if (c->kind == STALL && !c->taking)
		conn_take_again(c);
	c->finished = 1;
	conn_pump(c);
	return ERR_OK;
}

static err_t
on_sent(void *arg, struct tcp_pcb *pcb, u16_t length)
{
	(void)pcb;
	(void)length;
	conn_pump(arg);
	return ERR_OK;
}

/* lwIP has freed the control block already. */
static void
on_error(void *arg, err_t err)
{
	struct conn *c = arg;

	c->pcb = NULL;
	if (err == ERR_RST)
		account_cause(c->was, "rst-received");
	else if (err == ERR_CLSD)
		account_cause(c->was, "fin-acked");
}

static err_t
conn_begin(struct conn *c)
{
	switch (c->kind) {
	case SEND:
	case HALF:
		c->to_send = c->arg[0];
		c->finished = 1;
		break;
	case CLOSE:
		c->finished = 1;
		break;
	case ABORT:
		if (c->arg[0] == 0)
			return conn_abort(c);
		break;
	case IDLE:
		ip_set_option(c->pcb, SOF_KEEPALIVE);
		c->pcb->keep_idle = (u32_t)c->arg[0];
		c->pcb->keep_intvl = (u32_t)c->arg[1];
		c->pcb->keep_cnt = (u32_t)c->arg[2];
		break;
	default:
		break;
	}
	conn_pump(c);
	return ERR_OK;
}

err_t
user_connected(void *arg, struct tcp_pcb *pcb, err_t err)
{
	(void)pcb;
	account_walk();
	return err ? ERR_OK : conn_begin(arg);
}

struct conn *
user_new(struct tcp_pcb *pcb)
{
	struct conn *c;

	if (conn_count == CONN_MAX)
		return NULL;
	c = &conns[conn_count++];
	c->pcb = c->was = pcb;
	tcp_arg(pcb, c);
	return c;
}

void
user_wire(struct conn *c)
{
	tcp_recv(c->pcb, on_receive);
	tcp_sent(c->pcb, on_sent);
	tcp_err(c->pcb, on_error);
}

err_t
user_accept(void *arg, struct tcp_pcb *pcb, err_t err)
{
	const struct conn *listener = arg;
	struct conn *c;

	/* Half-open blocks without memory for them: lwIP tells with NULL */
	if (err || !pcb)
		return ERR_VAL;
	account_walk();
	c = user_new(pcb);
	if (!c)
		return ERR_MEM;
	c->kind = listener->kind;
	memcpy(c->arg, listener->arg, sizeof c->arg);
	user_wire(c);
	return conn_begin(c);
}
