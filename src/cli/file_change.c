#include "cli/file_change.h"

#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "cli/line_diff.h"
#include "cli/screen.h"

#define FILE_MODE 0644

void changed_file_release(struct changed_file *f)
{
	text_release(&f->now);
}

bool file_change_read(const char *path, struct text *ret, bool *ret_there, struct err *err)
{
	struct err why = { 0 };

	*ret_there = file_read(path, FILE_CHANGE_MAX, ret, &why);
	if (*ret_there || why.code == ERR_NOT_FOUND)
		return true;
	*err = why;
	return false;
}

static void add_diff_line(const char *line, size_t len, void *arg)
{
	struct output *o = arg;
	enum style style = *line == '+'	  ? STYLE_GOOD
			   : *line == '-' ? STYLE_BAD
			   : *line == '@' ? STYLE_DIM
					  : STYLE_PLAIN;

	/* Who reads it by a program wants the bytes. */
	if (isatty(STDOUT_FILENO))
		output_styled(o, style, line);
	else
		text_add_bytes(&o->text, line, len);
	text_add(&o->text, "\n");
}

bool file_change_show(struct output *o, const char *path, bool is_there, const struct text *was,
		      const char *now, size_t now_len, struct err *err)
{
	text_add(&o->text, "--- ");
	screen_add(&o->text, is_there ? path : "/dev/null", 0);
	text_add(&o->text, "\n+++ ");
	screen_add(&o->text, path, 0);
	text_add(&o->text, "\n");
	return line_diff(text_str(was), was->len, now, now_len, add_diff_line, o, err);
}

/* What was read is what is replaced. */
static bool check_unchanged(const char *path, bool was_there, const struct text *was,
			    struct err *err)
{
	CLEANUP(text_release) struct text now = { 0 };
	bool there;

	if (!file_change_read(path, &now, &there, err))
		return false;
	if (there == was_there && now.len == was->len &&
	    !memcmp(text_str(&now), text_str(was), now.len))
		return true;
	fail(err, ERR_BUSY, "'%.200s' was changed by another meanwhile", path);
	return fail_hint(err, "run it again: nothing was written");
}

bool file_change_write(const char *path, bool is_there, const struct text *was, const char *now,
		       size_t now_len, struct err *err)
{
	return check_unchanged(path, is_there, was, err) && folder_of_make(path, 0777, err) &&
	       file_write_atomic(path, now, now_len, FILE_MODE, err);
}

/* --- what an operation answers */

bool changed_file_show(struct output *o, const struct changed_file *f, const json_t *answer,
		       struct err *err)
{
	const json_t *content = json_object_get(answer, "content");

	return !json_bool_of(answer, "changed") ||
	       file_change_show(o, f->path, f->is_there, &f->now, json_string_value(content),
				json_string_length(content), err);
}

bool changed_file_write(const struct changed_file *f, json_t *answer, struct err *err)
{
	const json_t *content = json_object_get(answer, "content");
	bool changed = json_bool_of(answer, "changed");

	if (changed && !file_change_write(f->path, f->is_there, &f->now, json_string_value(content),
					  json_string_length(content), err))
		return false;
	return json_put_bool(answer, "written", changed) || fail_memory(err);
}

void changed_file_say(struct output *o, const struct changed_file *f, const json_t *answer)
{
	screen_add(&o->text, f->path, 0);
	text_add(&o->text, json_bool_of(answer, "written") ? " is written\n" : " is up to date\n");
}
