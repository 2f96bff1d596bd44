/*
 * sqlite/calls.c - system calls that SQLite makes at each start, made cheaper.
 *
 * The first process to open a book with a write-ahead log cuts the log's index
 * to three bytes, so that nobody believes what a killed process has left in it,
 * then lets it grow again: nine changes of a file, each with blocks to give back
 * or to find.  Who comes first ends all the same what the index said by emptying
 * its header, which is what everyone looks at; SQLite then reads the log and
 * writes the rest anew, as it does after each restart of the log, too.
 *
 * As root SQLite also gives its files to the owner of the book, who mostly has
 * them; the kernel would write down the time of that.
 */
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/sqlite/calls.h"

/* Source: sqlite3.c, unixLockSharedMemory: "an arbitrary small number". */
#define CUT_INDEX 3

/* Source: https://sqlite.org/walformat.html section 2.1, "The WAL-Index Header". */
#define INDEX_HEADER 136
#define INDEX_PIECE  32768
#define BLOCK	     512 /* of st_blocks, see inode(7) */

/* All of it has room on the disk: what is mapped without would be a death when the disk is full. */
static bool is_whole_index(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_size >= INDEX_PIECE && st.st_size % INDEX_PIECE == 0 &&
	       st.st_blocks >= st.st_size / BLOCK;
}

static int cut(int fd, off_t size)
{
	static const unsigned char nothing[INDEX_HEADER];

	if (size == CUT_INDEX && is_whole_index(fd) &&
	    pwrite(fd, nothing, sizeof(nothing), 0) == sizeof(nothing))
		return 0;
	return ftruncate(fd, size);
}

static int give(int fd, uid_t user, gid_t group)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && st.st_uid == user && st.st_gid == group)
		return 0;
	return fchown(fd, user, group);
}

/* Two system calls of different types, both kept as SQLite keeps any. */
#define CALL(function) (sqlite3_syscall_ptr)(void *)(function)

void sqlite_calls_set(void)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);

	if (!vfs || vfs->iVersion < 3)
		return;
	vfs->xSetSystemCall(vfs, "ftruncate", CALL(cut));
	vfs->xSetSystemCall(vfs, "fchown", CALL(give));
}
