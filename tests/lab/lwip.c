/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * lwIP as one end of a laboratory connection, so that the habits of Linux are
 * not taken for the RFC's.  It is the truth of its own states: after each
 * segment, timer and call it walks lwIP's lists of control blocks and writes
 * what has changed, a JSON object a line.  What a single call passes through
 * (FIN-WAIT-1 to TIME-WAIT, say) is not seen; only what a block shows counts.
 *
 *     lwip TUN ADDRESS ACCOUNT [END]    commands on standard input, a line each
 *
 * Debian's library is built with threads (NO_SYS 0) and a core lock, but the
 * lock is only asked for once tcpip_init() has made the thread.  It is never
 * made here: one loop reads the device, runs the timers and obeys, so that
 * nothing happens between two looks at the lists.
 *
 *     listen PORT KIND [A [B [C]]]           unlisten PORT
 *     connect LOCALPORT ADDRESS PORT KIND [A [B [C]]]
 *     hold MS     leave what arrives in the device's queue
 *     deaf MS     lose it                    mute MS     lose what is sent
 *     lose IN OUT     of a thousand packets, so many at random
 *     sleep MS    obey nothing               count       pcbs, TIME-WAIT
 *     quit        (or end of input) write what is left, and end
 *
 * A command is answered by "ok ..." or "error ...".  See `enum kind` for KIND.
 */
#include "lwip_end.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <lwip/init.h>
#include <lwip/ip.h>
#include <lwip/netif.h>
#include <lwip/sys.h>
#include <lwip/timeouts.h>

enum { PACKET_MAX = 2048, LINE_LENGTH = 512, MTU = 1500, SKIPPED = 77 };

static int tun = -1;
static int lose_in, lose_out; /* of 1000 */
static u32_t hold_until, deaf_until, mute_until, sleep_until;

/* lwIP's clock wraps after 49 days. */
static int
before(u32_t until)
{
	return (s32_t)(until - sys_now()) > 0;
}

void
end_hold(u32_t ms)
{
	hold_until = sys_now() + ms;
}

/* The device. */

