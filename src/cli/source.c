/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "filter.h"
#include "interrupt.h"
#include "link_type.h"
#include "log.h"
#include "packet.h"
#include "unpack.h"

static const char try_again[] = "copy or download it again";

static int
open_path(const char *path)
{
	struct stat status;
	int fd;

	if (strcmp(path, "-") == 0)
		return STDIN_FILENO;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		log_error(path, "no such file: check the name");
	else if (fd < 0 && errno == EACCES)
		log_error(path, "permission denied: become a user who may read "
				"it");
	else if (fd < 0)
		log_error(path, "cannot be opened: %s: check the name",
		    strerror(errno));
	if (fd >= 0 && fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) {
		log_error(path, "is a directory: name the files in it");
		(void)close(fd);
		return -1;
	}
	return fd;
}

/* Captures and other things that libpcap does not read. */
static const struct {
	const char *name;
	size_t length;
	const char *magic;
	const char *remedy;
} foreign[] = {
#define EDITCAP "convert it with: editcap -F pcap FILE NEW.pcap"
	{ "a snoop capture", 5, "snoop", EDITCAP },
	{ "a Sniffer capture", 8, "TRSNIFF ", EDITCAP },
	{ "a Network Monitor capture", 4, "RTSS", EDITCAP },
	{ "a Network Monitor capture", 4, "GMBU", EDITCAP },
	{ "an ETL trace", 4, "\0\0\1\0", "convert it with etl2pcapng" },
	{ "a btsnoop capture", 7, "btsnoop", EDITCAP },
	{ "a ZIP archive", 4, "PK\3\4", "unpack it first" },
	{ "a 7-Zip archive", 6, "7z\274\257\47\34", "unpack it first" },
};

static void
refuse_foreign(const struct source *s, const char *why)
{
	const struct stream *in = &s->stream;

	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		if (in->head_length >= foreign[i].length &&
		    memcmp(in->head, foreign[i].magic, foreign[i].length) ==
			0) {
			log_error(s->name, "is %s, not pcap or pcapng: %s",
			    foreign[i].name, foreign[i].remedy);
			return;
		}
	}
	if (strstr(why, "unknown file format") != NULL || in->given < 24)
		log_error(s->name,
		    "is not a capture (%s): give a pcap or "
		    "pcapng file",
		    why);
	else
		log_error(s->name,
		    "the header of the capture cannot be used "
		    "(%s): write it anew with editcap",
		    why);
}

/* Everything but the first bytes of the capture itself is the stream's. */
static int
open_stream(struct source *s, int fd)
{
	const struct unpack_kind *kind;
	struct stream *in = &s->stream;

	if (fd == STDIN_FILENO && isatty(fd)) {
		in->fd = -1;
		log_error(s->name, "is a terminal: pipe a capture into it");
		return -1;
	}
	if (stream_open(in, fd) != 0) {
		log_error(s->name, "%s: check the disk", in->error);
		return -1;
	}
	if (in->head_length == 0) {
		log_error(s->name, "is empty: capture again, it must hold at "
				   "least the header of a capture");
		return -1;
	}
	kind = unpack_sniff(in->head, in->head_length);
	if (kind != NULL) {
		in->unpack = unpack_new(kind, in);
		if (in->unpack == NULL) {
			log_error(s->name, "%s: unpack it first", in->error);
			return -1;
		}
	}
	return 0;
}

static int
open_pcap(struct source *s)
{
	char why[PCAP_ERRBUF_SIZE] = "";

	s->file = stream_file(&s->stream);
	if (s->file == NULL) {
		log_error(s->name, "out of memory: give the machine more");
		return -1;
	}
	s->pcap = pcap_fopen_offline_with_tstamp_precision(
	    s->file, PCAP_TSTAMP_PRECISION_NANO, why);
	if (s->pcap != NULL) {
		s->link = link_type_number(pcap_datalink(s->pcap));
		s->file = NULL; /* pcap_close() closes it */
		if (s->stream.plain)
			savefile_open(&s->savefile, s->pcap, s->stream.fd,
			    s->stream.head);
		return 0;
	}
	if (s->stream.error[0] != '\0')
		log_error(s->name, "%s: %s", s->stream.error, try_again);
	else if (s->stream.given == 0)
		log_error(s->name, "is empty once unpacked: capture again");
	else
		refuse_foreign(s, why);
	return -1;
}

