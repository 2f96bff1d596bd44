#include "operations/file_formats.h"

#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static const char *skip_blanks(const char *at, const char *end)
{
	while (at < end && is_blank(*at))
		at++;
	return at;
}

/* `"name" :`, and behind it `opens` ('[', '{'), or anything for 0. */
static bool has_member(const char *bytes, size_t len, const char *quoted, char opens)
{
	const char *end = bytes + len, *at = bytes;
	size_t name = strlen(quoted);

	while ((at = memmem(at, (size_t)(end - at), quoted, name))) {
		const char *colon = skip_blanks(at + name, end);
		const char *value = colon < end ? skip_blanks(colon + 1, end) : end;

		if (value < end && *colon == ':' && (!opens || *value == opens))
			return true;
		at += name;
	}
	return false;
}

static bool devports_is_likely(const char *bytes, size_t len)
{
	return has_member(bytes, len, "\"allocations\"", '[') &&
	       has_member(bytes, len, "\"project\"", '"');
}

static bool portkeeper_is_likely(const char *bytes, size_t len)
{
	return (has_member(bytes, len, "\"ports\"", '[') &&
		has_member(bytes, len, "\"number\"", 0)) ||
	       (has_member(bytes, len, "\"owner\"", 0) &&
		has_member(bytes, len, "\"timestamp\"", 0));
}

static bool port_manager_is_likely(const char *bytes, size_t len)
{
	return has_member(bytes, len, "\"ports\"", '{') ||
	       has_member(bytes, len, "\"leases\"", '[') ||
	       has_member(bytes, len, "\"allocations\"", '{') ||
	       has_member(bytes, len, "\"app_name\"", '"');
}

static bool supervisor_is_likely(const char *bytes, size_t len)
{
	return has_member(bytes, len, "\"project_port_ranges\"", '[');
}

static bool scar_is_likely(const char *bytes, size_t len)
{
	return has_member(bytes, len, "\"remote_agent_port_allocations\"", '[');
}

static bool has(const char *bytes, size_t len, const char *words)
{
	return memmem(bytes, len, words, strlen(words)) != NULL;
}

static bool stop_at_first(const struct claim *c, void *arg)
{
	bool *any = arg;

	(void)c;
	*any = true;
	return false;
}

static bool any_is_told(claims_fn *scan, const char *bytes, size_t len)
{
	bool any = false;

	(void)scan(bytes, len, "", stop_at_first, &any, NULL);
	return any;
}

/* The bytes may be the start of a file, which ends in the middle of a letter. */
static bool tells_something(claims_fn *scan, const char *bytes, size_t len)
{
	const char *end = len ? memrchr(bytes, '\n', len) : NULL;

	return any_is_told(scan, bytes, len) ||
	       (end && any_is_told(scan, bytes, (size_t)(end - bytes)));
}

/*
 * The titles of its two tables, which no other table has beside each other; written in another
 * way they may be those of a table of services, too, and then it is that.
 */
static bool ports_md_is_likely(const char *bytes, size_t len)
{
	return (has(bytes, len, "| Project Name ") && has(bytes, len, "| Block ") &&
		has(bytes, len, "| Ports ")) ||
	       (has(bytes, len, "| Instance ") && has(bytes, len, "| Purpose ") &&
		has(bytes, len, "| Branch/Environment")) ||
	       (tells_something(claims_ports_md, bytes, len) &&
		!tells_something(claims_md, bytes, len));
}

static bool begins(const char *bytes, size_t len, const char *words)
{
	return len >= strlen(words) && !memcmp(bytes, words, strlen(words));
}

static bool lsof_is_likely(const char *bytes, size_t len)
{
	return begins(bytes, len, "COMMAND ");
}

static bool ss_is_likely(const char *bytes, size_t len)
{
	return (begins(bytes, len, "State ") || begins(bytes, len, "Netid ")) &&
	       has(bytes, len, " Local Address:Port ");
}

/* clang-format off */
const struct file_format file_formats[] = {
	{ .name = "json", .ending = ".json", .whole = &book_json, .is_likely = book_json_is_likely },
	{ .name = "csv", .ending = ".csv", .whole = &book_csv, .is_likely = book_csv_is_likely },
	{ .name = "ports-md", .claims = claims_ports_md, .write = claims_write_ports_md,
	  .is_likely = ports_md_is_likely },
	{ .name = "md", .ending = ".md", .claims = claims_md, .write = claims_write_md },
	{ .name = "dotenv", .ending = ".env", .beginning = ".env", .claims = claims_dotenv },
	{ .name = "devports", .claims = claims_devports, .is_likely = devports_is_likely },
	{ .name = "portkeeper", .claims = claims_portkeeper, .write = claims_write_portkeeper,
	  .is_likely = portkeeper_is_likely },
	{ .name = "port-manager", .claims = claims_port_manager,
	  .is_likely = port_manager_is_likely },
	{ .name = "supervisor", .claims = claims_supervisor, .is_agreed = true,
	  .is_likely = supervisor_is_likely },
	{ .name = "scar", .claims = claims_scar, .is_agreed = true, .is_likely = scar_is_likely },
	{ .name = "lsof", .claims = claims_lsof, .says_what_listens = true,
	  .is_likely = lsof_is_likely },
	{ .name = "ss", .claims = claims_ss, .says_what_listens = true, .is_likely = ss_is_likely },
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

/* The file's own name, without its folder: ".env.local", "ports.md". */
static bool is_named(const struct file_format *f, const char *file)
{
	const char *slash = strrchr(file, '/'), *name = slash ? slash + 1 : file;
	size_t len = strlen(name), end = f->ending ? strlen(f->ending) : 0;

	if (f->beginning && !strncmp(name, f->beginning, strlen(f->beginning)))
		return true;
	return end && len >= end && !strcmp(name + len - end, f->ending);
}

const struct file_format *file_format_guess(const char *bytes, size_t len, const char *file)
{
	for (const struct file_format *f = file_formats; f->name; f++)
		if (f->is_likely && f->is_likely(bytes, len))
			return f;
	for (const struct file_format *f = file_formats; f->name; f++)
		if (is_named(f, file))
			return f;
	return tells_something(claims_md, bytes, len) ? file_format_named("md") : NULL;
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
