/*
 * operations/operations.h - the rows, for the table in operations.c, and what
 * operation files share.
 */
#ifndef OPERATIONS_OPERATIONS_H
#define OPERATIONS_OPERATIONS_H

#include "operations/operation.h"
#include "registry/get.h"

extern const struct operation op_adopt, op_allocate, op_audit, op_check, op_cleanup,
	op_cleanup_report, op_doctor, op_env, op_export, op_get, op_get_port, op_history,
	op_holders, op_import, op_init, op_instance_add, op_instance_list, op_instance_next,
	op_instance_release, op_instance_set, op_list, op_listeners, op_move, op_names,
	op_policy_check, op_policy_list, op_policy_show, op_policy_use, op_project_add,
	op_project_add_block, op_project_archive, op_project_list, op_project_remove,
	op_project_rename, op_project_set, op_project_show, op_register, op_release,
	op_reservations, op_reserve, op_show, op_status, op_summary, op_undo, op_unreserve,
	op_update, op_uptime, op_where, op_worktree_list, op_worktree_remove, op_worktree_sync;

/* The members of a port's answer: get.c's, and register's. */
MUST_CHECK bool answer_port(json_t *answer, const struct port_answer *p, struct err *err);

/* An instance, its slice and how many services it has: instance.c's, and show's. */
struct call;
MUST_CHECK bool instance_slice(struct call *c, const struct project *p, const struct instance *i,
			       const char *host, struct port_range *ret, bool *ret_found,
			       struct err *err);
MUST_CHECK bool answer_instance(struct call *c, const struct project *p, const struct instance *i,
				const char *host, json_t **ret, struct err *err);

#endif
