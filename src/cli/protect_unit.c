#include "cli/protect.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/embedded.h"
#include "base/fd.h"
#include "book/session.h"
#include "cli/embedded_units.h"
#include "cli/helper.h"
#include "cli/systemctl.h"

#define UNIT_MODE 0644

/* Rationale: a unit is a page. */
#define UNIT_MAX ((size_t)64 << 10)

/* What stands for this program in the units of contrib/systemd. */
#define PROGRAM "/usr/local/bin/portbook"

const struct protect_unit protect_units[PROTECT_UNITS] = {
	{
		.unit = "portbook-guard.service",
		.files = { "portbook-guard.service" },
		.what = "the guard",
		.instead = "start it where you log in: portbook guard --defaults --log &",
	},
	{
		.unit = "portbook-audit.timer",
		.files = { "portbook-audit.timer", "portbook-audit.service" },
		.what = "the audit, each hour",
		.instead = "add it to your crontab: 17 * * * * portbook audit --quiet",
	},
};

static bool is_users(void)
{
	return geteuid() != 0;
}

bool protect_unit_folder(char ret[static PATH_MAX], struct err *err)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	int len;

	if (!is_users())
		len = snprintf(ret, PATH_MAX, "/etc/systemd/system");
	else if (config && *config == '/')
		len = snprintf(ret, PATH_MAX, "%s/systemd/user", config);
	else if (home && *home == '/')
		len = snprintf(ret, PATH_MAX, "%s/.config/systemd/user", home);
	else
		return fail(err, ERR_INVALID, "HOME does not say where your files are");
	return len < PATH_MAX || fail(err, ERR_INVALID, "the path of the units is too long");
}

static bool in_folder(const char *name, char ret[static PATH_MAX], struct err *err)
{
	char folder[PATH_MAX];

	return protect_unit_folder(folder, err) &&
	       (snprintf(ret, PATH_MAX, "%s/%s", folder, name) < PATH_MAX ||
		fail(err, ERR_INVALID, "the path of the units is too long"));
}

/* By the link that enabling makes, so that nobody need be asked. */
bool protect_unit_is_enabled(const struct protect_unit *u)
{
	static const char *const wanted_by[] = { "default.target", "multi-user.target",
						 "timers.target" };
	char folder[PATH_MAX], path[PATH_MAX];
	struct stat st;

	if (!protect_unit_folder(folder, NULL))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(wanted_by); i++)
		if (snprintf(path, sizeof(path), "%s/%s.wants/%s", folder, wanted_by[i], u->unit) <
			    (int)sizeof(path) &&
		    lstat(path, &st) == 0)
			return true;
	return false;
}

/* Its text. */

static const struct embedded *find_text(const char *name)
{
	const char *own = !strcmp(name, "portbook-audit.service") ? "portbook-audit-own.service"
								  : name;

	for (size_t i = 0; i < embedded_units_count; i++)
		if (!strcmp(embedded_units[i].name, own))
			return &embedded_units[i];
	abort();
}

/* A quoted word of a unit. Source: systemd.syntax(7), systemd.unit(5) on specifiers. */
static void add_word(struct text *t, const char *word)
{
	text_add(t, "\"");
	for (; *word; word++) {
		if (strchr("\"\\", *word))
			text_add(t, "\\");
		else if (*word == '%' || *word == '$')
			text_add_bytes(t, word, 1);
		text_add_bytes(t, word, 1);
	}
	text_add(t, "\"");
}

/* Where one was named; else systemd's portbook finds the same. */
static void add_book(const struct run *r, struct text *t)
{
	const char *named = run_text(r, "book") ? run_text(r, "book") : getenv("PORTBOOK_BOOK");

	if (!named)
		return;
	text_add(t, " --book ");
	add_word(t, *session_book(r->session) == '/' ? session_book(r->session) : named);
}

/* This program instead of the installed one, with the book that is asked now. */
static bool add_command(const struct run *r, struct text *t, const char *words)
{
	char program[PATH_MAX];
	bool guards = !strncmp(words, " guard", strlen(" guard"));

	add_word(t, helper_program(program) ? program : PROGRAM);
	add_book(r, t);
	text_add(t, guards ? " guard --defaults --log" : words);
	return text_ok(t);
}

