/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* TCP options.  The first one whose length makes no sense ends the reading:
 * where the next one begins is not known.  Values of options that are not well
 * formed are not taken. */
#include "decode_layer.h"

enum {
	KIND_END = 0,
	KIND_NOP = 1,
	KIND_MSS = 2,
	KIND_WSCALE = 3,
	KIND_SACK = 5,
	KIND_TIMESTAMPS = 8,
	KIND_UTO = 28,
	KIND_MPTCP = 30,
	KIND_FASTOPEN = 34,
	KIND_EXPERIMENT_1 = 253,
	KIND_EXPERIMENT_2 = 254
};

enum {
	OPTIONS_BEGIN = 20,
	OPTIONS_MAX = 40,
	EXID_FASTOPEN = 0xf989,
	MP_TCPRST = 8
};

/* Sets of lengths, bit n for length n. */
#define LENGTH(n)	  (UINT64_C(1) << (n))
#define LENGTHS(from, to) ((LENGTH(to) << 1) - LENGTH(from))
#define ANY		  LENGTHS(2, OPTIONS_MAX)

/* Cookies of 4 to 16 octets, even (RFC 7413, 4.1.1), after `n` octets. */
#define COOKIES(n)                                                             \
	(LENGTH((n) + 4) | LENGTH((n) + 6) | LENGTH((n) + 8) |                 \
	    LENGTH((n) + 10) | LENGTH((n) + 12) | LENGTH((n) + 14) |           \
	    LENGTH((n) + 16))

struct option_format {
	uint64_t lengths; /* legal ones; 0: the kind is not assigned */
	uint32_t option;  /* OPTION_*; 0: legal, and of no interest */
};

/* The kinds that are assigned (IANA, TCP Option Kind Numbers).
 * clang-format off */
static const struct option_format formats[256] = {
	[KIND_MSS] = { LENGTH(4), OPTION_MSS },
	[KIND_WSCALE] = { LENGTH(3), OPTION_WSCALE },
	[4] = { LENGTH(2), OPTION_SACK_PERMITTED },
	[KIND_SACK] = { LENGTH(10) | LENGTH(18) | LENGTH(26) | LENGTH(34),
	    OPTION_SACK },
	[6] = { ANY, OPTION_OBSOLETE },
	[7] = { ANY, OPTION_OBSOLETE },
	[KIND_TIMESTAMPS] = { LENGTH(10), OPTION_TIMESTAMPS },
	[9] = { ANY, OPTION_OBSOLETE },
	[10] = { ANY, OPTION_OBSOLETE },
	[11] = { ANY, OPTION_OBSOLETE },
	[12] = { ANY, OPTION_OBSOLETE },
	[13] = { ANY, OPTION_OBSOLETE },
	[14] = { ANY, OPTION_OBSOLETE },
	[15] = { ANY, OPTION_OBSOLETE },
	[16] = { ANY, 0 }, /* Skeeter */
	[17] = { ANY, 0 }, /* Bubba */
	[18] = { ANY, 0 }, /* trailer checksum */
	[19] = { LENGTH(18), OPTION_MD5 },
	[20] = { ANY, 0 }, /* SCPS */
	[21] = { ANY, 0 }, /* selective NAK */
	[22] = { ANY, 0 }, /* record boundaries */
	[23] = { ANY, 0 }, /* corruption */
	[24] = { ANY, 0 }, /* SNAP */
	[26] = { ANY, 0 }, /* compression */
	[27] = { ANY, 0 }, /* Quick-Start */
	[KIND_UTO] = { LENGTH(4), OPTION_UTO },
	[29] = { LENGTHS(4, OPTIONS_MAX), OPTION_AO },
	[KIND_MPTCP] = { LENGTHS(3, OPTIONS_MAX), OPTION_MPTCP },
	[KIND_FASTOPEN] = { LENGTH(2) | COOKIES(2), OPTION_FASTOPEN },
	[69] = { ANY, 0 }, /* ENO */
	[172] = { ANY, OPTION_ACCECN },
	[174] = { ANY, OPTION_ACCECN },
	[KIND_EXPERIMENT_1] = { ANY, OPTION_EXPERIMENTAL },
	[KIND_EXPERIMENT_2] = { ANY, OPTION_EXPERIMENTAL },
};

