#include "fuzz_book.h"

static void fuzz_one(const char *text, size_t size)
{
	fuzz_book(&book_csv, text, size);
}
