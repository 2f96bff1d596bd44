/*
 * postgres/address.c - a URL as it may be shown.
 */
#include <stdio.h>
#include <string.h>

#include "store/postgres/postgres.h"

static const char *const schemes[] = { "postgres://", "postgresql://" };
static const char *const secrets[] = { "password=", "sslpassword=" };

static const char *after_scheme(const char *text)
{
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
		if (!strncmp(text, schemes[i], strlen(schemes[i])))
			return text + strlen(schemes[i]);
	return NULL;
}

bool postgres_is_url(const char *text)
{
	return after_scheme(text) != NULL;
}

struct shown {
	char *text;
	size_t len, size;
};

static void show(struct shown *s, const char *from, const char *to)
{
	for (; from < to && s->len < s->size - 1; from++)
		s->text[s->len++] = *from;
	s->text[s->len] = '\0';
}

static void show_secret(struct shown *s)
{
	static const char stars[] = "***";

	show(s, stars, stars + 3);
}

/* "user:secret@" */
static const char *show_user(struct shown *s, const char *at)
{
	const char *end = at + strcspn(at, "/?#");
	const char *host = memrchr(at, '@', (size_t)(end - at));
	const char *colon = host ? memchr(at, ':', (size_t)(host - at)) : NULL;

	if (!colon)
		return at;
	show(s, at, colon + 1);
	show_secret(s);
	return host;
}

/* The length of "password=" and its like, if that is what stands there. */
static size_t secret_name(const char *at)
{
	for (size_t i = 0; i < ARRAY_LEN(secrets); i++)
		if (!strncmp(at, secrets[i], strlen(secrets[i])))
			return strlen(secrets[i]);
	return 0;
}

char *postgres_url_shown(const char *url, char *ret, size_t size)
{
	struct shown s = { .text = ret, .size = size };
	const char *at = after_scheme(url);

	if (!at) {
		show(&s, url, url + strlen(url));
		return ret;
	}
	show(&s, url, at);
	at = show_user(&s, at);
	while (*at) {
		const char *next = at + 1 + strcspn(at + 1, "?&");
		size_t name = *at == '?' || *at == '&' ? secret_name(at + 1) : 0;

		show(&s, at, name ? at + 1 + name : next);
		if (name)
			show_secret(&s);
		at = next;
	}
	return ret;
}