/* Multipath TCP by subtype (RFC 8684, 3; RFC 6824 where it differs). */
static const uint64_t multipath[16] = {
	/* MP_CAPABLE */
	[0] = LENGTH(4) | LENGTH(12) | LENGTH(20) | LENGTH(22) | LENGTH(24),
	/* MP_JOIN */
	[1] = LENGTH(12) | LENGTH(16) | LENGTH(24),
	/* DSS: acknowledgment of 0, 4 or 8 octets, mapping of 0 to 16 */
	[2] = LENGTH(4) | LENGTH(8) | LENGTH(12) | LENGTH(14) | LENGTH(16) |
	      LENGTH(18) | LENGTH(20) | LENGTH(22) | LENGTH(24) | LENGTH(26) |
	      LENGTH(28),
	/* ADD_ADDR */
	[3] = LENGTH(8) | LENGTH(10) | LENGTH(16) | LENGTH(18) | LENGTH(20) |
	      LENGTH(22) | LENGTH(28) | LENGTH(30),
	/* REMOVE_ADDR */
	[4] = LENGTHS(4, OPTIONS_MAX),
	/* MP_PRIO */
	[5] = LENGTH(3) | LENGTH(4),
	/* MP_FAIL */
	[6] = LENGTH(12),
	/* MP_FASTCLOSE */
	[7] = LENGTH(12),
	/* MP_TCPRST */
	[8] = LENGTH(4),
};
/* clang-format on */

/* What has been read of a header. */
struct option_reader {
	struct segment *segment;
	uint64_t kinds[4];		      /* bit per kind seen */
	uint32_t experiment[OPTIONS_MAX / 2]; /* kind and ExID */
	unsigned experiments;
};

/* Records a fault; where it is, for the first one only. */
static void
fault(struct segment *s, uint32_t what, uint8_t kind, uint8_t length, size_t at)
{
	if ((s->faults &
		~(uint32_t)(FAULT_OFFSET_SMALL | FAULT_OFFSET_OVERRUN)) == 0) {
		s->fault_kind = kind;
		s->fault_length = length;
		s->fault_offset = (uint8_t)at;
	}
	s->faults |= what;
}

/* Whether the kind has been there before.  One experimental kind serves many
 * experiments, which their first two octets tell apart (RFC 6994), and one
 * segment may have several Multipath options. */
static bool
seen_before(struct option_reader *r, const struct bytes *option)
{
	uint8_t kind = bytes_u8(option, 0);
	uint64_t bit = UINT64_C(1) << (kind & 63);
	bool before = (r->kinds[kind >> 6] & bit) != 0;
	uint32_t id;

	r->kinds[kind >> 6] |= bit;
	if (kind == KIND_MPTCP)
		return false;
	if (kind != KIND_EXPERIMENT_1 && kind != KIND_EXPERIMENT_2)
		return before;
	id = (uint32_t)kind << 16 | bytes_u16(option, 2);
	for (unsigned i = 0; i < r->experiments; i++)
		if (r->experiment[i] == id)
			return true;
	r->experiment[r->experiments++] = id;
	return false;
}

/* The legal lengths of an option and which one it is. */
static struct option_format
format_of(const struct bytes *option)
{
	uint8_t kind = bytes_u8(option, 0);
	struct option_format format = formats[kind];
	uint8_t subtype = bytes_u8(option, 2) >> 4;

	if (format.lengths == 0)
		return (struct option_format){ ANY, OPTION_UNKNOWN };
	if (kind == KIND_MPTCP && multipath[subtype] != 0)
		format.lengths = multipath[subtype];
	/* Before kind 34 was assigned (RFC 7413, 4.1.1). */
	if (kind == KIND_EXPERIMENT_2 &&
	    bytes_u16(option, 2) == EXID_FASTOPEN) {
		format.lengths = LENGTH(4) | COOKIES(4);
		format.option = OPTION_FASTOPEN;
	}
	return format;
}

