/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The variables of RFC 9293, 3.3.1, after each packet, as the observer knows
 * them: what is sent, what is acknowledged, windows, holes, round trips. */
#include "engine.h"

#include "seq.h"
#include "talk.h"
#include "test.h"

#define HS TALK_HANDSHAKE

static struct talk k;
static const struct connection *live;
static const struct endpoint *client, *server;

/* More of the connection, and how it stands then. */
static void
more(const char *script)
{
	talk(&k, script);
	live = ta_flow_open(k.engine, k.engine->last_node)->live;
	client = &live->end[TCPAUDIT_CLIENT];
	server = &live->end[TCPAUDIT_SERVER];
}

/* The connection of `script`, before it ends. */
static void
begin(const char *script)
{
	talk_begin(&k);
	more(script);
}

static void
end(void)
{
	talk_finish(&k);
	talk_clear(&k);
}

/* A number of an endpoint's space as scripts count. */
static uint32_t
relative(int of, int64_t seq)
{
	return seq_raw(seq) - talk_isn[of];
}

#define C(seq) relative(TCPAUDIT_CLIENT, seq)
#define S(seq) relative(TCPAUDIT_SERVER, seq)

static void
test_handshake(void)
{
	begin("0 c S 0 0 0");
	CHECK(endpoint_knows(client, KNOWS_ISS | KNOWS_SENT));
	CHECK(C(client->iss) == 0 && C(client->max) == 1);
	CHECK(client->marks & SENT_SYN);
	CHECK(!endpoint_knows(client, KNOWS_ACK) &&
	      !endpoint_knows(server, KNOWS_SENT));
	more("10 s S. 0 1 0");
	CHECK(S(server->iss) == 0 && S(server->max) == 1);
	CHECK(server->marks & SENT_SYNACK && server->marks & SYNACK_GOOD);
	CHECK(endpoint_knows(server, KNOWS_ACK) && C(server->ack) == 1);
	CHECK(server->rtt == 10 * TALK_MS);
	more("3 c . 1 1 0");
	CHECK(S(client->ack) == 1 && client->rtt == 3 * TALK_MS);
	CHECK(client->flight == NULL && server->flight == NULL &&
	      "nothing is in flight");
	end();
	begin("0 c S 0 0 0;10 s S. 0 2 0");
	CHECK(server->marks & SYNACK_BAD && !(server->marks & SYNACK_GOOD));
	end();
}

/* The server's sequence space wraps within its first 70,000 octets. */
static void
test_wrap(void)
{
	char line[80];

	begin(HS);
	for (int i = 0; i < 160; i++) {
		snprintf(line, sizeof(line), "1 s P. %d 1 500;1 c . 1 %d 0",
		    1 + 500 * i, 501 + 500 * i);
		more(line);
	}
	CHECK(seq_raw(server->max) < seq_raw(server->iss) && "it has wrapped");
	CHECK(server->max - server->iss == 80001);
	CHECK(client->ack == server->max && S(server->contig) == 80001);
	CHECK(server->unique_bytes == 80000 && server->rtx_packets == 0);
	CHECK(server->gaps == NULL && server->flight == NULL);
	CHECK(k.findings == 1 && talk_found(&k, "DA11") != NULL &&
	      "it is noted, and nothing else");
	end();
}

static void
test_holes(void)
{
	begin(HS "1 c P. 1 1 100;1 c P. 201 1 100;1 c P. 401 1 100");
	CHECK(C(client->max) == 501 && C(client->contig) == 101);
	CHECK(client->gaps != NULL && client->gaps->count == 2);
	CHECK(client->unique_bytes == 300);
	more("1 c P. 101 1 100");
	CHECK(C(client->contig) == 301 && client->gaps->count == 1);
	CHECK(client->unique_bytes == 400);
	more("1 c P. 101 1 100");
	CHECK(client->unique_bytes == 400 && client->bytes == 500);
	CHECK(client->rtx_packets >= 1);
	more("1 s . 1 501 0");
	CHECK(client->gaps == NULL && C(client->contig) == 501 &&
	      "the peer has what was not seen");
	CHECK(client->unique_bytes == 400);
	CHECK(client->flight == NULL);
	end();
}

/* RFC 6298, 2: the first sample, and later ones. */
static void
test_round_trip(void)
{
	begin(HS "1 c P. 1 1 10;30 s . 1 11 0");
	CHECK(server->rtt == 10 * TALK_MS && "the least");
	more("1 c P. 11 1 10;4 s . 1 21 0");
	CHECK(server->rtt == 4 * TALK_MS);
	CHECK(server->srtt > 4 * TALK_MS && server->srtt < 30 * TALK_MS);
	/* Karn: not from what was sent twice. */
	more("1 c P. 21 1 10;299 c P. 21 1 10;1 s . 1 31 0");
	CHECK(server->rtt == 4 * TALK_MS);
	end();
}