/* What it writes is where the book is. */
static void add_book_folder(const struct run *r, struct text *t)
{
	const char *book = session_book(r->session), *slash = strrchr(book, '/');

	if (*book != '/' || slash == book)
		return;
	text_add(t, "ReadWritePaths=-\"");
	text_add_bytes(t, book, (size_t)(slash - book));
	text_add(t, "\"\n");
}

static bool add_line(const struct run *r, const char *line, size_t len, struct text *t)
{
	static const char start[] = "ExecStart=" PROGRAM, user[] = "WantedBy=default.target";
	char rest[128];
	size_t skip = strlen(start);

	if (!is_users() && len == strlen(user) && !strncmp(line, user, len)) {
		text_add(t, "WantedBy=multi-user.target");
	} else if (len > skip && !strncmp(line, start, skip)) {
		snprintf(rest, sizeof(rest), "%.*s", (int)(len - skip), line + skip);
		text_add(t, "ExecStart=");
		if (!add_command(r, t, rest))
			return false;
		text_add(t, "\n");
		add_book_folder(r, t);
		return true;
	} else {
		text_add_bytes(t, line, len);
	}
	text_add(t, "\n");
	return true;
}

static bool make_text(const struct run *r, const char *name, struct text *ret, struct err *err)
{
	const struct embedded *file = find_text(name);
	const char *at = file->text, *end = at + file->len;

	while (at < end) {
		size_t len = strcspn(at, "\n");

		if (!add_line(r, at, len, ret))
			return fail_memory(err);
		at += len + 1;
	}
	return text_ok(ret) || fail_memory(err);
}

/* Writing and enabling. */

static bool write_one(const struct run *r, const char *name, json_t *written, struct err *err)
{
	CLEANUP(text_release) struct text text = { 0 };
	char path[PATH_MAX];

	if (!in_folder(name, path, err))
		return false;
	/* Somebody's own stays. */
	if (access(path, F_OK) == 0)
		return true;
	if (!make_text(r, name, &text, err) || !folder_of_make(path, 0755, err) ||
	    !file_write_atomic(path, text_str(&text), text.len, UNIT_MODE, err))
		return false;
	return json_append(written,
			   json_pack("{s:s, s:s}", "path", path, "text", text_str(&text))) ||
	       fail_memory(err);
}

static bool write_all(const struct run *r, const struct protect_unit *u, json_t *written,
		      struct err *err)
{
	for (unsigned i = 0; u->files[i]; i++)
		if (!write_one(r, u->files[i], written, err))
			return false;
	return true;
}

static bool is_as_written(const char *path, const char *text)
{
	CLEANUP(text_release) struct text now = { 0 };

	return file_read(path, UNIT_MAX, &now, NULL) && !strcmp(text_str(&now), text);
}

static void take_away(const json_t *written)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_walked(written), i, one) {
		const char *path = json_text_of(one, "path"), *text = json_text_of(one, "text");

		if (path && text && is_as_written(path, text))
			(void)!unlink(path);
	}
}

static bool reload(struct err *err)
{
	return systemctl_do(is_users(), (const char *[]){ "daemon-reload", NULL }, err);
}

bool protect_unit_enable(struct run *r, const struct protect_unit *u, json_t *written,
			 struct err *err)
{
	const char *words[] = { "enable", "--now", u->unit, NULL };

	/* First, so that nothing is written where no systemd would read it. */
	if (!reload(err))
		return false;
	if (write_all(r, u, written, err) && reload(err) && systemctl_do(is_users(), words, err))
		return true;
	take_away(written);
	json_array_clear(written);
	(void)!reload(NULL);
	return false;
}

bool protect_unit_disable(const char *unit, const json_t *written, struct err *err)
{
	const char *words[] = { "disable", "--now", unit, NULL };

	if (!systemctl_do(is_users(), words, err))
		return false;
	take_away(written);
	return reload(err);
}