/* The first option of those that are only noted. */
static void
option_note(struct segment *s, const struct bytes *option, uint32_t which)
{
	uint8_t kind = bytes_u8(option, 0);

	if (which == OPTION_OBSOLETE)
		s->obsolete_kind = kind;
	if (which == OPTION_UNKNOWN)
		s->unknown_kind = kind;
	if (which == OPTION_EXPERIMENTAL) {
		s->experimental_kind = kind;
		s->experiment = bytes_u16(option, 2);
	}
}

/* Takes `n` octets of SACK blocks. */
static void
sack_take(struct segment *s, const uint8_t *p, size_t n)
{
	s->sack_count = (uint8_t)(n / 8);
	for (size_t i = 0; i < s->sack_count; i++) {
		s->sack[i].left = bytes_load32(p + 8 * i);
		s->sack[i].right = bytes_load32(p + 8 * i + 4);
	}
}

static inline void
timestamps_take(struct segment *s, const uint8_t *p)
{
	s->tsval = bytes_load32(p);
	s->tsecr = bytes_load32(p + 4);
}

/* Takes the values of a well-formed option. */
static void
option_take(struct segment *s, const struct bytes *option, uint32_t which)
{
	uint8_t kind = bytes_u8(option, 0);
	size_t n = bytes_left(option);

	if ((s->options & which) == 0)
		option_note(s, option, which);
	s->options |= which;
	switch (which) {
	case OPTION_MSS:
		s->mss = bytes_u16(option, 2);
		break;
	case OPTION_WSCALE:
		s->window_scale = bytes_u8(option, 2);
		break;
	case OPTION_SACK:
		sack_take(s, option->p + 2, n - 2);
		break;
	case OPTION_TIMESTAMPS:
		timestamps_take(s, option->p + 2);
		break;
	case OPTION_UTO:
		s->user_timeout = bytes_u16(option, 2);
		break;
	case OPTION_ACCECN:
		s->accecn_length = (uint8_t)n;
		break;
	case OPTION_MPTCP:
		s->mptcp_subtypes |= 1u << (bytes_u8(option, 2) >> 4);
		if (bytes_u8(option, 2) >> 4 == MP_TCPRST)
			s->mptcp_reason = bytes_u8(option, 3);
		break;
	case OPTION_FASTOPEN:
		s->fastopen_length =
		    (uint8_t)(n - (kind == KIND_FASTOPEN ? 2 : 4));
		break;
	default:
		break;
	}
}

/* One option, wholly there, that begins `at` octets into the header.  Returns
 * whether to go on. */
static bool
option_read(struct option_reader *r, const struct bytes *option, size_t at)
{
	struct segment *s = r->segment;
	struct option_format format = format_of(option);
	uint8_t kind = bytes_u8(option, 0);
	uint8_t length = (uint8_t)bytes_left(option);

	if ((format.lengths >> length & 1) == 0) {
		fault(s, FAULT_OPTION_LENGTH, kind, length, at);
		return false;
	}
	if (seen_before(r, option))
		fault(s, FAULT_OPTION_TWICE, kind, length, at);
	option_take(s, option, format.option);
	return true;
}

/* The padding after the end of options is zero (RFC 9293, 3.1, MUST-69). */
static void
padding_read(struct segment *s, const struct bytes *b, size_t at, size_t header)
{
	for (; at < header; at++) {
		if (bytes_u8(b, at) != 0) {
			fault(s, FAULT_OPTION_PADDING, KIND_END, 0, at);
			return;
		}
	}
}

/* Reads the options one after the other, from the one that begins `at` octets
 * into the header.  Where the capture ends inside one, it and those that follow
 * are unknown, which s->header_cut says. */
static void
options_walk(
    struct option_reader *r, const struct bytes *b, size_t at, size_t header)
{
	size_t have = bytes_left(b);
	struct bytes option;
	uint8_t kind, length;

	while (at < header && at < have) {
		kind = bytes_u8(b, at);
		length = bytes_u8(b, at + 1);
		if (kind == KIND_NOP) {
			r->segment->option_padding++;
			at++;
			continue;
		}
		if (kind == KIND_END) {
			r->segment->option_padding += (uint8_t)(header - at);
			padding_read(r->segment, b, at + 1, header);
			return;
		}
		if (at + 1 == header) {
			fault(r->segment, FAULT_OPTION_OVERRUN, kind, 0, at);
			return;
		}
		if (at + 1 == have)
			return;
		if (length < 2) {
			fault(r->segment, FAULT_OPTION_ZERO, kind, length, at);
			return;
		}
		if (at + length > header) {
			fault(
			    r->segment, FAULT_OPTION_OVERRUN, kind, length, at);
			return;
		}
		if (at + length > have)
			return;
		option = (struct bytes){ b->p + at, b->p + at + length };
		if (!option_read(r, &option, at))
			return;
		at += length;
	}
}

