/*
 * The shells' scripts (contrib/completion/) know nothing but how to ask: the words go to
 * __complete, which finds all in the descriptors and the book.
 */
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "cli/complete.h"
#include "cli/embedded_completions.h"

/* --- completion */

static const char *const shells[] = { "bash", "zsh", "fish", NULL };

static const struct arg_spec args[] = {
	{ "SHELL", VALUE_OWN, .choices = shells },
	{ 0 },
};

/* NULL: there is none. */
static const struct embedded *script_for(const char *shell)
{
	for (size_t i = 0; i < embedded_completions_count; i++) {
		const char *ending = strrchr(embedded_completions[i].name, '.');

		if (ending && !strcmp(ending + 1, shell))
			return &embedded_completions[i];
	}
	return NULL;
}

static bool completion_render(struct run *r, const json_t *answer, struct err *err)
{
	text_add(&r->out.text, json_text_of(answer, "script"));
	return true;
}

static bool completion_run(struct run *r, struct err *err)
{
	const struct embedded *script = script_for(r->args[0]);
	CLEANUP(json_cleanup) json_t *answer = NULL;

	if (!script) {
		fail(err, ERR_INVALID, "there is no completion for the shell '%.100s'", r->args[0]);
		return fail_hint(err, "it is one of bash, zsh, fish");
	}
	answer = json_pack("{s:b, s:s, s:s}", "success", 1, "shell", r->args[0], "script",
			   script->text);
	return (answer || fail_memory(err)) && run_show(r, answer, err);
}

static const struct example examples[] = {
	{ "source <(portbook completion bash)", "in ~/.bashrc" },
	{ "source <(portbook completion zsh)", "in ~/.zshrc, behind compinit" },
	{ "portbook completion fish | source", "in ~/.config/fish/config.fish" },
	{ NULL, NULL },
};

const struct command cmd_completion = {
	.name = "completion",
	.group = GROUP_HELP,
	.summary = "a script that lets a shell complete portbook's words",
	.text = "make install puts it where bash-completion, zsh and fish look for such scripts, so "
		"this is only needed where that was not done. Commands, options and their values "
		"are completed, and from the book projects, services, instances, environments and "
		"ports. The book is only looked at, and never made.",
	.examples = examples,
	.args = args,
	.min_args = 1,
	.run = completion_run,
	.render = completion_render,
};

/* --- __complete */

/* Rationale: a hundred times what it takes; who presses a key does not wait for a stuck disk. */
#define PATIENCE_S 2

static void give_up(int signal)
{
	_exit(0);
}

static void limit_time(void)
{
	const struct sigaction action = { .sa_handler = give_up };
	const struct itimerval limit = { .it_value = { .tv_sec = PATIENCE_S } };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &limit, NULL);
}

static bool complete_run(struct run *r, struct err *err)
{
	limit_time();
	complete_words(r, r->args, r->n_args);
	return true;
}

/* It answers in lines, with --json as well: the words are another command's. */
static bool complete_render(struct run *r, const json_t *answer, struct err *err)
{
	return true;
}

static const struct arg_spec word_args[] = { { "WORD", VALUE_OWN }, { 0 } };

const struct command cmd___complete = {
	.name = "__complete",
	.group = GROUP_HELP,
	.is_hidden = true,
	.summary = "what the last of these words may become",
	.args = word_args,
	.repeats = true,
	.operation = "names",
	.run = complete_run,
	.render = complete_render,
};
