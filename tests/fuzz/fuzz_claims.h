/*
 * fuzz/fuzz_claims.h - what must be true of every scanner of claims.
 *
 * A claim stands on a line of the file, has ports that are some, and text that
 * is text; what is refused is refused with a reason.
 */
#ifndef FUZZ_FUZZ_CLAIMS_H
#define FUZZ_FUZZ_CLAIMS_H

#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"
#include "base/utf8.h"
#include "formats/claim.h"
#include "formats/claim_write.h"
#include "fuzz.h"

/* Rationale: enough for a round trip; a range is as many claims. */
#define FUZZ_CLAIMS_MAX 300

struct fuzz_claims {
	unsigned lines;
	struct claim items[FUZZ_CLAIMS_MAX];
	size_t count;
	struct arena arena;
};

/* A copy that outlives the callback; NULL for nothing at all. */
static inline const char *fuzz_keep(struct fuzz_claims *f, const char *text)
{
	char *copy;

	MUST(!text || utf8_is_valid(text, strlen(text)));
	if (!text || !*text)
		return NULL;
	copy = arena_copy(&f->arena, text);
	MUST(copy);
	return copy;
}

static inline void fuzz_claim_makes_sense(const struct claim *c, unsigned lines)
{
	MUST(c->line >= 1 && c->line <= lines);
	if (c->wrong) {
		MUST(c->wrong->code == ERR_INVALID && *c->wrong->text);
		MUST(utf8_is_valid(c->wrong->text, strlen(c->wrong->text)));
		return;
	}
	MUST(c->ports.first <= c->ports.last && (c->ports.first || !c->ports.last));
	MUST(c->protocol == PROTO_TCP || c->protocol == PROTO_UDP);
	MUST(c->instance <= INSTANCE_MAX && c->number >= -1);
	switch (c->kind) {
	case CLAIM_PROJECT: MUST(c->project && *c->project); return;
	case CLAIM_INSTANCE: MUST(c->project && *c->project && c->instance); return;
	case CLAIM_ENTRY:
		MUST(c->service && *c->service && c->ports.first == c->ports.last);
		MUST(c->ports.first);
		return;
	case CLAIM_RESERVED: MUST(c->ports.first); return;
	}
	abort();
}

static inline bool fuzz_collect(const struct claim *c, void *arg)
{
	static const size_t texts[] = {
		offsetof(struct claim, project),
		offsetof(struct claim, path),
		offsetof(struct claim, project_status),
		offsetof(struct claim, owner),
		offsetof(struct claim, purpose),
		offsetof(struct claim, branch),
		offsetof(struct claim, worktree),
		offsetof(struct claim, instance_status),
		offsetof(struct claim, service),
		offsetof(struct claim, type),
		offsetof(struct claim, environment),
		offsetof(struct claim, host),
		offsetof(struct claim, tunnel_hostname),
		offsetof(struct claim, tunnel_id),
		offsetof(struct claim, place),
		offsetof(struct claim, description),
		offsetof(struct claim, note),
		offsetof(struct claim, metadata),
	};
	struct fuzz_claims *f = arg;

	fuzz_claim_makes_sense(c, f->lines);
	if (c->wrong || f->count == FUZZ_CLAIMS_MAX)
		return true;
	f->items[f->count] = *c;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		const char **text = (const char **)((char *)&f->items[f->count] + texts[i]);

		*text = fuzz_keep(f, *text);
	}
	f->count++;
	return true;
}

static inline bool fuzz_claims_read(claims_fn *scan, const char *text, size_t size,
				    struct fuzz_claims *ret)
{
	struct err err = { 0 };

	memset(ret, 0, sizeof(*ret));
	ret->lines = 1;
	for (size_t i = 0; i < size; i++)
		ret->lines += text[i] == '\n' || text[i] == '\r';
	if (scan(text, size, "f", fuzz_collect, ret, &err))
		return true;
	MUST(err.code == ERR_INVALID && !strncmp(err.text, "f:", 2));
	MUST(utf8_is_valid(err.text, strlen(err.text)));
	return false;
}

static inline void fuzz_claims(claims_fn *scan, const char *text, size_t size)
{
	static struct fuzz_claims found;

	fuzz_claims_read(scan, text, size, &found);
	arena_release(&found.arena);
}

static inline bool fuzz_same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static inline unsigned fuzz_instance(const struct claim *c)
{
	return c->instance ? c->instance : 1;
}

static inline void fuzz_same_claim(const struct claim *a, const struct claim *b)
{
	MUST(a->kind == b->kind && a->ports.first == b->ports.first);
	MUST(a->ports.last == b->ports.last && a->number == b->number);
	MUST(fuzz_instance(a) == fuzz_instance(b) && a->protocol == b->protocol);
	MUST(a->status == b->status && a->at_ms == b->at_ms);
	MUST(fuzz_same(a->project, b->project) && fuzz_same(a->path, b->path));
	MUST(fuzz_same(a->project_status, b->project_status) && fuzz_same(a->owner, b->owner));
	MUST(fuzz_same(a->purpose, b->purpose) && fuzz_same(a->branch, b->branch));
	MUST(fuzz_same(a->instance_status, b->instance_status));
	MUST(fuzz_same(a->service, b->service) && fuzz_same(a->type, b->type));
	MUST(fuzz_same(a->environment, b->environment) && fuzz_same(a->host, b->host));
	MUST(fuzz_same(a->tunnel_hostname, b->tunnel_hostname));
	MUST(fuzz_same(a->description, b->description) && fuzz_same(a->note, b->note));
}

/* What is written of claims is read as the same claims, in the same order. */
static inline void fuzz_round_trip(claims_write_fn *write, claims_fn *scan,
				   const struct claim *claims, size_t count)
{
	static struct fuzz_claims again;
	CLEANUP(text_release) struct text written = { 0 };

	MUST(write(claims, count, 1, &written, NULL));
	MUST(fuzz_claims_read(scan, text_str(&written), written.len, &again));
	MUST(again.count == count);
	for (size_t i = 0; i < count; i++)
		fuzz_same_claim(&claims[i], &again.items[i]);
	arena_release(&again.arena);
}

#endif