static int
set_filter(struct source *s, const char *filter)
{
	if (filter == NULL)
		return 0;
	if (filter_compile(s->pcap, s->name, filter, &s->filter) != 0)
		return -1;
	s->expression = filter;
	return 0;
}

int
source_open(struct source *s, const char *path, const char *filter)
{
	int fd;

	memset(s, 0, sizeof(*s));
	s->stream.fd = -1;
	s->name = strcmp(path, "-") == 0 ? "standard input" : path;
	fd = open_path(path);
	if (fd < 0)
		return -1;
	if (open_stream(s, fd) == 0 && open_pcap(s) == 0 &&
	    set_filter(s, filter) == 0)
		return 0;
	source_close(s);
	return -1;
}

/* What libpcap says when it stops in the middle, and what it means. */
static const struct {
	const char *sign, *meaning, *remedy;
} breaks[] = {
	{ "truncated", "ends in the middle of a packet",
	    "copy it again, or capture until the end" },
	{ "an interface has a type",
	    "holds interfaces of different link types, which cannot be read "
	    "together",
	    "for each interface N of type T (editcap -T lists them): tshark "
	    "-r FILE -Y frame.interface_id==N -w NEW.pcapng; editcap -F "
	    "nsecpcap -T T NEW.pcapng NEW.pcap" },
};

static enum source_result
explain_cut(struct source *s)
{
	const char *why = pcap_geterr(s->pcap);
	const char *meaning = NULL;

	s->remedy = try_again;
	if (s->stream.error[0] != '\0')
		meaning = s->stream.error;
	for (size_t i = 0;
	     meaning == NULL && i < sizeof(breaks) / sizeof(breaks[0]); i++) {
		if (strstr(why, breaks[i].sign) == NULL)
			continue;
		meaning = breaks[i].meaning;
		s->remedy = breaks[i].remedy;
	}
	if (meaning != NULL)
		(void)snprintf(s->cut, sizeof(s->cut),
		    "%s, at byte %" PRIu64 ", after packet %" PRIu64, meaning,
		    s->position, s->number);
	else
		(void)snprintf(s->cut, sizeof(s->cut),
		    "is damaged at byte %" PRIu64 ", after packet %" PRIu64
		    " (%s)",
		    s->position, s->number, why);
	return SOURCE_CUT;
}

/* How far it was read, in what is unpacked. */
static uint64_t
position_in(const struct source *s)
{
	uint64_t walked = savefile_position(&s->savefile);
	off_t position =
	    walked > 0 ? (off_t)walked : ftello(pcap_file(s->pcap));

	return position > 0 ? (uint64_t)position : s->stream.given;
}

static enum source_result
stop(struct source *s, int result)
{
	s->position = position_in(s);
	if (s->stream.interrupted) {
		(void)snprintf(s->cut, sizeof(s->cut),
		    "was interrupted after packet %" PRIu64, s->number);
		s->remedy = "run again and let it end";
		return SOURCE_CUT;
	}
	if (result == PCAP_ERROR_BREAK && s->stream.error[0] == '\0')
		return SOURCE_END;
	return explain_cut(s);
}

/* The filter for packets of a link type that is not the first one; NULL: there
 * is none, and the input ends here. */
static const struct bpf_program *
other_filter(struct source *s, int link)
{
	struct source_filter *f = s->other;
	pcap_t *pcap;
	int result;

	for (; f < s->other + s->others; f++)
		if (f->link == link)
			return &f->program;
	if (s->others == SOURCE_FILTERS)
		return NULL;
	pcap = pcap_open_dead(link_type_dlt(link), 262144);
	if (pcap == NULL)
		return NULL;
	result = filter_build(pcap, s->expression, &f->program);
	pcap_close(pcap);
	if (result != 0)
		return NULL;
	f->link = link;
	s->others++;
	return &f->program;
}

