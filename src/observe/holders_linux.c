/*
 * /proc/PID/fd holds a link for each open file, and a socket's says
 * "socket:[INODE]".  There is no way back from the socket to its processes, so
 * processes are looked through: all of them, by a few threads at once; or,
 * where one for each socket will do, until each has led to one.  Rationale of
 * that order: a process of a socket's own user is likelier than others, and of
 * those the newest: what just took a port just started.
 *
 * Where an earlier look may be recalled, those that it found are looked at
 * first, and the rest only for sockets that are left.
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
#include "observe/recall_linux.h"

/* Rationale: the kernel's own locks let more threads gain nothing. */
#define MAX_THREADS 4
/* Rationale: below it, starting a thread takes as long as it saves. */
#define PROCESSES_A_THREAD 64
/* Rationale: the folder of a process with 500 open files in one piece. */
#define FOLDER_BYTES 16384
/* Rationale: a server that forks has one parent; what keeps it running does not hold its socket. */
#define MAX_CLIMB 16

struct finder;

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
	struct held_list recalled; /* by pid */
	int proc;
	struct viewpoint from;
	atomic_uint next; /* of the processes, counted from the newest; or of `recalled` */
	unsigned n_visits;
	void (*visit)(struct finder *f, unsigned at);
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
static void describe(struct visit *v, int process)
{
	struct finder *f = v->finder;

	if (process >= 0)
		process_read(process, f->task->search->learn, &f->task->from, &f->arena,
			     &v->process);
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

	CLEANUP(fd_cleanup) int process = proc_folder_open(files, "..");

	describe(&v, process);
	return true;
}

/* Does it still have the sockets that it had, recalled[first] to [end - 1]? */
static void visit_again(struct finder *f, unsigned first, unsigned end)
{
	const struct held *held = f->task->recalled.items;
	struct visit v = { .finder = f, .process.pid = held[first].pid, .first = f->count };
	CLEANUP(fd_cleanup) int process = proc_folder_of(held[first].pid);
	char file[sizeof("fd/-2147483648")];

	for (unsigned i = first; process >= 0 && i < end; i++) {
		int row = row_of(f->task, held[i].inode);

		snprintf(file, sizeof(file), "fd/%d", held[i].fd);
		if (row >= 0 && !has_row(&v, (unsigned)row) &&
		    proc_socket_of(process, file) == held[i].inode &&
		    !add_holder(&v, (unsigned)row, held[i].fd))
			break;
	}
	if (f->count > v.first)
		describe(&v, process);
}

/* All holders. */

static void visit_nth(struct finder *f, unsigned at)
{
	visit_process(f, f->task->pids[f->task->n_pids - 1 - at]);
}

/* The nth record, where it is the first one of its process. */
static void visit_nth_again(struct finder *f, unsigned at)
{
	const struct held_list *held = &f->task->recalled;
	unsigned end = at + 1;

	if (held->items[at].pid <= 0 || (at > 0 && held->items[at - 1].pid == held->items[at].pid))
		return;
	while (end < held->count && held->items[end].pid == held->items[at].pid)
		end++;
	visit_again(f, at, end);
}

static void *work(void *arg)
{
	struct finder *f = arg;
	struct task *t = f->task;
	unsigned at;

	while (!f->out_of_memory && (at = atomic_fetch_add(&t->next, 1)) < t->n_visits)
		t->visit(f, at);
	return NULL;
}

