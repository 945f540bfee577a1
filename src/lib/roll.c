/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "roll.h"

#include <string.h>

#include "tcpaudit.h"

void
ta_roll_init(struct roll *r, struct memory *memory)
{
	memset(r, 0, sizeof(*r));
	r->memory = memory;
}

void
ta_roll_clear(struct roll *r)
{
	for (size_t i = 0; i < r->engines; i++) {
		struct roll_engine *e = &r->engine[i];

		for (size_t k = 0; k < e->pages; k++)
			ta_release(r->memory, e->page[k], sizeof(**e->page));
		ta_release(r->memory, e->page, e->pages * sizeof(*e->page));
	}
	ta_release(r->memory, r->engine, r->engines * sizeof(*r->engine));
	ta_roll_init(r, r->memory);
}

/* Makes a list of `*count` things longer, so that it has number `wanted`. */
static void *
grow(struct memory *memory, void *list, size_t size, size_t *count,
    size_t wanted)
{
	size_t more = *count * 2 > wanted ? *count * 2 : wanted + 1;
	void *grown = ta_allocate(memory, more * size);

	if (grown == NULL)
		return NULL;
	if (*count > 0)
		memcpy(grown, list, *count * size);
	ta_release(memory, list, *count * size);
	*count = more;
	return grown;
}

static bool
has_engine(struct roll *r, uint32_t engine)
{
	void *grown;

	if (engine < r->engines)
		return true;
	grown =
	    grow(r->memory, r->engine, sizeof(*r->engine), &r->engines, engine);
	if (grown != NULL)
		r->engine = grown;
	return grown != NULL;
}

/* The page of a number, made if need be; NULL: no memory. */
static struct roll_page *
page_make(struct roll *r, struct roll_engine *e, uint64_t number)
{
	size_t i = (size_t)(number / ROLL_PAGE);
	void *grown;

	if (i >= e->pages) {
		grown =
		    grow(r->memory, e->page, sizeof(*e->page), &e->pages, i);
		if (grown == NULL)
			return NULL;
		e->page = grown;
	}
	if (e->page[i] == NULL)
		e->page[i] = ta_allocate(r->memory, sizeof(**e->page));
	return e->page[i];
}

/* The page that comes before that of `number`, if all of it have ended. */
static void
turn_page(struct roll *r, struct roll_engine *e, uint64_t number)
{
	size_t i = (size_t)(number / ROLL_PAGE) - 1;

	if (i >= e->pages || e->page[i] == NULL || e->page[i]->here > 0)
		return;
	ta_release(r->memory, e->page[i], sizeof(**e->page));
	e->page[i] = NULL;
}

int
ta_roll_begin(struct roll *r, uint32_t engine, uint64_t number, uint64_t id)
{
	struct roll_engine *e;
	struct roll_page *page;

	if (!has_engine(r, engine))
		return TCPAUDIT_ENOMEM;
	e = &r->engine[engine];
	if (number != e->begun + 1)
		return TCPAUDIT_EINVAL;
	e->begun = number;
	if (number % ROLL_PAGE == 0)
		turn_page(r, e, number);
	page = page_make(r, e, number);
	if (page == NULL)
		return TCPAUDIT_ENOMEM;
	page->id[number % ROLL_PAGE] = id;
	page->here++;
	return TCPAUDIT_OK;
}

/* The page of a number; NULL: all of it have ended. */
static struct roll_page **
page_of(const struct roll *r, uint32_t engine, uint64_t number)
{
	size_t i = (size_t)(number / ROLL_PAGE);

	if (!roll_has_begun(r, engine, number) || i >= r->engine[engine].pages)
		return NULL;
	return &r->engine[engine].page[i];
}

uint64_t
ta_roll_find(const struct roll *r, uint32_t engine, uint64_t number)
{
	struct roll_page *const *page = page_of(r, engine, number);

	return page != NULL && *page != NULL ? (*page)->id[number % ROLL_PAGE]
					     : 0;
}

bool
ta_roll_end(struct roll *r, uint32_t engine, uint64_t number)
{
	struct roll_page **page = page_of(r, engine, number);

	if (page == NULL || *page == NULL ||
	    (*page)->id[number % ROLL_PAGE] == 0)
		return false;
	(*page)->id[number % ROLL_PAGE] = 0;
	/* The last one stays: others will come into it. */
	if (--(*page)->here == 0 &&
	    number / ROLL_PAGE != r->engine[engine].begun / ROLL_PAGE) {
		ta_release(r->memory, *page, sizeof(**page));
		*page = NULL;
	}
	return true;
}
