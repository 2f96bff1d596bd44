/*
 * fuzz/fuzz_render.h - what must be true of every format's splice.
 *
 * A fuzzer defines RENDER_FORMATS, the formats that it tries on each input.
 */
#ifndef FUZZ_FUZZ_RENDER_H
#define FUZZ_FUZZ_RENDER_H

#include "formats/render.h"
#include "fuzz.h"

static const struct port_value fuzz_ports[] = {
	{ .variable = "API_PORT", .port = 3101, .service = "api", .nth = 1 },
	{ .variable = "API_PORT", .port = 3101, .service = "api", .nth = 1 },
	{ .variable = "HMR_PORT", .port = 3103, .service = "hmr", .nth = 1 },
	{ .variable = "PREVIEW_PORT", .port = 3104, .service = "preview", .nth = 1 },
	{ .variable = "WEB_PORT", .port = 3100, .service = "web", .nth = 1 },
	{ .variable = "WEB_PORT_2", .port = 3102, .service = "web", .nth = 2 },
};

static const struct port_values fuzz_values = { .project = "shop",
						.environment = "dev",
						.instance = 1,
						.command = "make it",
						.items = fuzz_ports,
						.count = ARRAY_LEN(fuzz_ports) };

/* Doing it again changes nothing; what is refused says where, and nothing is left behind. */
static bool fuzz_splice(const char *format, const char *text, size_t size,
			const struct file_bytes *base, struct text *once)
{
	const struct render_format *f = render_format_named(format);
	const struct file_bytes old = { "f", text, size };
	CLEANUP(text_release) struct text twice = { 0 };
	struct err err = { 0 };

	if (!render_splice(f, &fuzz_values, &old, base, once, &err)) {
		MUST(err.code == ERR_INVALID && !strncmp(err.text, "f:", 2) && !once->len);
		return false;
	}

	const struct file_bytes again = { "f", text_str(once), once->len };

	MUST(render_splice(f, &fuzz_values, &again, base, &twice, &err));
	MUST(once->len == twice.len && !memcmp(text_str(once), text_str(&twice), once->len));
	return true;
}

#endif
