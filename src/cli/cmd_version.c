#include "cli/cmd.h"

static bool version_render(struct run *r, const json_t *answer, struct err *err)
{
	text_add(&r->out.text, "portbook " PORTBOOK_VERSION "\n");
	return true;
}

static bool version_run(struct run *r, struct err *err)
{
	CLEANUP(json_cleanup)
	json_t *answer = json_pack("{s:b, s:s}", "success", 1, "version", PORTBOOK_VERSION);

	return (answer || fail_memory(err)) && run_show(r, answer, err);
}

const struct command cmd_version = {
	.name = "version",
	.group = GROUP_HELP,
	.summary = "which portbook this is",
	.run = version_run,
	.render = version_render,
};
