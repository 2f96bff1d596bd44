#include "base/utf8.h"
#include "fuzz.h"
#include "observe/engine_answer.h"

static void is_text(const char *text, bool may_miss)
{
	MUST(text || may_miss);
	MUST(!text || (*text && utf8_is_printable(text, strlen(text))));
}

static void makes_sense(const struct container *c)
{
	is_text(c->id, false);
	is_text(c->name, true);
	is_text(c->folder, true);
	is_text(c->service, true);
	MUST(!c->folder || *c->folder == '/');
	MUST(!c->name || !strchr(c->name, '/'));
	for (unsigned i = 0; i < c->n_ports; i++) {
		is_text(c->ports[i].address, false);
		MUST(c->ports[i].port);
	}
}

static void fuzz_one(const char *text, size_t size)
{
	struct arena arena = { 0 };
	struct containers_found found = { .arena = &arena };
	struct err err = { 0 };

	if (!engine_answer_parse(text, size, &found, &err))
		MUST(err.code == ERR_INVALID && *err.text);
	for (unsigned i = 0; i < found.count; i++)
		makes_sense(&found.items[i]);
	arena_release(&arena);
}
