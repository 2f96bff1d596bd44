/*
 * cli/cmd.h - the commands, one file each, a family sharing one.
 */
#ifndef CLI_CMD_H
#define CLI_CMD_H

#include "cli/command.h"
#include "cli/run.h"

extern const struct command cmd___complete;
extern const struct command cmd___describe;
extern const struct command cmd_adopt;
extern const struct command cmd_agents_md;
extern const struct command cmd_allocate;
extern const struct command cmd_audit;
extern const struct command cmd_backup;
extern const struct command cmd_check;
extern const struct command cmd_clean;
extern const struct command cmd_cleanup;
extern const struct command cmd_completion;
extern const struct command cmd_config;
extern const struct command cmd_copy;
extern const struct command cmd_doctor;
extern const struct command cmd_env;
extern const struct command cmd_exec_held;
extern const struct command cmd_export;
extern const struct command cmd_free;
extern const struct command cmd_get;
extern const struct command cmd_get_port;
extern const struct command cmd_guard;
extern const struct command cmd_help;
extern const struct command cmd_history;
extern const struct command cmd_hook_check_command;
extern const struct command cmd_hook_install;
extern const struct command cmd_hook_remove;
extern const struct command cmd_import;
extern const struct command cmd_init;
extern const struct command cmd_instance_add;
extern const struct command cmd_instance_list;
extern const struct command cmd_instance_next;
extern const struct command cmd_instance_release;
extern const struct command cmd_instance_set;
extern const struct command cmd_lint;
extern const struct command cmd_list;
extern const struct command cmd_listeners;
extern const struct command cmd_mcp;
extern const struct command cmd_move;
extern const struct command cmd_policy_check;
extern const struct command cmd_policy_list;
extern const struct command cmd_policy_show;
extern const struct command cmd_policy_use;
extern const struct command cmd_port_config;
extern const struct command cmd_project_add;
extern const struct command cmd_project_add_block;
extern const struct command cmd_project_archive;
extern const struct command cmd_project_list;
extern const struct command cmd_project_remove;
extern const struct command cmd_project_rename;
extern const struct command cmd_project_set;
extern const struct command cmd_project_show;
extern const struct command cmd_protect;
extern const struct command cmd_recover;
extern const struct command cmd_register;
extern const struct command cmd_release;
extern const struct command cmd_reservations;
extern const struct command cmd_reserve;
extern const struct command cmd_restore;
extern const struct command cmd_run;
extern const struct command cmd_serve;
extern const struct command cmd_setup;
extern const struct command cmd_show;
extern const struct command cmd_status;
extern const struct command cmd_summary;
extern const struct command cmd_token_add;
extern const struct command cmd_token_list;
extern const struct command cmd_token_remove;
extern const struct command cmd_tunnel_audit;
extern const struct command cmd_tunnel_config;
extern const struct command cmd_tunnel_push;
extern const struct command cmd_undo;
extern const struct command cmd_unreserve;
extern const struct command cmd_update;
extern const struct command cmd_version;
extern const struct command cmd_where;
extern const struct command cmd_worktree_add;
extern const struct command cmd_worktree_list;
extern const struct command cmd_worktree_remove;
extern const struct command cmd_worktree_sync;
extern const struct command cmd_yield;

#endif
