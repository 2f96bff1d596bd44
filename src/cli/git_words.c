#include "cli/git_words.h"

#include "base/utf8.h"
#include "cli/cmd.h"
#include "cli/git.h"

void git_words_add(struct git_words *w, const char *word)
{
	if (word && w->count < MAX_GIT_WORDS)
		w->list[w->count++] = word;
}

void git_words_add_flag(struct git_words *w, const struct run *r, const char *name, const char *git)
{
	if (run_has(r, name))
		git_words_add(w, git);
}

bool git_words_add_args(struct git_words *w, const struct run *r, unsigned first, struct err *err)
{
	if (w->count + r->n_args > MAX_GIT_WORDS)
		return fail(err, ERR_INVALID, "these are too many words for git");
	for (unsigned i = first; i < r->n_args; i++)
		git_words_add(w, r->args[i]);
	return true;
}

bool git_words_run(struct run *r, const struct git_words *w, struct err *err)
{
	CLEANUP(text_release) struct text kept = { 0 };

	output_flush_notes(&r->out);
	return git_do(w->list, r->out.json ? &kept : NULL, err);
}

bool git_words_check_path(const struct run *r, struct err *err)
{
	const char *path = r->args[0];

	if (*path != '-' && *path)
		return text_is_line(path) ||
		       fail(err, ERR_INVALID,
			    "the path holds control characters or bytes that are "
			    "not UTF-8, so the book cannot have it");
	fail(err, ERR_INVALID, "'%s' stands where the path has to be", path);
	return fail_hint(err, "portbook %s PATH -- %s", r->command->name, *path ? path : "OPTION");
}
