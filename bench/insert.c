/*
 * One-row inserts of plain SQLite, WAL and synchronous=FULL, one after the other.
 *
 * usage: insert FOLDER MILLISECONDS       (FOLDER is empty)
 * Says:  commits_per_s
 */
#include "plain.h"

int main(int argc, char **argv)
{
	struct plain plain;
	char path[4096];
	int64_t begin, end;
	unsigned count = 0;

	if (argc != 3)
		die("usage: insert FOLDER MILLISECONDS");
	snprintf(path, sizeof(path), "%s/plain.db", argv[1]);
	plain_open(&plain, path);
	begin = now_ns();
	end = begin + number_or_die(argv[2], 60000) * INT64_C(1000000);
	while (now_ns() < end)
		plain_insert(&plain, count++, "shop/web");
	tell("commits_per_s", count * 1e9 / (double)(now_ns() - begin));
	plain_close(&plain);
	return 0;
}
