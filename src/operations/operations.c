#include "operations/operations.h"

#include <string.h>

const struct operation *const operations[] = {
	&op_adopt,
	&op_allocate,
	&op_audit,
	&op_check,
	&op_check_command,
	&op_cleanup,
	&op_cleanup_report,
	&op_config,
	&op_doctor,
	&op_env,
	&op_export,
	&op_get,
	&op_get_port,
	&op_guard,
	&op_history,
	&op_holders,
	&op_import,
	&op_init,
	&op_instance_add,
	&op_instance_list,
	&op_instance_next,
	&op_instance_release,
	&op_instance_set,
	&op_lint,
	&op_list,
	&op_listeners,
	&op_move,
	&op_names,
	&op_policy_check,
	&op_policy_list,
	&op_policy_show,
	&op_policy_use,
	&op_project_add,
	&op_project_add_block,
	&op_project_archive,
	&op_project_list,
	&op_project_remove,
	&op_project_rename,
	&op_project_set,
	&op_project_show,
	&op_register,
	&op_release,
	&op_reservations,
	&op_reserve,
	&op_run_note,
	&op_run_port,
	&op_show,
	&op_status,
	&op_summary,
	&op_tunnel_audit,
	&op_tunnel_config,
	&op_undo,
	&op_unreserve,
	&op_update,
	&op_uptime,
	&op_where,
	&op_worktree_list,
	&op_worktree_remove,
	&op_worktree_sync,
	NULL,
};

const struct operation *operation_named(const char *name)
{
	for (const struct operation *const *op = operations; *op; op++)
		if (!strcmp((*op)->schema->name, name))
			return *op;
	return NULL;
}
