/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Where several engines share a capture, most packets that one of them is given
 * are of connections that another audits.  An ordinary one is recognised at a
 * glance, for a tenth of what decoding it costs. */
#ifndef GLANCE_H
#define GLANCE_H

#include <stdbool.h>

#include "segment.h"
#include "tcpaudit.h"

/* True: the packet is a TCP segment in Ethernet and IP as they usually are,
 * with its whole TCP header, no SYN-ACK, and falls in the shard of another
 * engine.  Then what counts whoever audits it is set in `out`, as
 * ta_decode_flow() would: flags, faults, lengths, what is cut, and whether it
 * was in fragments; nothing else is.  False says nothing. */
bool ta_glance(const struct tcpaudit_config *, int link_type,
    const struct tcpaudit_packet *packet, struct segment *out);

#endif