static int
tun_open(const char *name)
{
	struct ifreq request;
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);

	if (fd < 0)
		return -1;
	memset(&request, 0, sizeof request);
	request.ifr_flags = IFF_TUN | IFF_NO_PI;
	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	if (ioctl(fd, TUNSETIFF, &request) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* lwIP tells nobody of the RSTs that it sends. */
static void
tun_look(const unsigned char *packet, size_t length)
{
	const struct ip_hdr *ip = (const void *)packet;
	const struct tcp_hdr *tcp;
	ip4_addr_t local, remote;

	if (length < IP_HLEN + TCP_HLEN || IPH_PROTO(ip) != IP_PROTO_TCP)
		return;
	tcp = (const void *)(packet + IPH_HL_BYTES(ip));
	ip4_addr_copy(local, ip->src);
	ip4_addr_copy(remote, ip->dest);
	if (TCPH_FLAGS(tcp) & TCP_RST)
		account_reset(&local, lwip_ntohs(tcp->src), &remote,
		    lwip_ntohs(tcp->dest));
}

static err_t
tun_output(struct netif *netif, struct pbuf *p, const ip4_addr_t *next)
{
	_Alignas(4) unsigned char packet[PACKET_MAX];
	u16_t length = pbuf_copy_partial(p, packet, sizeof packet, 0);

	(void)netif;
	(void)next;
	tun_look(packet, length);
	/* What moves a block does so before it sends, and is to be in the
	 * account before the peer can answer */
	account_walk();
	if (before(mute_until) || rand() % 1000 < lose_out)
		return ERR_OK;
	return write(tun, packet, length) == length ? ERR_OK : ERR_BUF;
}

static err_t
tun_init(struct netif *netif)
{
	netif->name[0] = 't';
	netif->name[1] = 'n';
	netif->output = tun_output;
	netif->mtu = MTU;
	netif->flags |= NETIF_FLAG_LINK_UP;
	return ERR_OK;
}

static void
tun_input(struct netif *netif)
{
	_Alignas(4) unsigned char packet[PACKET_MAX];
	struct pbuf *p;
	ssize_t n;

	/* One at a time: the account looks after each */
	while (
	    !before(hold_until) && (n = read(tun, packet, sizeof packet)) > 0) {
		if (before(deaf_until) || rand() % 1000 < lose_in)
			continue;
		p = pbuf_alloc(PBUF_RAW, (u16_t)n, PBUF_RAM);
		if (!p)
			continue;
		pbuf_take(p, packet, (u16_t)n);
		if (netif->input(p, netif) != ERR_OK)
			pbuf_free(p);
		account_walk();
	}
}

/* The commands. */

/* Reads KIND [A [B [C]]], what strtok() has left.  Returns 0, or -1. */
static int
parse_user(struct conn *c)
{
	const char *word = strtok(NULL, " ");
	unsigned i;

	if (!word || (c->kind = user_kind(word)) == KINDS)
		return -1;
	for (i = 0; i < 3 && (word = strtok(NULL, " ")); i++)
		c->arg[i] = strtoul(word, NULL, 10);
	return 0;
}

static u16_t
parse_number(void)
{
	const char *word = strtok(NULL, " ");

	return word ? (u16_t)strtoul(word, NULL, 10) : 0;
}

static const char *
do_listen(void)
{
	struct tcp_pcb *pcb = tcp_new();
	u16_t port = parse_number();
	struct conn *c = user_new(pcb);

	if (!c || parse_user(c))
		return "listen PORT KIND [A [B [C]]]";
	if (tcp_bind(pcb, IP4_ADDR_ANY, port))
		return "port in use";
	pcb = tcp_listen(pcb);
	c->pcb = c->was = pcb;
	tcp_accept(pcb, user_accept);
	return NULL;
}

static const char *
do_unlisten(void)
{
	u16_t port = parse_number();
	struct tcp_pcb *pcb = tcp_listen_pcbs.pcbs;

	while (pcb && pcb->local_port != port)
		pcb = pcb->next;
	return pcb && tcp_close(pcb) == ERR_OK ? NULL : "no such listener";
}

static const char *
do_connect(void)
{
	struct tcp_pcb *pcb = tcp_new();
	u16_t local = parse_number();
	const char *address = strtok(NULL, " ");
	u16_t port = parse_number();
	struct conn *c = user_new(pcb);
	ip_addr_t remote;

	if (!c || !address || !ipaddr_aton(address, &remote) || parse_user(c))
		return "connect LOCALPORT ADDRESS PORT KIND [A [B [C]]]";
	/* So that a tuple can be used again at once, as with SO_REUSEADDR */
	ip_set_option(pcb, SOF_REUSEADDR);
	if (tcp_bind(pcb, IP4_ADDR_ANY, local))
		return "port in use";
	user_wire(c);
	if (tcp_connect(pcb, &remote, port, user_connected))
		return "cannot connect";
	return NULL;
}

static void
do_count(void)
{
	const struct tcp_pcb *pcb;
	unsigned active = 0, time_wait = 0;

	for (pcb = tcp_active_pcbs; pcb; pcb = pcb->next)
		active++;
	for (pcb = tcp_tw_pcbs; pcb; pcb = pcb->next)
		time_wait++;
	printf("ok %u %u\n", active, time_wait);
}

/* Returns 0 at the last command. */
static int
obey(char *line)
{
	const char *word = strtok(line, " ");
	const char *fault = NULL;

	if (!word || *word == '#')
		return 1;
	if (!strcmp(word, "quit"))
		return 0;
	if (!strcmp(word, "count")) {
		do_count();
		return 1;
	}
	if (!strcmp(word, "listen"))
		fault = do_listen();
	else if (!strcmp(word, "unlisten"))
		fault = do_unlisten();
	else if (!strcmp(word, "connect"))
		fault = do_connect();
	else if (!strcmp(word, "hold"))
		end_hold(parse_number());
	else if (!strcmp(word, "deaf"))
		deaf_until = sys_now() + parse_number();
	else if (!strcmp(word, "mute"))
		mute_until = sys_now() + parse_number();
	else if (!strcmp(word, "lose")) {
		lose_in = parse_number();
		lose_out = parse_number();
	} else if (!strcmp(word, "sleep"))
		sleep_until = sys_now() + parse_number();
	else
		fault = "no such command";
	if (fault)
		printf("error %s\n", fault);
	else
		puts("ok");
	return 1;
}

/* Obeys the whole lines read so far.  Returns 0 at the last one. */
static int
obey_input(int readable, int *at_end)
{
	static char buffer[LINE_LENGTH];
	static size_t used;
	char *end;
	ssize_t n;

	if (readable) {
		n = read(0, buffer + used, sizeof buffer - used);
		*at_end = n <= 0;
		used += n > 0 ? (size_t)n : 0;
	}
	while (!before(sleep_until) && (end = memchr(buffer, '\n', used))) {
		*end++ = '\0';
		if (!obey(buffer))
			return 0;
		account_walk();
		used -= (size_t)(end - buffer);
		memmove(buffer, end, used);
	}
	return !*at_end || before(sleep_until);
}

/* Milliseconds until something is due without anything arriving. */
static int
patience(void)
{
	u32_t ms = sys_timeouts_sleeptime();

	if (before(hold_until) || before(sleep_until))
		return 1;
	return ms > 100 ? 100 : (int)ms;
}

static void
run(struct netif *netif)
{
	struct pollfd fds[2];
	int at_end = 0, go_on = 1;

	while (go_on) {
		fds[0].fd = before(hold_until) ? -1 : tun;
		fds[1].fd = at_end || before(sleep_until) ? -1 : 0;
		fds[0].events = fds[1].events = POLLIN;
		poll(fds, 2, patience());
		sys_check_timeouts();
		account_walk();
		tun_input(netif);
		go_on = obey_input(fds[1].revents != 0, &at_end);
	}
}

int
main(int argc, char **argv)
{
	static struct netif netif;
	ip4_addr_t address, mask, none;
	FILE *account;

	if (argc < 4 || !ip4addr_aton(argv[2], &address)) {
		fputs("lwip TUN ADDRESS ACCOUNT [END]\n", stderr);
		return 2;
	}
	tun = tun_open(argv[1]);
	account = tun < 0 ? NULL : fopen(argv[3], "w");
	if (!account) {
		printf("SKIP: lwip: %s: %s\n", tun < 0 ? argv[1] : argv[3],
		    strerror(errno));
		return SKIPPED;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	setvbuf(account, NULL, _IOLBF, 0);
	account_begin(account, argc > 4 ? argv[4] : "server");
	lwip_init();
	IP4_ADDR(&mask, 255, 255, 255, 0);
	ip4_addr_set_zero(&none);
	netif_add(&netif, &address, &mask, &none, NULL, tun_init, ip_input);
	netif_set_default(&netif);
	netif_set_up(&netif);
	puts("ready");
	run(&netif);
	account_end();
	fclose(account);
	return 0;
}
