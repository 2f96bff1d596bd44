/*
 * fuzz/fuzz_scan.h - what must be true of every scanner.
 *
 * What is found has a proper name and stands on a line of the file; what is
 * refused is refused with a reason.
 */
#ifndef FUZZ_FUZZ_SCAN_H
#define FUZZ_FUZZ_SCAN_H

#include "formats/scan.h"
#include "fuzz.h"

static inline void fuzz_finding(const struct finding *f, unsigned lines)
{
	char again[NAME_SIZE];

	MUST(name_fold("service", f->service, again, NULL) && !strcmp(f->service, again));
	MUST(f->nth >= 1 && f->line <= lines);
	MUST(f->protocol == PROTO_TCP || f->protocol == PROTO_UDP);
}

static inline void fuzz_scan(scan_fn *scan, const char *text, size_t size)
{
	static struct findings found;
	struct err err = { 0 };
	unsigned lines = 1;

	for (size_t i = 0; i < size; i++)
		lines += text[i] == '\n' || text[i] == '\r';
	memset(&found, 0, sizeof(found));
	if (!scan(text, size, "f", &found, &err)) {
		MUST(err.code == ERR_INVALID && !strncmp(err.text, "f:", 2));
		return;
	}
	MUST(found.count <= FINDINGS_MAX);
	for (unsigned i = 0; i < found.count; i++)
		fuzz_finding(&found.items[i], lines);
}

#endif
