/*
 * Syscalls: stat, getsockopt, geteuid
 */
#include "http/access.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cursor.h"
#include "http/guard.h"

/* Rationale: as many groups as Linux gives a user at most are 65536; who has more is in none. */
#define GROUPS_MAX 1024

static bool refuse(unsigned *ret_status, unsigned status)
{
	*ret_status = status;
	return false;
}

/* Files. */

static bool is_in_group(int fd, gid_t own, gid_t group)
{
	gid_t groups[GROUPS_MAX];
	socklen_t size = sizeof(groups);

	if (own == group)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0)
		return false;
	for (size_t i = 0; i < size / sizeof(*groups); i++)
		if (groups[i] == group)
			return true;
	return false;
}

bool access_by_file(const char *book_file, int fd, uid_t uid, gid_t gid)
{
	struct stat st;

	if (uid == 0 || uid == geteuid() || !book_file)
		return true;
	if (stat(book_file, &st) < 0)
		return false;
	if (uid == st.st_uid)
		return st.st_mode & S_IWUSR;
	return st.st_mode & (is_in_group(fd, gid, st.st_gid) ? S_IWGRP : S_IWOTH);
}

bool access_is_of_machine(const char *book_file)
{
	struct stat st;

	return book_file && stat(book_file, &st) == 0 && (st.st_mode & S_IWGRP) &&
	       (st.st_uid != geteuid() || st.st_uid == 0);
}

/* Tokens. */

static bool complain(struct access_rules *a, const struct err *why, struct err *err)
{
	if (a->complain && !a->has_complained)
		a->complain(a->arg, why);
	a->has_complained = true;
	fail(err, ERR_IO, "the tokens cannot be read at the moment");
	return fail_hint(err, "whoever runs this server is told why, where it writes what goes "
			      "wrong");
}

/* "Bearer TOKEN" (RFC 6750 section 2.1); NULL: it is none. */
static const char *bearer(const char *authorization)
{
	const size_t len = strlen("Bearer ");

	if (strncasecmp(authorization, "Bearer ", len) != 0)
		return NULL;
	return authorization + len + strspn(authorization + len, " ");
}

/* The list may be another before the answer is there. */
static bool copy_projects(const struct token *t, struct arena *arena, struct rights *ret)
{
	const char **list;
	unsigned n = 0;

	while (t->projects && t->projects[n])
		n++;
	if (!t->projects)
		return true;
	list = arena_alloc(arena, (n + 1) * sizeof(*list));
	for (unsigned i = 0; list && i < n; i++) {
		list[i] = arena_copy(arena, t->projects[i]);
		if (!list[i])
			return false;
	}
	ret->projects = list;
	return list;
}

static bool take_rights(const struct token *t, struct http_request *r, struct err *err)
{
	struct http_caller *c = &r->caller;

	snprintf(c->name, sizeof(c->name), "token %s", t->name);
	snprintf(c->client, sizeof(c->client), "token %s", t->name);
	c->has_token = true;
	memcpy(c->digest, t->digest, sizeof(c->digest));
	c->own.who = arena_printf(r->arena, "the token '%s'", t->name);
	c->own.hint = "ask with a token that may, or have whoever runs this server do it";
	c->own.only_reads = t->only_reads;
	c->own.names_no_folders = r->peer->is_far;
	c->rights = t->only_reads || t->projects || r->peer->is_far ? &c->own : NULL;
	return (c->own.who && copy_projects(t, r->arena, &c->own)) || fail_memory(err);
}

static bool fail_bad_token(struct err *err)
{
	fail(err, ERR_NOT_PERMITTED, "this token is not good here, or not any more");
	return fail_hint(err,
			 "which there are: portbook token list; a new one: portbook token add");
}

static bool take_token(struct access_rules *a, struct http_request *r, unsigned *ret_status,
		       struct err *err)
{
	const char *text = bearer(r->headers->value[HEADER_AUTHORIZATION]);
	const struct token *t = NULL;
	struct err why = { 0 };

	if (text && !tokens_find(a->tokens, text, &t, &why))
		return complain(a, &why, err) || refuse(ret_status, 503);
	a->has_complained = false;
	if (!t)
		return fail_bad_token(err) || refuse(ret_status, 401);
	return take_rights(t, r, err) || refuse(ret_status, 503);
}

static bool is_passed_on(const struct http_request *r)
{
	const char *host = r->headers->value[HEADER_HOST];

	return r->headers->count[HEADER_FORWARDED] || r->headers->count[HEADER_FORWARDED_FOR] ||
	       !host || !guard_is_loopback(host);
}

static bool needs_token(const struct access_rules *a, const struct http_request *r)
{
	const struct http_peer *p = r->peer;

	if (p->is_unix || !a->tokens)
		return false;
	return a->always || p->is_far || !p->is_near || is_passed_on(r);
}

bool access_is_still_good(struct access_rules *a, const struct http_caller *c)
{
	struct err why = { 0 }, err = { 0 };
	bool good;

	if (!c->has_token)
		return true;
	if (!tokens_have(a->tokens, c->digest, &good, &why)) {
		complain(a, &why, &err);
		return false;
	}
	return good;
}

/* Without one. */

static void take_peer(struct http_request *r)
{
	const struct http_peer *p = r->peer;
	struct http_caller *c = &r->caller;

	snprintf(c->name, sizeof(c->name), "%s", p->name);
	snprintf(c->client, sizeof(c->client), "%s", p->client);
	c->own.only_reads = p->only_reads;
	c->own.who = p->is_unix ? c->name : "someone at 127.0.0.1";
	c->own.hint = p->is_unix
			      ? "this book is written by members of its file's group, and root"
			      : "this book is the machine's: ask on its socket, as a member of its "
				"group, or with a token";
	c->own.names_no_folders = c->own.only_reads;
	c->rights = c->own.only_reads ? &c->own : NULL;
}

bool access_check(struct access_rules *a, struct http_request *r, unsigned *ret_status,
		  struct err *err)
{
	r->caller = (struct http_caller){ 0 };
	if (a->tokens && r->headers->value[HEADER_AUTHORIZATION])
		return take_token(a, r, ret_status, err);
	if (needs_token(a, r)) {
		fail(err, ERR_NOT_PERMITTED, "who asks from elsewhere needs a token");
		if (r->peer->is_near && !r->peer->is_far && a->always)
			fail(err, ERR_NOT_PERMITTED, "who asks here needs a token");
		return fail_hint(err, "send the header Authorization: Bearer TOKEN; portbook token "
				      "add NAME makes one") ||
		       refuse(ret_status, 401);
	}
	if (!r->peer->is_unix && !r->peer->is_near) {
		fail(err, ERR_NOT_PERMITTED,
		     "asked from another machine, on an address of this one");
		return refuse(ret_status, 403);
	}
	take_peer(r);
	return true;
}