static void
test_window(void)
{
	/* Shift of 7 for the client, 2 for the server (RFC 7323, 2.3). */
	begin("0 c S 0 0 0 w100 x01030307;10 s S. 0 1 0 w200 x01030302;"
	      "0 c . 1 1 0 w100");
	CHECK(connection_is(live, CONN_WSCALE));
	CHECK(client->shift == 7 && server->shift == 2);
	CHECK(server->window == 200 && C(server->edge) == 201 &&
	      "that of a SYN is never scaled");
	CHECK(client->window == 12800 && S(client->edge) == 12801);
	more("1 s . 1 1 0 w50");
	CHECK(server->window == 200);
	more("1 c . 1 1 0 w10");
	CHECK(client->window == 1280 && S(client->edge) == 12801 &&
	      S(client->edge_last) == 1281 && client->max_window == 12800 &&
	      "what was once allowed is kept");
	more("1 c . 1 1 0 w0");
	CHECK(client->marks & ZERO_WINDOW);
	more("1 c . 1 1 0 w1");
	CHECK(!(client->marks & ZERO_WINDOW));
	end();
	/* Only one offers it: no scaling either way. */
	begin("0 c S 0 0 0 w100 x01030307;10 s S. 0 1 0 w200;0 c . 1 1 0 w99");
	CHECK(client->shift == 0 && server->shift == 0);
	CHECK(client->window == 99);
	end();
	/* A shift above 14 counts as 14 (RFC 7323, 2.3). */
	begin("0 c S 0 0 0 x0103030f;10 s S. 0 1 0 x01030300;0 c . 1 1 0 w1");
	CHECK(client->shift == 14 && client->window == 1 << 14);
	end();
	/* No SYN was seen: the shift is not known, nor any edge. */
	begin("0 c P. 1 1 5;1 s . 1 6 0");
	CHECK(!connection_is(live, CONN_WSCALE));
	CHECK(!endpoint_knows(server, KNOWS_EDGE));
	end();
}

static void
test_close(void)
{
	begin(HS "1 c F. 1 1 50");
	CHECK(endpoint_knows(client, KNOWS_FIN) && C(client->fin) == 51 &&
	      "the FIN stands after the text");
	CHECK(C(client->max) == 52 && !(client->marks & FIN_ACKED));
	more("1 s . 1 51 0");
	CHECK(!(client->marks & FIN_ACKED) && server->t_acked_fin == 0);
	more("1 s . 1 52 0");
	CHECK(client->marks & FIN_ACKED &&
	      server->t_acked_fin == k.time + TIME_BIAS);
	CHECK(client->unique_bytes == 50);
	more("1 c F. 1 1 50");
	CHECK(C(client->fin) == 51 && C(client->max) == 52);
	CHECK(client->unique_bytes == 50);
	end();
}

/* Nobody sends by acknowledging: the numbers of a bare ACK move nothing, an
 * old ACK takes nothing back. */
static void
test_acks(void)
{
	begin(HS "1 c P. 1 1 100;1 s . 1 101 0;1 c P. 101 1 100");
	more("1 s . 1 51 0");
	CHECK(C(server->ack) == 101 && "an old one");
	more("1 s . 1 201 0");
	CHECK(C(server->ack) == 201 && C(server->ack_before) == 101);
	CHECK(S(server->max) == 1 && C(client->max) == 201);
	CHECK(server->t_ack == k.time + TIME_BIAS);
	end();
}

/* RFC 9293, 3.8.4: a keepalive is before what was sent, its octet is none. */
static void
test_keepalive(void)
{
	begin(HS "1 c P. 1 1 9;1 s . 1 10 0;900000 c . 9 1 1");
	CHECK(C(client->max) == 10 && client->unique_bytes == 9);
	CHECK(client->rtx_packets == 0 && client->keepalives == 1);
	more("1 s . 1 10 0");
	CHECK(client->keepalives == 0);
	end();
}

/* RFC 7413: text in a SYN counts from the number after the SYN. */
static void
test_fast_open(void)
{
	begin("0 c S 0 0 20 x220a01020304050607080101;10 s S. 0 21 0;0 c . 21 "
	      "1 0");
	CHECK(C(client->max) == 21 && client->bytes == 20);
	CHECK(client->marks & FASTOPEN_TAKEN);
	CHECK(C(server->ack) == 21);
	end();
	begin("0 c S 0 0 20 x220a01020304050607080101;10 s S. 0 1 0");
	CHECK(C(client->max) == 1 && "it was not taken");
	more("0 c P. 1 1 20");
	CHECK(C(client->max) == 21 && client->rtx_packets == 0);
	end();
}

int
main(void)
{
	test_handshake();
	test_wrap();
	test_holes();
	test_round_trip();
	test_window();
	test_close();
	test_acks();
	test_keepalive();
	test_fast_open();
	return test_done();
}
