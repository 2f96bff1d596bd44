/*
 * observe/proc_text_linux.h - what the files of /proc/PID say.
 *
 * For *_linux.c of observe/ alone.  The texts are foreign: a process names
 * itself and its folders as it likes.
 */
#ifndef OBSERVE_PROC_TEXT_LINUX_H
#define OBSERVE_PROC_TEXT_LINUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A piece of a text; NULL: there is none. */
struct piece_of {
	const char *at;
	size_t len;
};

/* "4711 (node) S 4700 ...": /proc/PID/stat. */
struct stat_line {
	struct piece_of program;
	pid_t parent;
	uint64_t start; /* clock ticks after the boot */
};

/* False, and `*ret` untouched, when it is not such a line. */
bool stat_line_parse(const char *text, struct stat_line *ret);

/*
 * /proc/PID/cgroup, a line for each hierarchy: "0::/system.slice/shop.service".
 * Of several the one that systemd keeps is taken.
 */
struct cgroup_text {
	struct piece_of path;
	struct piece_of unit;	   /* the innermost .service or .scope */
	struct piece_of container; /* its id, or its name where that is in the path */
	bool is_container_id;
};
void cgroup_text_parse(const char *text, struct cgroup_text *ret);

/* What cannot be shown becomes '?'. */
void make_printable(char *text);

/* "node\0server.js\0" becomes "node server.js". */
void command_line_join(char *text, size_t len);

#endif
