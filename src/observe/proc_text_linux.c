#include "observe/proc_text_linux.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>

#include "base/cursor.h"
#include "base/macros.h"
#include "base/utf8.h"

/* Rationale: SHA-256 in hexadecimal, what every engine names its containers by. */
#define CONTAINER_ID_LEN 64

void make_printable(char *text)
{
	if (utf8_is_printable(text, strlen(text)))
		return;
	for (char *c = text; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
}

void command_line_join(char *text, size_t len)
{
	while (len > 0 && !text[len - 1])
		len--;
	for (size_t i = 0; i < len; i++)
		if (!text[i])
			text[i] = ' ';
	text[len] = '\0';
	utf8_repair(text);
	make_printable(text);
}

/* Step over `count` fields and the blank behind each. */
static bool skip_fields(const char **at, unsigned count)
{
	for (; count > 0; count--) {
		size_t len = strcspn(*at, " ");

		if (len == 0 || !(*at)[len])
			return false;
		*at += len + 1;
	}
	return true;
}

/*
 * The program's name may hold anything, also ") S 1 (": it ends at the last bracket.
 * Source: proc(5), /proc/PID/stat: (2) comm, (3) state, (4) ppid, (22) starttime.
 */
bool stat_line_parse(const char *text, struct stat_line *ret)
{
	const char *open = strchr(text, '('), *close = strrchr(text, ')');
	const char *at = close ? close + 1 : text;
	struct stat_line line;
	uint64_t parent;

	if (!open || !close || close < open || !eat_char(&at, ' ') || !skip_fields(&at, 1) ||
	    !eat_number(&at, INT_MAX, &parent) || !eat_char(&at, ' ') || !skip_fields(&at, 17) ||
	    !eat_number(&at, UINT64_MAX, &line.start))
		return false;
	line.program = (struct piece_of){ open + 1, (size_t)(close - open - 1) };
	line.parent = (pid_t)parent;
	*ret = line;
	return true;
}

static bool ends_with(struct piece_of piece, const char *end)
{
	size_t len = strlen(end);

	return piece.len > len && !memcmp(piece.at + piece.len - len, end, len);
}

static bool cut_start(struct piece_of *piece, const char *start)
{
	size_t len = strlen(start);

	if (piece->len <= len || memcmp(piece->at, start, len) != 0)
		return false;
	piece->at += len;
	piece->len -= len;
	return true;
}

static bool is_container_id(struct piece_of piece)
{
	for (size_t i = 0; i < piece.len; i++)
		if (!isxdigit((unsigned char)piece.at[i]))
			return false;
	return piece.len == CONTAINER_ID_LEN;
}

/*
 * "docker-ID.scope", "ID" (Docker with cgroupfs, Kubernetes), "libpod-ID.scope" (Podman),
 * "machine-NAME.scope" (systemd-nspawn), "lxc.payload.NAME".
 */
static bool container_of(struct piece_of folder, struct piece_of *ret)
{
	static const char *const before_id[] = { "docker-", "libpod-", "cri-containerd-", "crio-" };
	static const char *const before_name[] = { "lxc.payload.", "machine-" };
	struct piece_of rest = folder;

	if (ends_with(rest, ".scope"))
		rest.len -= strlen(".scope");
	for (size_t i = 0; i < ARRAY_LEN(before_name); i++)
		if (cut_start(&rest, before_name[i])) {
			*ret = rest;
			return true;
		}
	for (size_t i = 0; i < ARRAY_LEN(before_id); i++)
		if (cut_start(&rest, before_id[i]))
			break;
	if (!is_container_id(rest))
		return false;
	*ret = rest;
	return true;
}

static bool is_unit(struct piece_of folder)
{
	return ends_with(folder, ".service") || ends_with(folder, ".scope");
}

static void read_path(struct piece_of path, struct cgroup_text *into)
{
	const char *end = path.at + path.len;

	for (const char *at = path.at; at < end;) {
		const char *slash = memchr(at, '/', (size_t)(end - at));
		struct piece_of folder = { at, (size_t)((slash ? slash : end) - at) };

		if (!container_of(folder, &into->container) && is_unit(folder))
			into->unit = folder;
		at += folder.len + 1;
	}
}

/* How much a hierarchy says: systemd keeps the nameless one, or its own beside older ones. */
static unsigned rank_of(struct piece_of controllers, struct piece_of path)
{
	if (path.len <= 1)
		return 1;
	if (controllers.len == 0)
		return 4;
	return !strncmp(controllers.at, "name=systemd:", strlen("name=systemd:")) ? 3 : 2;
}

/* "4:memory:/docker/ID": number, controllers, path; source: cgroups(7). */
static bool eat_hierarchy(const char **at, struct piece_of *controllers, struct piece_of *path)
{
	size_t line = strcspn(*at, "\n");
	const char *first = memchr(*at, ':', line);
	const char *second = first ? memchr(first + 1, ':', line - (size_t)(first + 1 - *at))
				   : NULL;

	if (line == 0)
		return false;
	*controllers = (struct piece_of){ 0 };
	*path = (struct piece_of){ 0 };
	if (second) {
		*controllers = (struct piece_of){ first + 1, (size_t)(second - first - 1) };
		*path = (struct piece_of){ second + 1, (size_t)(*at + line - second - 1) };
	}
	*at += line + ((*at)[line] == '\n');
	return true;
}

void cgroup_text_parse(const char *text, struct cgroup_text *ret)
{
	struct cgroup_text found = { 0 };
	struct piece_of controllers, path;
	unsigned best = 0;

	while (eat_hierarchy(&text, &controllers, &path)) {
		struct cgroup_text here = { .path = path };

		if (!path.at)
			continue;
		read_path(path, &here);
		if (!here.container.at)
			here.container = found.container;
		if (rank_of(controllers, path) > best) {
			best = rank_of(controllers, path);
			found = here;
		}
		found.container = here.container;
	}
	found.is_container_id = is_container_id(found.container);
	*ret = found;
}