static unsigned threads_for(unsigned n_pids)
{
	unsigned threads = n_pids / PROCESSES_A_THREAD;
	long processors;

	if (threads <= 1)
		return 1;
	processors = sysconf(_SC_NPROCESSORS_ONLN); /* which reads a file */
	if (threads > MAX_THREADS)
		threads = MAX_THREADS;
	if (processors > 0 && threads > (unsigned)processors)
		threads = (unsigned)processors;
	return threads;
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

/* By all threads: the nth visit, for each n. */
static bool visit_all(struct task *t, unsigned n_visits,
		      void (*visit)(struct finder *f, unsigned at), struct arena *a,
		      struct holder_list *ret)
{
	struct finder finders[MAX_THREADS] = { 0 };
	unsigned count = threads_for(n_visits);

	t->visit = visit;
	t->n_visits = n_visits;
	atomic_store(&t->next, 0);
	for (unsigned i = 0; i < count; i++)
		finders[i].task = t;
	work_together(finders, count);
	return gather(finders, count, a, ret);
}

static bool find_one_each(struct task *t, struct arena *a, struct holder_list *ret)
{
	struct finder finder = { .task = t };

	search_one_for_each(&finder);
	return gather(&finder, 1, a, ret);
}

static bool search_all(struct task *t, struct arena *a, struct holder_list *ret)
{
	struct pids pids = { .arena = a };

	each_number(t->proc, add_pid, &pids);
	if (pids.out_of_memory || !map_make(t->search, a, &t->map))
		return false;
	t->pids = pids.at;
	t->n_pids = pids.count;
	return t->search->one_holder ? find_one_each(t, a, ret)
				     : visit_all(t, pids.count, visit_nth, a, ret);
}

/* Recalling. */

static bool append(struct arena *a, struct holder_list *list, const struct holder_list *more)
{
	struct holder *all = arena_alloc(a, (list->count + more->count + 1) * sizeof(*all));

	if (!all)
		return false;
	if (list->count)
		memcpy(all, list->items, list->count * sizeof(*all));
	if (more->count)
		memcpy(all + list->count, more->items, more->count * sizeof(*all));
	list->items = all;
	list->count += more->count;
	return true;
}

/* Nobody had it open at an earlier look, either: the kernel itself has, or another user. */
static bool is_nobodys(const struct held_list *recalled, uint64_t inode)
{
	for (unsigned i = 0; i < recalled->count && recalled->items[i].pid == 0; i++)
		if (recalled->items[i].inode == inode)
			return true;
	return false;
}

/* The rows that nobody was found for; `numbers` are what they are called in `s`. */
static bool rows_left(const struct search *s, const struct held_list *recalled,
		      const struct holder_list *found, struct arena *a, struct search *ret,
		      unsigned **ret_numbers)
{
	bool *seen = arena_alloc(a, s->count + 1);
	unsigned *numbers = arena_alloc(a, (s->count + 1) * sizeof(*numbers));
	struct socket_row *rows = arena_alloc(a, (s->count + 1) * sizeof(*rows));
	unsigned count = 0;

	if (!seen || !numbers || !rows)
		return false;
	for (unsigned i = 0; i < found->count; i++)
		seen[found->items[i].row] = true;
	for (unsigned i = 0; i < s->count; i++)
		if (!seen[i] && !is_nobodys(recalled, s->rows[i].inode)) {
			numbers[count] = i;
			rows[count++] = s->rows[i];
		}
	*ret = *s;
	ret->rows = rows;
	ret->count = count;
	*ret_numbers = numbers;
	return true;
}

/* For the next look: who has what, what nobody has, and what was known besides. */
static void remember(const struct search *s, const struct holder_list *found,
		     const struct held_list *besides, struct arena *a)
{
	unsigned room = found->count + s->count + (besides ? besides->count : 0), count = 0;
	struct held *items = arena_alloc(a, (room + 1) * sizeof(*items));
	bool *seen = arena_alloc(a, s->count + 1);

	if (!items || !seen)
		return;
	for (unsigned i = 0; i < found->count; i++) {
		const struct holder *h = &found->items[i];

		seen[h->row] = true;
		items[count++] = (struct held){ .inode = h->process.socket,
						.pid = h->process.pid,
						.fd = h->process.fd };
	}
	for (unsigned i = 0; i < s->count; i++)
		if (!seen[i])
			items[count++] = (struct held){ .inode = s->rows[i].inode, .fd = -1 };
	for (unsigned i = 0; besides && i < besides->count; i++)
		items[count++] = besides->items[i];
	recall_write((struct held_list){ items, count });
}

static bool search_left(struct task *t, const struct search *left, const unsigned *numbers,
			struct arena *a, struct holder_list *found)
{
	const struct search *all = t->search;
	struct holder_list more;
	bool ok;

	t->search = left;
	ok = search_all(t, a, &more);
	t->search = all;
	if (!ok)
		return false;
	for (unsigned i = 0; i < more.count; i++)
		more.items[i].row = numbers[more.items[i].row];
	return append(a, found, &more);
}

/* Of what is recalled: what is asked for now, by pid, and the rest of it. */
static bool split_recalled(struct task *t, struct arena *a, struct held_list *ret_rest)
{
	struct held_list all, asked = { 0 }, rest = { 0 };

	recall_read(a, &all);
	asked.items = arena_alloc(a, (all.count + 1) * sizeof(*asked.items));
	rest.items = arena_alloc(a, (all.count + 1) * sizeof(*rest.items));
	if (!asked.items || !rest.items)
		return false;
	for (unsigned i = 0; i < all.count; i++) {
		struct held_list *into = row_of(t, all.items[i].inode) < 0 ? &rest : &asked;

		into->items[into->count++] = all.items[i];
	}
	t->recalled = asked;
	*ret_rest = rest;
	return true;
}

static bool recall_first(struct task *t, struct arena *a, struct holder_list *ret)
{
	const struct search *s = t->search;
	struct held_list rest;
	struct search left;
	unsigned *numbers;

	if (!map_make(s, a, &t->map) || !split_recalled(t, a, &rest) ||
	    !visit_all(t, t->recalled.count, visit_nth_again, a, ret) ||
	    !rows_left(s, &t->recalled, ret, a, &left, &numbers))
		return false;
	if (left.count == 0)
		return true;
	if (!search_left(t, &left, numbers, a, ret))
		return false;
	/* A look at all of them forgets what is there no more. */
	remember(s, ret, s->is_part ? &rest : NULL, a);
	return true;
}

bool processes_find(const struct search *s, struct arena *a, struct holder_list *ret,
		    struct err *err)
{
	CLEANUP(fd_cleanup) int proc = proc_folder_open(AT_FDCWD, "/proc");
	struct task task = { .search = s, .proc = proc };

	*ret = (struct holder_list){ 0 };
	if (proc < 0 || s->count == 0)
		return true;
	viewpoint_read(&task.from);
	return (s->recalls ? recall_first(&task, a, ret) : search_all(&task, a, ret)) ||
	       fail_memory(err);
}
