/*
 * operations/operations.h - the rows, for the table in operations.c, and what
 * operation files share.
 */
#ifndef OPERATIONS_OPERATIONS_H
#define OPERATIONS_OPERATIONS_H

#include "operations/operation.h"
#include "registry/get.h"
#include "registry/look.h"

extern const struct operation op_adopt;
extern const struct operation op_allocate;
extern const struct operation op_audit;
extern const struct operation op_audit_changes;
extern const struct operation op_check;
extern const struct operation op_check_command;
extern const struct operation op_cleanup;
extern const struct operation op_cleanup_report;
extern const struct operation op_config;
extern const struct operation op_doctor;
extern const struct operation op_env;
extern const struct operation op_export;
extern const struct operation op_get;
extern const struct operation op_get_port;
extern const struct operation op_guard;
extern const struct operation op_history;
extern const struct operation op_holders;
extern const struct operation op_import;
extern const struct operation op_init;
extern const struct operation op_instance_add;
extern const struct operation op_instance_list;
extern const struct operation op_instance_next;
extern const struct operation op_instance_release;
extern const struct operation op_instance_set;
extern const struct operation op_lint;
extern const struct operation op_list;
extern const struct operation op_listeners;
extern const struct operation op_move;
extern const struct operation op_names;
extern const struct operation op_policy_check;
extern const struct operation op_policy_list;
extern const struct operation op_policy_show;
extern const struct operation op_policy_use;
extern const struct operation op_project_add;
extern const struct operation op_project_add_block;
extern const struct operation op_project_archive;
extern const struct operation op_project_list;
extern const struct operation op_project_remove;
extern const struct operation op_project_rename;
extern const struct operation op_project_set;
extern const struct operation op_project_show;
extern const struct operation op_register;
extern const struct operation op_release;
extern const struct operation op_reservations;
extern const struct operation op_reserve;
extern const struct operation op_run_note;
extern const struct operation op_run_port;
extern const struct operation op_show;
extern const struct operation op_status;
extern const struct operation op_summary;
extern const struct operation op_tunnel_audit;
extern const struct operation op_tunnel_config;
extern const struct operation op_undo;
extern const struct operation op_unreserve;
extern const struct operation op_update;
extern const struct operation op_uptime;
extern const struct operation op_where;
extern const struct operation op_worktree_list;
extern const struct operation op_worktree_remove;
extern const struct operation op_worktree_sync;

/* The members of a port's answer: get.c's, and register's. */
MUST_CHECK bool answer_port(json_t *answer, const struct port_answer *p, struct err *err);

/* Each range by itself, with its gaps: look.c's, and status's. */
struct call;
MUST_CHECK bool answer_ranges(struct call *c, const struct usage_list *list, const char *host,
			      json_t *answer, struct err *err);

/* An instance, its slice and how many services it has: instance.c's, and show's. */
MUST_CHECK bool instance_slice(struct call *c, const struct project *p, const struct instance *i,
			       const char *host, struct port_range *ret, bool *ret_found,
			       struct err *err);
MUST_CHECK bool answer_instance(struct call *c, const struct project *p, const struct instance *i,
				const char *host, json_t **ret, struct err *err);

#endif
