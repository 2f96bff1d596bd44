#include "base/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool reserve(struct text *t, size_t more)
{
	size_t size = t->size ? t->size : 128;
	char *s;

	if (t->out_of_memory)
		return false;
	if (more > SIZE_MAX / 4 || t->len > SIZE_MAX / 4) {
		t->out_of_memory = true;
		return false;
	}
	while (size < t->len + more + 1)
		size *= 2;
	if (size == t->size)
		return true;
	s = realloc(t->s, size);
	if (!s) {
		t->out_of_memory = true;
		return false;
	}
	t->s = s;
	t->size = size;
	return true;
}

void text_add_bytes(struct text *t, const char *bytes, size_t len)
{
	if (!reserve(t, len))
		return;
	memcpy(t->s + t->len, bytes, len);
	t->len += len;
	t->s[t->len] = '\0';
}

void text_add(struct text *t, const char *s)
{
	text_add_bytes(t, s, strlen(s));
}

void text_addf(struct text *t, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	/* Longer than INT_MAX, or not of the locale: it cannot be written at all. */
	if (len < 0)
		t->out_of_memory = true;
	if (len < 0 || !reserve(t, (size_t)len))
		return;
	va_start(args, format);
	vsnprintf(t->s + t->len, (size_t)len + 1, format, args);
	va_end(args);
	t->len += (size_t)len;
}

const char *text_str(const struct text *t)
{
	return t->s ? t->s : "";
}

bool text_ok(const struct text *t)
{
	return !t->out_of_memory;
}

char *text_take(struct text *t)
{
	char *s = NULL;

	if (reserve(t, 0)) {
		t->s[t->len] = '\0';
		s = t->s;
		*t = (struct text){ 0 };
	}
	return s;
}

void text_release(struct text *t)
{
	free(t->s);
}

void text_clear(struct text *t)
{
	free(t->s);
	*t = (struct text){ 0 };
}
