#include "crew.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"

static void work_on(const struct crew_work *work, unsigned number, struct tally *t)
{
	work->open(number, work->arg);
	t->process[number].is_ready = true;
	while (!t->go)
		usleep(1000);
	while (!t->stop) {
		int64_t begin = now_ns();
		unsigned at;

		work->commit(number, work->arg);
		t->process[number].commits++;
		at = __atomic_fetch_add(&t->count, 1, __ATOMIC_RELAXED);
		if (at < CREW_COMMITS)
			t->waits[at] = now_ns() - begin;
	}
}

static void start(const struct crew_work *work, unsigned processes, struct tally *t)
{
	for (unsigned i = 0; i < processes; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("cannot fork: %s", strerror(errno));
		if (pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			work_on(work, i, t);
			_exit(0);
		}
	}
	for (unsigned i = 0; i < processes; i++)
		while (!t->process[i].is_ready)
			if (waitpid(-1, NULL, WNOHANG) > 0)
				die("a process ended before it was ready");
			else
				usleep(1000);
}

static void report(struct tally *t, unsigned processes, double seconds)
{
	struct times waits = { .at = t->waits,
			       .count = t->count < CREW_COMMITS ? t->count : CREW_COMMITS };
	unsigned fewest = t->process[0].commits, most = fewest;

	for (unsigned i = 1; i < processes; i++) {
		unsigned commits = t->process[i].commits;

		fewest = commits < fewest ? commits : fewest;
		most = commits > most ? commits : most;
	}
	tell("commits_per_s", t->count / seconds);
	tell("median_ms", times_percentile_us(&waits, 50) / 1e3);
	tell("p99_ms", times_percentile_us(&waits, 99) / 1e3);
	tell("slowest_ms", times_percentile_us(&waits, 100) / 1e3);
	tell("fewest", fewest);
	tell("most", most);
}

void crew_run(const struct crew_work *work, unsigned processes, unsigned seconds)
{
	struct tally *t = mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			       -1, 0);
	int64_t begin;
	int status;

	if (t == MAP_FAILED)
		die("no memory");
	start(work, processes, t);
	begin = now_ns();
	t->go = true;
	sleep(seconds);
	t->stop = true;
	while (waitpid(-1, &status, 0) > 0)
		if (status != 0)
			die("a process failed");
	/* The last commit of each is counted, and so is the time it took. */
	report(t, processes, (double)(now_ns() - begin) / 1e9);
	munmap(t, sizeof(*t));
}
