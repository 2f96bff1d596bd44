/*
 * /proc/PID/fd holds a link for each open file, and a socket's says
 * "socket:[INODE]".  There is no way back from the socket to its processes, so
 * processes are looked through: all of them, by a few threads at once; or,
 * where one for each socket will do, until each has led to one.  Rationale of
 * that order: a process of a socket's own user is likelier than others, and of
 * those the newest: what just took a port just started.
 *
 * What it costs is the kernel's work for each open file of each process, about
 * 3 us; so a folder is read in large pieces, and a process is only looked at
 * more closely when it has one of the sockets.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cursor.h"
#include "base/fd.h"
#include "observe/processes_linux.h"

/* Rationale: the kernel's own locks let more threads gain nothing. */
#define MAX_THREADS 4
/* Rationale: below it, starting a thread takes as long as it saves. */
#define PROCESSES_A_THREAD 64
/* Rationale: the folder of a process with 500 open files in one piece. */
#define FOLDER_BYTES 16384
/* Rationale: a server that forks has one parent; what keeps it running does not hold its socket. */
#define MAX_CLIMB 16

/* From inodes to rows: open addressing, a power of two, at most half full; 0: nothing there. */
struct inode_map {
	unsigned *slots; /* row + 1 */
	unsigned mask;
};

struct task {
	const struct search *search;
	struct inode_map map;
	const pid_t *pids;
	unsigned n_pids;
	int proc;
	atomic_uint next; /* of the processes, counted from the newest */
};

/* What one thread finds. */
struct finder {
	struct task *task;
	struct arena arena;
	struct holder *found;
	unsigned count, room;
	bool out_of_memory;
	bool *seen; /* with one_holder: rows that have led to a process */
	unsigned missing;
	pthread_t thread;
	bool runs;
};

static unsigned slot_of(const struct inode_map *map, ino_t inode)
{
	return (unsigned)((inode * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & map->mask;
}

static bool map_make(const struct search *s, struct arena *a, struct inode_map *ret)
{
	struct inode_map map = { .mask = 64 };

	while (map.mask < 2 * s->count)
		map.mask *= 2;
	map.slots = arena_alloc(a, map.mask * sizeof(*map.slots));
	map.mask--;
	for (unsigned i = 0; map.slots && i < s->count; i++) {
		unsigned slot = slot_of(&map, s->rows[i].inode);

		while (map.slots[slot])
			slot = (slot + 1) & map.mask;
		if (s->rows[i].inode)
			map.slots[slot] = i + 1;
	}
	*ret = map;
	return map.slots != NULL;
}

/* -1: it is none of those that are looked for. */
static int row_of(const struct task *t, ino_t inode)
{
	unsigned slot = slot_of(&t->map, inode);

	for (; t->map.slots[slot]; slot = (slot + 1) & t->map.mask)
		if (t->search->rows[t->map.slots[slot] - 1].inode == inode)
			return (int)t->map.slots[slot] - 1;
	return -1;
}

/* The numbers of a folder of /proc: processes, or open files. */
typedef bool number_fn(const char *name, int number, void *arg);

static bool give_numbers(const char *bytes, ssize_t len, number_fn *fn, void *arg)
{
	for (ssize_t at = 0; at < len;) {
		const struct dirent64 *file = (const struct dirent64 *)(const void *)(bytes + at);
		const char *name = file->d_name;
		uint64_t number;

		at += file->d_reclen;
		if (eat_number(&name, INT_MAX, &number) && eat_end(&name) &&
		    !fn(file->d_name, (int)number, arg))
			return false;
	}
	return true;
}

static void each_number(int folder, number_fn *fn, void *arg)
{
	_Alignas(struct dirent64) char bytes[FOLDER_BYTES];
	ssize_t len;

	while ((len = getdents64(folder, bytes, sizeof(bytes))) > 0)
		if (!give_numbers(bytes, len, fn, arg))
			return;
}

/* One process. */

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
	f->found[f->count].process.socket = f->task->search->rows[row].inode;
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
	int row = inode ? row_of(v->finder->task, inode) : -1;

	return row < 0 || has_row(v, (unsigned)row) || add_holder(v, (unsigned)row, fd);
}

/* What it holds is found: now what it is. */
static void describe(struct visit *v)
{
	struct finder *f = v->finder;
	CLEANUP(fd_cleanup) int process = proc_folder_open(v->files, "..");

	if (process >= 0)
		process_read(process, f->task->search->learn, &f->arena, &v->process);
	for (unsigned i = v->first; i < f->count; i++) {
		struct process p = v->process;

		p.socket = f->found[i].process.socket;
		p.fd = f->found[i].process.fd;
		f->found[i].process = p;
	}
}

/* True: it has one of the sockets open. */
static bool visit_process(struct finder *f, pid_t pid)
{
	char path[sizeof("2147483647/fd")];
	struct visit v = { .finder = f, .process.pid = pid, .first = f->count };

	snprintf(path, sizeof(path), "%d/fd", pid);

	CLEANUP(fd_cleanup) int files = proc_folder_open(f->task->proc, path);

	if (files < 0)
		return false;
	v.files = files;
	each_number(files, look_at_file, &v);
	if (f->count == v.first)
		return false;
	describe(&v);
	return true;
}

/* All holders. */

static void *work(void *arg)
{
	struct finder *f = arg;
	struct task *t = f->task;
	unsigned at;

	while (!f->out_of_memory && (at = atomic_fetch_add(&t->next, 1)) < t->n_pids)
		visit_process(f, t->pids[t->n_pids - 1 - at]);
	return NULL;
}

static unsigned threads_for(unsigned n_pids)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned threads = n_pids / PROCESSES_A_THREAD;

	if (threads > MAX_THREADS)
		threads = MAX_THREADS;
	if (processors > 0 && threads > (unsigned)processors)
		threads = (unsigned)processors;
	return threads ? threads : 1;
}

