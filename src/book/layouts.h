/*
 * book/layouts.h - the structs of portbook.h beside the members of the schemas.
 */
#ifndef BOOK_LAYOUTS_H
#define BOOK_LAYOUTS_H

#include "book/layout.h"

extern const struct layout layout_request, layout_holder;
extern const struct layout layout_entry, layout_listing, layout_released, layout_usages,
	layout_findings;

#endif
