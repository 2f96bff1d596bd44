#include "observe/proc_numbers_linux.h"

#include <dirent.h>
#include <limits.h>
#include <unistd.h>

#include "base/cursor.h"

/* Rationale: the folder of a process with 500 open files in one piece. */
#define FOLDER_BYTES 16384

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

void proc_each_number(int folder, number_fn *fn, void *arg)
{
	_Alignas(struct dirent64) char bytes[FOLDER_BYTES];
	ssize_t len;

	while ((len = getdents64(folder, bytes, sizeof(bytes))) > 0)
		if (!give_numbers(bytes, len, fn, arg))
			return;
}
