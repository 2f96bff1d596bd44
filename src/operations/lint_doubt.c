#include "operations/lint_doubt.h"

#include <string.h>

/* Of the file at hand: which port is to go where this one is put. */
struct replaced {
	unsigned file; /* as the next; from 1 */
	uint16_t port;
	bool differs;
};

static int64_t instead_of(const json_t *row)
{
	return json_bool_of(row, "fixable")
		       ? json_int_of(json_object_get(row, "instead"), "port", 0)
		       : 0;
}

static void note_replaced(struct replaced *all, const json_t *row, unsigned file)
{
	struct replaced *r = &all[instead_of(row)];
	uint16_t port = (uint16_t)json_int_of(row, "port", 0);

	if (r->file != file)
		*r = (struct replaced){ .file = file, .port = port };
	r->differs |= r->port != port;
}

/* The file of the finding at `i` ends before the one that is returned. */
static size_t end_of_file(const json_t *findings, size_t i)
{
	const char *file = json_text_of(json_array_get(findings, i), "file");

	while (i < json_array_size(findings) &&
	       !strcmp(json_text_of(json_array_get(findings, i), "file"), file))
		i++;
	return i;
}

bool lint_doubt_doubles(json_t *findings, struct arena *arena, struct err *err)
{
	struct replaced *all = arena_alloc(arena, (UINT16_MAX + 1) * sizeof(*all));
	unsigned file = 0;

	if (!all)
		return fail_memory(err);
	for (size_t i = 0, end; i < json_array_size(findings); i = end) {
		end = end_of_file(findings, i);
		file++;
		for (size_t k = i; k < end; k++)
			note_replaced(all, json_array_get(findings, k), file);
		for (size_t k = i; k < end; k++) {
			json_t *row = json_array_get(findings, k);

			if (all[instead_of(row)].differs && !json_put_bool(row, "fixable", false))
				return fail_memory(err);
		}
	}
	return true;
}
