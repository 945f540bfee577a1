/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The numbers of link types: libpcap's own and those of capture files. */
#ifndef LINK_TYPE_H
#define LINK_TYPE_H

/* The LINKTYPE_ number (tcpdump.org/linktypes.html) of a DLT_ number, which is
 * libpcap's on this system. */
int link_type_number(int dlt);

/* And back. */
int link_type_dlt(int number);

/* The name of a DLT_ number, such as "EN10MB"; "DLT 147" written to `spare` if
 * it has none. */
const char *link_type_name(int dlt, char spare[16]);

#endif
