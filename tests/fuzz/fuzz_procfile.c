#include "fuzz_scan.h"

static void fuzz_one(const char *text, size_t size)
{
	fuzz_scan(scan_procfile, text, size);
}
