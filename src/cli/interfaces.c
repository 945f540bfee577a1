/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <sys/socket.h>

#include "live.h"
#include "log.h"

static void
print_address(const struct sockaddr *address)
{
	char text[INET6_ADDRSTRLEN];
	const void *bytes = NULL;

	if (address == NULL)
		return;
	if (address->sa_family == AF_INET)
		bytes = &((const struct sockaddr_in *)(const void *)address)
			     ->sin_addr;
	if (address->sa_family == AF_INET6)
		bytes = &((const struct sockaddr_in6 *)(const void *)address)
			     ->sin6_addr;
	if (bytes != NULL &&
	    inet_ntop(address->sa_family, bytes, text, sizeof(text)) != NULL)
		(void)printf("  %s", text);
}

static void
print_interface(const pcap_if_t *interface)
{
	(void)printf("%-15s %s%s", interface->name,
	    (interface->flags & PCAP_IF_UP) != 0 ? "up" : "down",
	    (interface->flags & PCAP_IF_LOOPBACK) != 0 ? ", loopback" : "");
	for (const pcap_addr_t *a = interface->addresses; a != NULL;
	     a = a->next)
		print_address(a->addr);
	if (interface->description != NULL)
		(void)printf("  (%s)", interface->description);
	(void)printf("\n");
}

int
live_list(void)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	pcap_if_t *all;

	if (pcap_findalldevs(&all, why) != 0) {
		log_error("--list-interfaces", "%s: run as root", why);
		return 2;
	}
	for (const pcap_if_t *i = all; i != NULL; i = i->next)
		print_interface(i);
	if (all == NULL)
		log_warning("--list-interfaces", "none can be captured: run as "
						 "root");
	pcap_freealldevs(all);
	return 0;
}
