#include "observe/visit_linux.h"

#include <stdio.h>

#include "base/fd.h"
#include "observe/proc_numbers_linux.h"

struct visit {
	struct finder *finder;
	int files;
	struct process process;
	unsigned first; /* of its holders among the finder's */
};

static bool add_holder(struct visit *v, unsigned row, int fd)
{
	struct finder *f = v->finder;
	struct holder *found = arena_grow(&f->arena, f->found, f->count, &f->room,
					  sizeof(*f->found));

	f->out_of_memory = !found;
	if (!found)
		return false;
	f->found = found;
	f->found[f->count] = (struct holder){ .row = row };
	f->found[f->count].process.socket = f->wanted->search->rows[row].inode;
	f->found[f->count++].process.fd = fd;
	if (f->seen && !f->seen[row]) {
		f->seen[row] = true;
		f->missing--;
	}
	return true;
}

static bool has_row(const struct visit *v, unsigned row)
{
	for (unsigned i = v->first; i < v->finder->count; i++)
		if (v->finder->found[i].row == row)
			return true;
	return false;
}

static bool look_at_file(const char *name, int fd, void *arg)
{
	struct visit *v = arg;
	ino_t inode = proc_socket_of(v->files, name);
	int row = inode ? inode_map_row(&v->finder->wanted->map, inode) : -1;

	return row < 0 || has_row(v, (unsigned)row) || add_holder(v, (unsigned)row, fd);
}

/* What it holds is found: now what it is. */
static void describe(struct visit *v, int process)
{
	struct finder *f = v->finder;

	if (process >= 0)
		process_read(process, f->wanted->search->learn, &f->wanted->from, &f->arena,
			     &v->process);
	for (unsigned i = v->first; i < f->count; i++) {
		struct process p = v->process;

		p.socket = f->found[i].process.socket;
		p.fd = f->found[i].process.fd;
		f->found[i].process = p;
	}
}

bool visit_process(struct finder *f, pid_t pid)
{
	char path[sizeof("2147483647/fd")];
	struct visit v = { .finder = f, .process.pid = pid, .first = f->count };

	snprintf(path, sizeof(path), "%d/fd", pid);

	CLEANUP(fd_cleanup) int files = proc_folder_open(f->wanted->proc, path);

	if (files < 0)
		return false;
	v.files = files;
	proc_each_number(files, look_at_file, &v);
	if (f->count == v.first)
		return false;

	CLEANUP(fd_cleanup) int process = proc_folder_open(files, "..");

	describe(&v, process);
	return true;
}

void visit_again(struct finder *f, const struct held *held, unsigned count)
{
	struct visit v = { .finder = f, .process.pid = held[0].pid, .first = f->count };
	CLEANUP(fd_cleanup) int process = proc_folder_of(held[0].pid);
	char file[sizeof("fd/-2147483648")];

	for (unsigned i = 0; process >= 0 && i < count; i++) {
		int row = inode_map_row(&f->wanted->map, held[i].inode);

		snprintf(file, sizeof(file), "fd/%d", held[i].fd);
		if (row >= 0 && !has_row(&v, (unsigned)row) &&
		    proc_socket_of(process, file) == held[i].inode &&
		    !add_holder(&v, (unsigned)row, held[i].fd))
			break;
	}
	if (f->count > v.first)
		describe(&v, process);
}
