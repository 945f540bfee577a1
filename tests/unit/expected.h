/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What the unit test of the report expects, byte for byte. */
#ifndef EXPECTED_H
#define EXPECTED_H

static const char example_text[] =
    "third-ack-missing.pcap: 7 packets, 1 connection, 2026-11-21 10:00:00 UTC,"
    " 31.0 s\n"
    "\n"
    "WARNING handshake-missing-third-ack (likely)               "
    "RFC 9293 3.5, 3.10.7.3\n"
    "  #1  10.0.0.1:42252 > 10.0.0.2:80   10:00:00.010          "
    "ESTABLISHED? / SYN-RECEIVED\n"
    "      SYN-ACK (seq 9000) sent 6 times in 31.0 s; the client never "
    "acknowledged\n"
    "      it\n"
    "      expected ack 9001 from 10.0.0.1, seen none           packets 2-7\n"
    "\n";
static const char example_connection[] =
    "  #1  10.0.0.1:42252 > 10.0.0.2:80   10:00:00.000          "
    "handshake-timeout\n"
    "      client  SYN-SENT > ESTABLISHED?                      "
    "1 packet, 0 bytes\n"
    "      server  LISTEN > SYN-RECEIVED                        "
    "6 packets, 1,234 bytes\n"
    "\n";
static const char example_total[] =
    "0 errors, 1 warning, 0 notes in 1 connection\n";

#define CAPTURE_RECORD                                                         \
	"{\"type\":\"capture\",\"schema\":\"tcpaudit/1\",\"tool\":{\"name\":"  \
	"\"tcpaudit\",\"version\":\"" TCPAUDIT_VERSION "\"},\"input\":{"       \
	"\"file\":\"a.pcap\",\"link_type\":\"EN10MB\",\"snaplen\":262144,"     \
	"\"filter\":null}}"
#define FINDING_RECORD                                                         \
	"{\"type\":\"finding\",\"input\":\"a.pcap\",\"id\":1,\"rule\":"        \
	"\"handshake-missing-third-ack\",\"code\":\"HS01\",\"severity\":"      \
	"\"warning\",\"confidence\":\"likely\",\"connection\":1,\"client\":{"  \
	"\"address\":\"10.0.0.1\",\"port\":42252,\"state\":\"ESTABLISHED\","   \
	"\"possible_states\":[\"SYN-SENT\",\"ESTABLISHED\"]},\"server\":{"     \
	"\"address\":\"10.0.0.2\",\"port\":80,\"state\":\"SYN-RECEIVED\","     \
	"\"possible_states\":[\"SYN-RECEIVED\"]},\"endpoint\":\"client\","     \
	"\"packet\":2,\"packets\":[2,3,4,5,6,7],\"time\":"                     \
	"\"2026-11-21T10:00:00.010000000Z\",\"offset_ns\":10000000,"           \
	"\"message\":\"SYN-ACK (seq 9000) sent 6 times in 31.0 s; the client " \
	"never acknowledged it\",\"expected\":{\"ack\":9001},\"observed\":{"   \
	"\"seq\":9000,\"copies\":6,\"waited_ns\":31000000000},\"rfc\":[{"      \
	"\"rfc\":9293,\"section\":\"3.5\"},{\"rfc\":9293,\"section\":"         \
	"\"3.10.7.3\"}],\"xref\":{\"zeek\":\"S1\"},\"count\":1,"               \
	"\"last_packet\":2}"
#define CONNECTION_RECORD                                                      \
	"{\"type\":\"connection\",\"input\":\"a.pcap\",\"id\":1,"              \
	"\"community_id\":\"1:snqFOwpVI2WVt2zlRP5K+52N1j0=\",\"incarnation\":" \
	"1,\"client\":{"                                                       \
	"\"address\":\"10.0.0.1\",\"port\":42252,\"state\":\"ESTABLISHED\","   \
	"\"possible_states\":[\"SYN-SENT\",\"ESTABLISHED\"],\"certainty\":"    \
	"\"presumed\",\"path\":[\"SYN-SENT\",\"ESTABLISHED\"],\"isn\":1000,"   \
	"\"fin_seq\":null,\"packets\":1,\"bytes\":0,\"unique_bytes\":0,"       \
	"\"retransmitted_packets\":0,\"retransmitted_bytes\":0,"               \
	"\"out_of_order_packets\":0,\"zero_windows\":0,"                       \
	"\"duplicate_acks\":0,\"mss\":1460,"                                  \
	"\"window_scale\":null,\"sack_permitted\":true,\"timestamps\":false,"  \
	"\"min_rtt_ns\":null},\"server\":{\"address\":\"10.0.0.2\",\"port\":"  \
	"80,\"state\":\"SYN-RECEIVED\",\"possible_states\":"                   \
	"[\"SYN-RECEIVED\"],\"certainty\":\"certain\",\"path\":[\"LISTEN\","   \
	"\"SYN-RECEIVED\"],\"isn\":9000,\"fin_seq\":null,\"packets\":6,"       \
	"\"bytes\":1234,\"unique_bytes\":0,\"retransmitted_packets\":0,"       \
	"\"retransmitted_bytes\":0,\"out_of_order_packets\":0,"                \
	"\"zero_windows\":0,\"duplicate_acks\":0,\"mss\":null,"                \
	"\"window_scale\":null,"                                              \
	"\"sack_permitted\":null,\"timestamps\":null,\"min_rtt_ns\":"          \
	"10000000},\"first\":{\"packet\":1,\"time\":"                          \
	"\"2026-11-21T10:00:00.000000000Z\",\"offset_ns\":0},\"last\":{"       \
	"\"packet\":7,\"time\":\"2026-11-21T10:00:31.000000000Z\","            \
	"\"offset_ns\":31000000000},\"duration_ns\":31000000000,\"verdict\":"  \
	"\"handshake-timeout\",\"closed_by\":null,\"confidence\":\"likely\","  \
	"\"pending\":[],\"lossy\":false,\"midstream\":false,\"findings\":{"    \
	"\"error\":0,\"warning\":1,\"note\":0,\"capture\":0},\"zeek\":{"       \
	"\"conn_state\":\"S1\",\"history\":\"Sh\"},\"wireshark\":{"            \
	"\"completeness\":3}}"
#define TRANSITION_RECORD                                                      \
	"{\"type\":\"transition\",\"input\":\"a.pcap\",\"connection\":1,"      \
	"\"endpoint\":\"server\",\"from\":\"LISTEN\",\"to\":\"SYN-RECEIVED\"," \
	"\"packet\":2,\"time\":\"2026-11-21T10:00:00.010000000Z\","            \
	"\"offset_ns\":10000000,\"trigger\":\"sent\",\"certainty\":"           \
	"\"certain\"}"
#define SUMMARY_RECORD                                                         \
	"{\"type\":\"summary\",\"packets\":7,\"tcp_packets\":7,\"skipped\":{}" \
	",\"truncated\":0,\"connections\":1,\"verdicts\":{"                    \
	"\"handshake-timeout\":1},\"findings\":{\"error\":{},\"warning\":{"    \
	"\"handshake-missing-third-ack\":1},\"note\":{},\"capture\":{}},"      \
	"\"kernel_dropped\":0,\"interface_dropped\":0,\"evicted_flows\":0,"    \
	"\"duration_ns\":31000000000,\"uncounted_findings\":0}"

#endif
