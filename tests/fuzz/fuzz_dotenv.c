/* Splicing changes our values and nothing else, and doing it again changes nothing. */
#include "formats/dotenv.h"
#include "formats/render_rows.h"
#include "formats/scan.h"
#include "fuzz.h"

static const struct port_value vars[] = { { .variable = "WEB_PORT", .port = 3100 },
					  { .variable = "API_PORT", .port = 3101 },
					  { .variable = "A", .port = 65535 } };
static const struct port_values values = { .items = vars, .count = ARRAY_LEN(vars) };

/* The value of our variable that comes at `*nth` in the file; 0: another's. */
static bool is_ours(const char *text, const struct dotenv_item *item, unsigned *ret_port)
{
	for (size_t i = 0; i < ARRAY_LEN(vars); i++)
		if (item->name_len == strlen(vars[i].variable) &&
		    !memcmp(text + item->name, vars[i].variable, item->name_len)) {
			*ret_port = vars[i].port;
			return true;
		}
	return false;
}

static void check_items(const struct text *text)
{
	struct dotenv d = { text_str(text), text->len };
	struct dotenv_item item;
	unsigned port, ours = 0;

	while (dotenv_next(&d, &item)) {
		char value[16];

		MUST(item.name + item.name_len <= text->len);
		MUST(item.value + item.value_len <= text->len);
		if (!is_ours(d.bytes, &item, &port))
			continue;
		snprintf(value, sizeof(value), "%u", port);
		MUST(item.value_len == strlen(value));
		MUST(!memcmp(d.bytes + item.value, value, item.value_len));
		ours++;
	}
	MUST(ours >= ARRAY_LEN(vars));
}

/* All other assignments of `old` stand in the new text, in the same order. */
static void check_others(const char *old, size_t len, const struct text *text)
{
	struct dotenv was = { old, len }, is = { text_str(text), text->len };
	struct dotenv_item a, b;
	unsigned port;

	while (dotenv_next(&was, &a)) {
		MUST(dotenv_next(&is, &b));
		MUST(a.name_len == b.name_len &&
		     !memcmp(old + a.name, is.bytes + b.name, a.name_len));
		if (!is_ours(old, &a, &port))
			MUST(a.value_len == b.value_len &&
			     !memcmp(old + a.value, is.bytes + b.value, a.value_len));
	}
}

static struct findings findings;

static void check_scan(const char *text, size_t size)
{
	char again[NAME_SIZE];

	findings.count = 0;
	if (!scan_dotenv(text, size, "f", &findings, NULL))
		return;
	MUST(findings.count <= FINDINGS_MAX);
	for (unsigned i = 0; i < findings.count; i++) {
		MUST(findings.items[i].nth >= 1 && findings.items[i].line >= 1);
		MUST(name_fold("service", findings.items[i].service, again, NULL));
	}
}

static void fuzz_one(const char *text, size_t size)
{
	CLEANUP(text_release) struct text once = { 0 }, twice = { 0 };

	const struct file_bytes old = { "f", text, size };

	check_scan(text, size);
	/* What is not understood is left alone. */
	if (!dotenv_splice(&values, &old, NULL, &once, NULL))
		return;

	const struct file_bytes again = { "f", text_str(&once), once.len };

	MUST(dotenv_splice(&values, &again, NULL, &twice, NULL));
	MUST(once.len == twice.len && !memcmp(once.s, twice.s, once.len));
	check_items(&once);
	check_others(text, size, &once);
}
