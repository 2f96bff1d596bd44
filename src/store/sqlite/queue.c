/*
 * sqlite/queue.c - a first-come-first-served queue of locks in a file.
 *
 * BOOK-queue holds two numbers: the last ticket taken and the last one served.
 * To enter: lock byte 0, take the next ticket t, lock the byte of t, unlock
 * byte 0, and wait until nobody holds the byte of t - 1.  To leave: unlock the
 * byte of t.  The kernel unlocks the bytes of a process that dies, so the queue
 * outlives everything; its numbers may be lost or wrong without harm.
 *
 * The locks are open file description locks: threads of one process have turns
 * too, and closing another descriptor of the file drops nothing.
 *
 * There is no blocking lock with a deadline but by signals, so waiting is
 * looking again.  Whoever is next looks often; the others sleep by their
 * distance, or they would take the processor from the one whose turn it is.
 *
 * Patience is for a queue that does not move, not for a long one: 64 writers on
 * a slow disk wait for more than half a second, and all of them without a turn
 * take the processor from the one that writes (33 commits/s were seen).
 */
#include "store/sqlite/queue.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/*
 * How long to wait while nobody is served.  Rationale: a stopped or swapped-out
 * writer must not hold up all others; the slowest turn among 16 writers was 42 ms.
 */
#define PATIENCE_NS INT64_C(500000000)

/* Rationale: what a commit takes on a fast disk; whoever is next looks oftener. */
#define TURN_NS	     INT64_C(150000)
#define NEXT_NS	     INT64_C(20000)
#define NEXT_PART    4
#define SLEEP_MAX_NS INT64_C(5000000)

/* Byte 0 guards the numbers; the bytes up to here are kept for other uses. */
#define FIRST_TICKET_BYTE 64
/* Rationale: a byte's offset has 63 bits; a file that says more is not ours to believe. */
#define TICKET_MAX (UINT64_C(1) << 48)

struct numbers {
	uint64_t taken, served;
};

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void sleep_ns(int64_t ns)
{
	nanosleep(&(struct timespec){ .tv_nsec = ns }, NULL);
}

/* False, with errno EAGAIN, when somebody else holds the byte. */
static bool set_lock(int fd, short type, off_t byte)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1 };

	return fcntl(fd, F_OFD_SETLK, &lock) == 0;
}

static bool is_held(int fd, off_t byte)
{
	struct flock lock = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1
	};

	return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

static off_t byte_of(uint64_t ticket)
{
	return (off_t)(FIRST_TICKET_BYTE + ticket);
}

static struct numbers numbers_read(int fd)
{
	struct numbers n = { 0 };

	/* Short at first: nobody has been served yet. */
	if (pread(fd, &n, sizeof(n), 0) < 0 || n.taken >= TICKET_MAX)
		return (struct numbers){ 0 };
	return n;
}

/* Whoever may write the book may queue for it, whatever the umask says. */
static int make_file(const char *path, const char *book)
{
	struct stat st;
	mode_t mode = stat(book, &st) == 0 ? st.st_mode & 0666 : 0600;
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);

	if (fd < 0 && errno == EEXIST)
		return open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0 && fchmod(fd, mode) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

bool queue_path(const char *book, char ret[static PATH_MAX])
{
	return snprintf(ret, PATH_MAX, "%s-queue", book) < PATH_MAX;
}

int queue_open(const char *book)
{
	char path[PATH_MAX];
	int fd;

	if (!queue_path(book, path))
		return -1;
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	return fd < 0 && errno == ENOENT ? make_file(path, book) : fd;
}

static bool is_open(struct queue *q)
{
	if (q->fd >= 0 || q->is_off)
		return !q->is_off;
	q->fd = queue_open(q->book);
	q->is_off = q->fd < 0;
	return !q->is_off;
}

static int64_t at_most(int64_t ns, int64_t most)
{
	return ns < most ? ns : most;
}

/* Of what was waited already, only a part: few looks, and the last one soon after the end. */
static int64_t pause_of_next_ns(int64_t waited_ns)
{
	int64_t part = waited_ns / NEXT_PART;

	return part < NEXT_NS ? NEXT_NS : at_most(part, SLEEP_MAX_NS);
}

static bool lock_numbers(int fd)
{
	int64_t since = now_ns();

	while (!set_lock(fd, F_WRLCK, 0)) {
		int64_t waited = now_ns() - since;

		if (errno != EAGAIN && errno != EACCES && errno != EINTR)
			return false;
		if (waited > PATIENCE_NS)
			return false;
		sleep_ns(pause_of_next_ns(waited));
	}
	return true;
}

static bool take_ticket(struct queue *q)
{
	struct numbers n;

	if (!lock_numbers(q->fd))
		return false;
	n = numbers_read(q->fd);
	n.taken++;
	if (pwrite(q->fd, &n.taken, sizeof(n.taken), 0) == sizeof(n.taken) &&
	    set_lock(q->fd, F_WRLCK, byte_of(n.taken)))
		q->ticket = n.taken;
	set_lock(q->fd, F_UNLCK, 0);
	return q->ticket != 0;
}

/* How many are before us, the one whose turn it is not counted; 1 when the numbers say nothing. */
static int64_t ahead_of(const struct queue *q, uint64_t served)
{
	return served < q->ticket ? (int64_t)(q->ticket - served) - 1 : 1;
}

static int64_t pause_ns(int64_t ahead, int64_t waited_ns)
{
	return ahead <= 1 ? pause_of_next_ns(waited_ns)
			  : at_most((ahead - 1) * TURN_NS, SLEEP_MAX_NS);
}

static bool wait_turn(struct queue *q)
{
	int64_t since = now_ns();
	uint64_t seen = 0;

	while (is_held(q->fd, byte_of(q->ticket - 1))) {
		uint64_t served = numbers_read(q->fd).served;
		int64_t ahead = ahead_of(q, served), now = now_ns();

		if (served != seen) {
			seen = served;
			since = now;
		}
		/* Whoever is next gives up first: that moves the queue for all behind. */
		if (now - since > (ahead <= 1 ? PATIENCE_NS : 2 * PATIENCE_NS))
			return false;
		sleep_ns(pause_ns(ahead, now - since));
	}
	return true;
}

uint64_t queue_served(int fd)
{
	return numbers_read(fd).served;
}

void queue_init(struct queue *q, const char *book)
{
	*q = (struct queue){ .book = book, .fd = -1 };
}

bool queue_enter(struct queue *q)
{
	return is_open(q) && take_ticket(q) && wait_turn(q);
}

void queue_leave(struct queue *q)
{
	const off_t at = offsetof(struct numbers, served);

	if (!q->ticket)
		return;
	/*
	 * A hint for those who wait, and the notice for those who watch (watch.c): what is not
	 * written makes them look less well, no more.
	 */
	if (pwrite(q->fd, &q->ticket, sizeof(q->ticket), at) < 0)
		errno = 0;
	set_lock(q->fd, F_UNLCK, byte_of(q->ticket));
	q->ticket = 0;
}

void queue_close(struct queue *q)
{
	if (q->fd >= 0)
		close(q->fd);
	q->fd = -1;
	q->ticket = 0;
}
