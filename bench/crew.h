/*
 * bench/crew.h - many processes that do one thing without pause, counted and timed together.
 */
#ifndef BENCH_CREW_H
#define BENCH_CREW_H

#include <stdbool.h>
#include <stdint.h>

#define CREW_MAX 64
/* Rationale: one minute of the fastest that was seen, 6,000 commits/s. */
#define CREW_COMMITS 400000

/* What the processes share. */
struct tally {
	volatile bool go, stop;
	struct {
		unsigned commits;
		bool is_ready;
	} process[CREW_MAX];
	unsigned count;		     /* of waits, in all */
	int64_t waits[CREW_COMMITS]; /* ns */
};

/* Of process `number`: open is called once, commit for each commit; `arg` is the process's own. */
struct crew_work {
	void (*open)(unsigned number, void *arg);
	void (*commit)(unsigned number, void *arg);
	void *arg;
};

/*
 * Run it in that many processes for some seconds, and say: commits_per_s,
 * median_ms, slowest_ms, fewest and most (commits of one process).
 */
void crew_run(const struct crew_work *work, unsigned processes, unsigned seconds);

#endif
