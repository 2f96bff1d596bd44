#include "operations/file_formats.h"

#include <string.h>

/* clang-format off */
const struct file_format file_formats[] = {
	{ .name = "json", .ending = ".json", .whole = &book_json, .is_likely = book_json_is_likely },
	{ .name = "csv", .ending = ".csv", .whole = &book_csv, .is_likely = book_csv_is_likely },
	{ 0 },
};
/* clang-format on */

const struct file_format *file_format_named(const char *name)
{
	for (const struct file_format *f = file_formats; f->name; f++)
		if (!strcmp(f->name, name))
			return f;
	return NULL;
}

static bool ends_with(const char *file, const char *ending)
{
	size_t len = strlen(file), end = strlen(ending);

	return len > end && !strcmp(file + len - end, ending);
}

const struct file_format *file_format_guess(const char *bytes, size_t len, const char *file)
{
	for (const struct file_format *f = file_formats; f->name; f++)
		if (f->is_likely && f->is_likely(bytes, len))
			return f;
	for (const struct file_format *f = file_formats; f->name; f++)
		if (f->ending && ends_with(file, f->ending))
			return f;
	return NULL;
}

void file_formats_add(struct text *t, bool readable)
{
	const char *comma = "";

	for (const struct file_format *f = file_formats; f->name; f++)
		if (f->whole || (readable ? f->claims != NULL : f->write != NULL)) {
			text_addf(t, "%s%s", comma, f->name);
			comma = ", ";
		}
}