/* The first finder works in this thread; one that cannot be started is not missed. */
static void work_together(struct finder *finders, unsigned count)
{
	for (unsigned i = 1; i < count; i++)
		finders[i].runs = pthread_create(&finders[i].thread, NULL, work, &finders[i]) == 0;
	work(&finders[0]);
	for (unsigned i = 1; i < count; i++)
		if (finders[i].runs)
			pthread_join(finders[i].thread, NULL);
}

/* One for each. */

static bool is_of_wanted_user(const struct search *s, uid_t uid)
{
	for (unsigned i = 0; i < s->count; i++)
		if (s->rows[i].uid == uid)
			return true;
	return false;
}

static bool is_of_round(const struct task *t, pid_t pid, bool own_user)
{
	char name[sizeof("2147483647")];
	struct stat st;

	snprintf(name, sizeof(name), "%d", pid);
	return fstatat(t->proc, name, &st, 0) == 0 &&
	       is_of_wanted_user(t->search, st.st_uid) == own_user;
}

/* A parent that has the socket, too, is who was started; its children are its workers. */
static void climb(struct finder *f, struct process p)
{
	for (unsigned i = 0; i < MAX_CLIMB; i++) {
		if (!process_learn(LEARN_START, &f->arena, &p) || p.parent <= 1 ||
		    !visit_process(f, p.parent))
			return;
		p = f->found[f->count - 1].process;
	}
}

static void find_one_for_each(struct finder *f, bool own_user)
{
	const struct task *t = f->task;

	for (unsigned i = t->n_pids; i-- > 0 && f->missing && !f->out_of_memory;)
		if (is_of_round(t, t->pids[i], own_user) && visit_process(f, t->pids[i]))
			climb(f, f->found[f->count - 1].process);
}

static void search_one_for_each(struct finder *f)
{
	const struct search *s = f->task->search;

	f->seen = arena_alloc(&f->arena, s->count * sizeof(*f->seen));
	f->out_of_memory = !f->seen;
	for (unsigned i = 0; i < s->count; i++)
		f->missing += s->rows[i].inode != 0;
	find_one_for_each(f, true);
	find_one_for_each(f, false);
}

/* Together. */

struct pids {
	struct arena *arena;
	pid_t *at;
	unsigned count, room;
	bool out_of_memory;
};

static bool add_pid(const char *name, int number, void *arg)
{
	struct pids *pids = arg;
	pid_t *grown = arena_grow(pids->arena, pids->at, pids->count, &pids->room,
				  sizeof(*pids->at));

	pids->out_of_memory = !grown;
	if (!grown)
		return false;
	pids->at = grown;
	pids->at[pids->count++] = number;
	return true;
}

static bool gather(struct finder *finders, unsigned count, struct arena *a, struct holder_list *ret)
{
	unsigned total = 0;
	bool ok = true;

	for (unsigned i = 0; i < count; i++) {
		total += finders[i].count;
		ok = ok && !finders[i].out_of_memory;
	}
	ret->items = ok ? arena_alloc(a, (total + 1) * sizeof(*ret->items)) : NULL;
	ret->count = 0;
	for (unsigned i = 0; i < count; i++) {
		if (ret->items && finders[i].count)
			memcpy(ret->items + ret->count, finders[i].found,
			       finders[i].count * sizeof(*ret->items));
		ret->count += finders[i].count;
		arena_adopt(a, &finders[i].arena);
	}
	return ret->items != NULL;
}

bool processes_find(const struct search *s, struct arena *a, struct holder_list *ret,
		    struct err *err)
{
	CLEANUP(fd_cleanup) int proc = proc_folder_open(AT_FDCWD, "/proc");
	struct task task = { .search = s, .proc = proc };
	struct finder finders[MAX_THREADS] = { 0 };
	struct pids pids = { .arena = a };
	unsigned count;

	*ret = (struct holder_list){ 0 };
	if (proc < 0 || s->count == 0)
		return true;
	each_number(proc, add_pid, &pids);
	if (pids.out_of_memory || !map_make(s, a, &task.map))
		return fail_memory(err);
	task.pids = pids.at;
	task.n_pids = pids.count;
	count = s->one_holder ? 1 : threads_for(pids.count);
	for (unsigned i = 0; i < count; i++)
		finders[i].task = &task;
	if (s->one_holder)
		search_one_for_each(&finders[0]);
	else
		work_together(finders, count);
	return gather(finders, count, a, ret) || fail_memory(err);
}
