/*
 * Files whose ports are read as claims: the line is known, and the number is looked
 * for in it.  Where it stands there twice, or is not written (http:// means 80), the
 * place is one to look at, and none to write to.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "formats/claim.h"
#include "formats/ingress.h"
#include "formats/mention.h"

/* Rationale: a command over lines in a unit, a directive over lines in nginx. */
#define LINES_ON 16

/*
 * Rationale: MAIL_PORT=587, PUSHER_PORT=443 are where a program goes; what it listens on by
 * a variable takes no privileges (ip_unprivileged_port_start).
 */
#define SETTING_LEAST 1024

/* Rationale: people's lines are shorter; who has written a whole file on one looks by himself. */
#define LINE_SEARCHED ((size_t)16384)

struct placing {
	struct mentions *m;
	enum mention_kind kind;
	size_t start;  /* of the line that is at hand ... */
	unsigned line; /* ... from 1 */
	bool is_named;
};

static void step_to_line(struct placing *p, unsigned line)
{
	if (line < p->line) {
		p->start = 0;
		p->line = 1;
	}
	for (; p->line < line; p->line++) {
		const char *at = p->m->bytes + p->start;
		const char *end = memchr(at, '\n', p->m->len - p->start);

		if (!end)
			return;
		p->start += (size_t)(end - at) + 1;
	}
}

/* A number by itself: no part of a longer one, or of a word. */
static bool stands_alone(const char *bytes, size_t from, size_t at, size_t len, size_t end)
{
	char before = at > from ? bytes[at - 1] : ' ',
	     after = at + len < end ? bytes[at + len] : ' ';

	return !isalnum((unsigned char)before) && before != '.' && before != '_' &&
	       !isalnum((unsigned char)after) && after != '_';
}

/* Where the number stands in a line. */
struct places {
	size_t first, first_value; /* behind one of = : ' " */
	unsigned count, n_values;
};

static void add_place(const char *bytes, size_t from, size_t at, struct places *ret)
{
	bool is_value = at > from && strchr("=:'\"", bytes[at - 1]);

	if (!ret->count++)
		ret->first = at;
	if (is_value && !ret->n_values++)
		ret->first_value = at;
}

static struct places places_in(const char *bytes, size_t from, size_t end, const char *number)
{
	struct places p = { .count = 0 };
	size_t len = strlen(number);

	for (size_t at = from; at < end; at += len) {
		const char *found = memmem(bytes + at, end - at, number, len);

		if (!found)
			break;
		at = (size_t)(found - bytes);
		if (stands_alone(bytes, from, at, len, end))
			add_place(bytes, from, at, &p);
	}
	return p;
}

static size_t line_end(const struct mentions *m, size_t start)
{
	const char *end = memchr(m->bytes + start, '\n', m->len - start);

	return end ? (size_t)(end - m->bytes) : m->len;
}

static struct places places_in_line(const struct mentions *m, size_t start, size_t end,
				    const char *number)
{
	size_t len = end - start < LINE_SEARCHED ? end - start : LINE_SEARCHED;

	return places_in(m->bytes, start, start + len, number);
}

/* In the claim's line, or in those that go on with it. */
static void find_place(const struct placing *p, struct mention *x)
{
	const struct mentions *m = p->m;
	size_t start = p->start, end = line_end(m, start);
	char number[8];

	snprintf(number, sizeof(number), "%u", x->port);
	x->at = start;
	x->is_fixed = true;
	for (unsigned i = 0; i < LINES_ON; i++) {
		struct places found = places_in_line(m, start, end, number);

		if (found.count) {
			x->at = found.n_values ? found.first_value : found.first;
			x->len = strlen(number);
			x->is_fixed = found.count > 1 && found.n_values != 1;
			return;
		}
		if (end == m->len)
			return;
		start = end + 1;
		end = line_end(m, start);
	}
}

static bool place(const struct claim *c, void *arg)
{
	struct placing *p = arg;
	struct mention x = { .port = c->ports.first, .protocol = c->protocol, .kind = p->kind };

	if (c->wrong || c->kind != CLAIM_ENTRY || c->is_systems ||
	    (p->kind == MENTION_SETTING && x.port < SETTING_LEAST))
		return true;
	/* CLAIM_SERVICE stands for "nothing is said". */
	if (c->service && strcmp(c->service, CLAIM_SERVICE) != 0) {
		mention_set_words(&x, c->service, strlen(c->service));
		x.is_named = p->is_named;
	}
	step_to_line(p, c->line);
	find_place(p, &x);
	return mentions_tell(p->m, x);
}

static bool read_claims(struct mentions *m, claims_fn *claims, enum mention_kind kind,
			bool is_named, struct err *err)
{
	struct placing p = { .m = m, .kind = kind, .line = 1, .is_named = is_named };

	return claims(m->bytes, m->len, m->file, place, &p, err);
}

bool mentions_dotenv(struct mentions *m, struct err *err)
{
	return read_claims(m, claims_env, MENTION_SETTING, true, err);
}

bool mentions_systemd(struct mentions *m, struct err *err)
{
	return read_claims(m, claims_systemd, MENTION_BINDS, false, err);
}

bool mentions_nginx(struct mentions *m, struct err *err)
{
	return read_claims(m, claims_nginx, MENTION_PASSES, false, err);
}

bool mentions_caddy(struct mentions *m, struct err *err)
{
	return read_claims(m, claims_caddy, MENTION_PASSES, false, err);
}

bool mentions_cloudflared(struct mentions *m, struct err *err)
{
	return read_claims(m, claims_cloudflared, MENTION_PASSES, false, err);
}

/*
 * Each rule of cloudflared has a service; a file of another program may have a list of that
 * name, too, or be no YAML at all.
 */
static bool has_rules(const struct ingress *in)
{
	if (!in->is_list || !in->count)
		return false;
	for (unsigned i = 0; i < in->count; i++)
		if (!in->rules[i].said)
			return false;
	return true;
}

bool mentions_perhaps_cloudflared(struct mentions *m, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct err why = { 0 };
	struct ingress in;

	/* Most files of such names have nothing of the kind, and are large at times. */
	if (!memmem(m->bytes, m->len, "ingress", strlen("ingress")))
		return true;
	if (!ingress_read(&arena, m->bytes, m->len, m->file, &in, &why))
		return why.code != ERR_MEMORY || fail_memory(err);
	return !has_rules(&in) || mentions_cloudflared(m, err);
}
