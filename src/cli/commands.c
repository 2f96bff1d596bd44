#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"
#include "ports/name.h"

const struct command *const commands[] = {
	&cmd___complete,
	&cmd___describe,
	&cmd_adopt,
	&cmd_agents_md,
	&cmd_allocate,
	&cmd_audit,
	&cmd_backup,
	&cmd_check,
	&cmd_clean,
	&cmd_cleanup,
	&cmd_completion,
	&cmd_config,
	&cmd_copy,
	&cmd_doctor,
	&cmd_env,
	&cmd_exec_held,
	&cmd_export,
	&cmd_free,
	&cmd_get,
	&cmd_get_port,
	&cmd_guard,
	&cmd_help,
	&cmd_history,
	&cmd_hook_check_command,
	&cmd_hook_install,
	&cmd_hook_remove,
	&cmd_import,
	&cmd_init,
	&cmd_instance_add,
	&cmd_instance_list,
	&cmd_instance_next,
	&cmd_instance_release,
	&cmd_instance_set,
	&cmd_lint,
	&cmd_list,
	&cmd_listeners,
	&cmd_mcp,
	&cmd_move,
	&cmd_policy_check,
	&cmd_policy_list,
	&cmd_policy_show,
	&cmd_policy_use,
	&cmd_port_config,
	&cmd_project_add,
	&cmd_project_add_block,
	&cmd_project_archive,
	&cmd_project_list,
	&cmd_project_remove,
	&cmd_project_rename,
	&cmd_project_set,
	&cmd_project_show,
	&cmd_protect,
	&cmd_recover,
	&cmd_register,
	&cmd_release,
	&cmd_reservations,
	&cmd_reserve,
	&cmd_restore,
	&cmd_run,
	&cmd_serve,
	&cmd_setup,
	&cmd_show,
	&cmd_status,
	&cmd_summary,
	&cmd_token_add,
	&cmd_token_list,
	&cmd_token_remove,
	&cmd_tunnel_audit,
	&cmd_tunnel_config,
	&cmd_tunnel_push,
	&cmd_undo,
	&cmd_unreserve,
	&cmd_update,
	&cmd_version,
	&cmd_where,
	&cmd_worktree_add,
	&cmd_worktree_list,
	&cmd_worktree_remove,
	&cmd_worktree_sync,
	&cmd_yield,
	NULL,
};

const struct command *command_named(const char *name)
{
	for (unsigned i = 0; commands[i]; i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

bool command_is_family(const char *word)
{
	size_t len = strlen(word);

	for (unsigned i = 0; commands[i]; i++)
		if (!strncmp(commands[i]->name, word, len) && commands[i]->name[len] == ' ')
			return true;
	return false;
}

/* Most of the letters, and three in any case, make another word. */
unsigned near_enough(const char *word)
{
	size_t len = strlen(word);

	return len > 3 ? 2 : len > 2 ? 1 : 0;
}

const char *command_nearest(const char *name)
{
	const char *nearest = NULL;
	unsigned least = near_enough(name) + 1;

	for (unsigned i = 0; commands[i]; i++) {
		char first[NAME_SIZE];
		unsigned distance;

		if (commands[i]->is_hidden)
			continue;
		/* Of a family the first word is what was typed. */
		snprintf(first, sizeof(first), "%.*s", (int)strcspn(commands[i]->name, " "),
			 commands[i]->name);
		distance = name_distance(name, first, least - 1);
		if (distance < least) {
			least = distance;
			nearest = commands[i]->name;
		}
	}
	return nearest;
}