static const struct bpf_program *
find_filter(struct source *s)
{
	int link = pcapng_link(&s->stream.pcapng, s->number);

	return link < 0 || link == s->stream.pcapng.first_link
		   ? &s->filter
		   : other_filter(s, link);
}

/* Packets of a link type that the filter does not suit, or of too many. */
static enum source_result
refuse_link(struct source *s)
{
	s->position = position_in(s);
	(void)snprintf(s->cut, sizeof(s->cut),
	    "holds a link type that the filter does not suit, at packet "
	    "%" PRIu64,
	    s->number);
	s->remedy = "leave the filter out, or split the file by interface";
	return SOURCE_CUT;
}

int
source_link(const struct source *s)
{
	int link = pcapng_link(&s->stream.pcapng, s->number);

	return link >= 0 ? link : s->link;
}

/* libpcap goes on where the savefile was left. */
static bool
hand_over(struct source *s)
{
	uint64_t position = savefile_position(&s->savefile);

	if (position == 0)
		return true;
	savefile_close(&s->savefile);
	return fseeko(pcap_file(s->pcap), (off_t)position, SEEK_SET) == 0;
}

/* The next packet, whether the filter lets it through or not.  Returns what
 * pcap_next_ex() does. */
static int
read_packet(struct source *s, struct tcpaudit_packet *packet)
{
	struct pcap_pkthdr *header;
	const unsigned char *data;
	int result;

	if (savefile_next(&s->savefile, packet, 1) == 0) {
		if (!hand_over(s))
			return PCAP_ERROR;
		result = pcap_next_ex(s->pcap, &header, &data);
		if (result != 1)
			return result;
		packet_fill(packet, header, data, true);
	}
	packet->number = ++s->number;
	return 1;
}

static bool
passes(const struct bpf_program *filter, const struct tcpaudit_packet *packet)
{
	struct pcap_pkthdr header = { .caplen = packet->captured,
		.len = packet->length };

	return pcap_offline_filter(filter, &header, packet->data) != 0;
}

size_t
source_many(struct source *s, struct tcpaudit_packet *packets, size_t most)
{
	size_t count = 0;

	if (s->expression == NULL && !interrupt_seen())
		count = savefile_next(&s->savefile, packets, most);
	for (size_t i = 0; i < count; i++)
		packets[i].number = ++s->number;
	return count;
}

enum source_result
source_next(struct source *s, struct tcpaudit_packet *packet)
{
	const struct bpf_program *filter;

	if (s->stream.plain && interrupt_seen()) {
		s->stream.interrupted = true;
		return stop(s, PCAP_ERROR_BREAK);
	}
	for (;;) {
		int result = read_packet(s, packet);

		if (result != 1)
			return stop(s, result);
		if (s->expression == NULL)
			return SOURCE_PACKET;
		filter = find_filter(s);
		if (filter == NULL)
			return refuse_link(s);
		if (passes(filter, packet))
			return SOURCE_PACKET;
	}
}

uint64_t
source_read(const struct source *s)
{
	return s->stream.plain ? position_in(s) : s->stream.read;
}

uint64_t
source_size(const struct source *s)
{
	return s->stream.size;
}

int
source_snaplen(const struct source *s)
{
	uint32_t first = s->stream.pcapng.snaplen;
	int snaplen = pcap_snapshot(s->pcap);

	return first > 0 && first < (uint32_t)snaplen ? (int)first : snaplen;
}

void
source_close(struct source *s)
{
	if (s->expression != NULL)
		pcap_freecode(&s->filter);
	for (size_t i = 0; i < s->others; i++)
		pcap_freecode(&s->other[i].program);
	if (s->pcap != NULL)
		pcap_close(s->pcap);
	if (s->file != NULL)
		(void)fclose(s->file);
	savefile_close(&s->savefile);
	s->expression = NULL;
	s->others = 0;
	s->pcap = NULL;
	s->file = NULL;
	stream_close(&s->stream);
}
