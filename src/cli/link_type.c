/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "link_type.h"

#include <pcap/pcap.h>
#include <stdio.h>

/* DLT_ numbers differ between systems where the LINKTYPE_ number is fixed. */
static const struct {
	int dlt, number;
} differing[] = {
#ifdef DLT_ATM_RFC1483
	{ DLT_ATM_RFC1483, 100 },
#endif
	{ DLT_RAW, 101 },
#ifdef DLT_SLIP_BSDOS
	{ DLT_SLIP_BSDOS, 102 },
#endif
#ifdef DLT_PPP_BSDOS
	{ DLT_PPP_BSDOS, 103 },
#endif
	{ DLT_LOOP, 108 },
};

int
link_type_number(int dlt)
{
	for (size_t i = 0; i < sizeof(differing) / sizeof(differing[0]); i++) {
		if (differing[i].dlt == dlt)
			return differing[i].number;
	}
	return dlt;
}

int
link_type_dlt(int number)
{
	for (size_t i = 0; i < sizeof(differing) / sizeof(differing[0]); i++) {
		if (differing[i].number == number)
			return differing[i].dlt;
	}
	return number;
}

const char *
link_type_name(int dlt, char spare[16])
{
	const char *name = pcap_datalink_val_to_name(dlt);

	if (name != NULL)
		return name;
	(void)snprintf(spare, 16, "DLT %d", dlt);
	return spare;
}
