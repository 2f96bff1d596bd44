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
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "observe/proc_numbers_linux.h"
#include "observe/recalled.h"
#include "observe/visit_linux.h"

/* Rationale: the kernel's own locks let more threads gain nothing. */
#define MAX_THREADS 4
/* Rationale: below it, starting a thread takes as long as it saves. */
#define PROCESSES_A_THREAD 64
/* Rationale: a server that forks has one parent; what keeps it running does not hold its socket. */
#define MAX_CLIMB 16

struct worker;

struct task {
	struct wanted wanted;
	const pid_t *pids;
	unsigned n_pids;
	struct held_list recalled; /* by pid */
	atomic_uint next;	   /* of the processes, counted from the newest; or of `recalled` */
	unsigned n_visits;
	void (*visit)(struct worker *w, unsigned at);
};

/* One thread. */
struct worker {
	struct task *task;
	struct finder finder;
	pthread_t thread;
	bool runs;
};

/* All holders. */

static void visit_nth(struct worker *w, unsigned at)
{
	visit_process(&w->finder, w->task->pids[w->task->n_pids - 1 - at]);
}

/* The nth record, where it is the first one of its process. */
static void visit_nth_again(struct worker *w, unsigned at)
{
	const struct held_list *held = &w->task->recalled;
	unsigned end = at + 1;

	if (held->items[at].pid <= 0 || (at > 0 && held->items[at - 1].pid == held->items[at].pid))
		return;
	while (end < held->count && held->items[end].pid == held->items[at].pid)
		end++;
	visit_again(&w->finder, held->items + at, end - at);
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct task *t = w->task;
	unsigned at;

	while (!w->finder.out_of_memory && (at = atomic_fetch_add(&t->next, 1)) < t->n_visits)
		t->visit(w, at);
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

/* The first one works in this thread; one that cannot be started is not missed. */
static void work_together(struct worker *workers, unsigned count)
{
	for (unsigned i = 1; i < count; i++)
		workers[i].runs = pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0;
	work(&workers[0]);
	for (unsigned i = 1; i < count; i++)
		if (workers[i].runs)
			pthread_join(workers[i].thread, NULL);
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
	return fstatat(t->wanted.proc, name, &st, 0) == 0 &&
	       is_of_wanted_user(t->wanted.search, st.st_uid) == own_user;
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

static void find_one_for_each(const struct task *t, struct finder *f, bool own_user)
{
	for (unsigned i = t->n_pids; i-- > 0 && f->missing && !f->out_of_memory;)
		if (is_of_round(t, t->pids[i], own_user) && visit_process(f, t->pids[i]))
			climb(f, f->found[f->count - 1].process);
}

static void search_one_for_each(const struct task *t, struct finder *f)
{
	const struct search *s = t->wanted.search;

	f->seen = arena_alloc(&f->arena, s->count * sizeof(*f->seen));
	f->out_of_memory = !f->seen;
	for (unsigned i = 0; i < s->count; i++)
		f->missing += s->rows[i].inode != 0;
	find_one_for_each(t, f, true);
	find_one_for_each(t, f, false);
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

static bool gather(struct worker *workers, unsigned count, struct arena *a, struct holder_list *ret)
{
	unsigned total = 0;
	bool ok = true;

	for (unsigned i = 0; i < count; i++) {
		total += workers[i].finder.count;
		ok = ok && !workers[i].finder.out_of_memory;
	}
	ret->items = ok ? arena_alloc(a, (total + 1) * sizeof(*ret->items)) : NULL;
	ret->count = 0;
	for (unsigned i = 0; i < count; i++) {
		struct finder *f = &workers[i].finder;

		if (ret->items && f->count)
			memcpy(ret->items + ret->count, f->found, f->count * sizeof(*ret->items));
		ret->count += f->count;
		arena_adopt(a, &f->arena);
	}
	return ret->items != NULL;
}

/* By all threads: the nth visit, for each n. */
static bool visit_all(struct task *t, unsigned n_visits,
		      void (*visit)(struct worker *w, unsigned at), struct arena *a,
		      struct holder_list *ret)
{
	struct worker workers[MAX_THREADS] = { 0 };
	unsigned count = threads_for(n_visits);

	t->visit = visit;
	t->n_visits = n_visits;
	atomic_store(&t->next, 0);
	for (unsigned i = 0; i < count; i++)
		workers[i] = (struct worker){ .task = t, .finder.wanted = &t->wanted };
	work_together(workers, count);
	return gather(workers, count, a, ret);
}

static bool find_one_each(struct task *t, struct arena *a, struct holder_list *ret)
{
	struct worker alone = { .task = t, .finder.wanted = &t->wanted };

	search_one_for_each(t, &alone.finder);
	return gather(&alone, 1, a, ret);
}

static bool map_wanted(struct task *t, struct arena *a)
{
	const struct search *s = t->wanted.search;

	return inode_map_make(s->rows, s->count, a, &t->wanted.map);
}

static bool search_all(struct task *t, struct arena *a, struct holder_list *ret)
{
	struct pids pids = { .arena = a };

	proc_each_number(t->wanted.proc, add_pid, &pids);
	if (pids.out_of_memory || !map_wanted(t, a))
		return false;
	t->pids = pids.at;
	t->n_pids = pids.count;
	return t->wanted.search->one_holder ? find_one_each(t, a, ret)
					    : visit_all(t, pids.count, visit_nth, a, ret);
}

/* Recalling. */

static bool search_left(struct task *t, const struct left *left, struct arena *a,
			struct holder_list *found)
{
	const struct search *all = t->wanted.search;
	struct holder_list more;
	bool ok;

	t->wanted.search = &left->search;
	ok = search_all(t, a, &more);
	t->wanted.search = all;
	return ok && recalled_join(left, &more, a, found);
}

static bool recall_first(struct task *t, struct arena *a, struct holder_list *ret)
{
	const struct search *s = t->wanted.search;
	struct held_list rest;
	struct left left;

	if (!map_wanted(t, a) || !recalled_split(&t->wanted.map, a, &t->recalled, &rest) ||
	    !visit_all(t, t->recalled.count, visit_nth_again, a, ret) ||
	    !recalled_left(s, &t->recalled, ret, a, &left))
		return false;
	if (left.search.count == 0)
		return true;
	if (!search_left(t, &left, a, ret))
		return false;
	/* A look at all of them forgets what is there no more. */
	recalled_keep(s, ret, s->is_part ? &rest : NULL, a);
	return true;
}

bool processes_find(const struct search *s, struct arena *a, struct holder_list *ret,
		    struct err *err)
{
	CLEANUP(fd_cleanup) int proc = proc_folder_open(AT_FDCWD, "/proc");
	struct task task = { .wanted = { .search = s, .proc = proc } };

	*ret = (struct holder_list){ 0 };
	if (proc < 0 || s->count == 0)
		return true;
	viewpoint_read(&task.wanted.from);
	return (s->recalls ? recall_first(&task, a, ret) : search_all(&task, a, ret)) ||
	       fail_memory(err);
}