/* ---------------------------------------------------------- the usual ones */

/* Systems put options together so that each begins, with what pads it, at a
 * word: these are such words.  What does not is left to options_walk(). */
enum {
	WORD_MSS = 0x0204,	/* the upper half */
	WORD_WSCALE = 0x010303, /* the upper three octets */
	WORD_PERMITTED = 0x01010402,
	WORD_PERMITTED_TIMESTAMPS = 0x0402080a,
	WORD_TIMESTAMPS = 0x0101080a, /* RFC 7323, appendix A */
	WORD_SACK = 0x01010500	      /* and its length */
};

/* Which options begin with the word at `p`; 0: they are not usual.  `*n`
 * becomes their length, which is right, and `*padding` what pads them. */
static inline uint32_t
usual_options(const uint8_t *p, size_t *n, uint8_t *padding)
{
	uint32_t word = bytes_load32(p);

	*n = 4;
	*padding = 0;
	if (word >> 16 == WORD_MSS)
		return OPTION_MSS;
	*n = 12;
	if (word == WORD_PERMITTED_TIMESTAMPS)
		return OPTION_SACK_PERMITTED | OPTION_TIMESTAMPS;
	*padding = 2;
	if (word == WORD_TIMESTAMPS)
		return OPTION_TIMESTAMPS;
	*n = 4;
	if (word == WORD_PERMITTED)
		return OPTION_SACK_PERMITTED;
	*padding = 1;
	if (word >> 8 == WORD_WSCALE)
		return OPTION_WSCALE;
	*padding = 2;
	*n = p[3] + 2u;
	if ((word & ~UINT32_C(0xff)) == WORD_SACK && p[3] <= OPTIONS_MAX &&
	    (formats[KIND_SACK].lengths >> p[3] & 1) != 0)
		return OPTION_SACK;
	return 0;
}

/* Reads options while they are usual; returns where the next one begins. */
static size_t
usual_walk(struct segment *s, const uint8_t *p, size_t header)
{
	size_t at = OPTIONS_BEGIN, n;
	uint32_t which;
	uint8_t padding;

	for (; at < header; at += n) {
		which = usual_options(p + at, &n, &padding);
		/* Not one of them again, which is a fault. */
		if (which == 0 || n > header - at || (s->options & which) != 0)
			break;
		s->options |= which;
		s->option_padding += padding;
		if (which == OPTION_MSS)
			s->mss = bytes_load16(p + at + 2);
		else if (which == OPTION_WSCALE)
			s->window_scale = p[at + 3];
		else if (which == OPTION_SACK)
			sack_take(s, p + at + 4, n - 4);
		else if (which & OPTION_TIMESTAMPS)
			timestamps_take(s, p + at + 4);
	}
	return at;
}

/* The kinds of the usual options that were read, a bit for each. */
static uint64_t
usual_kinds(const struct segment *s)
{
	uint64_t kinds = 0;

	for (unsigned kind = KIND_MSS; kind <= KIND_TIMESTAMPS; kind++)
		if (s->options & formats[kind].option)
			kinds |= UINT64_C(1) << kind;
	return kinds;
}

void
ta_options_read_from(
    struct segment *s, const struct bytes *b, uint32_t header, size_t at)
{
	struct option_reader r;

	r.segment = s;
	memset(r.kinds, 0, sizeof(r.kinds));
	r.kinds[0] = usual_kinds(s);
	r.experiments = 0;
	options_walk(&r, b, at, header);
}

void
ta_options_read(struct segment *s, const struct bytes *b, uint32_t header)
{
	const uint8_t *p = bytes_first(b, header);
	size_t at = OPTIONS_BEGIN;

	if (p != NULL)
		at = usual_walk(s, p, header);
	if (at < header)
		ta_options_read_from(s, b, header, at);
}
