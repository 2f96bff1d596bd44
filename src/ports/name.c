#include "ports/name.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/cursor.h"
#include "base/utf8.h"

static bool may_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool may_follow(char c)
{
	return may_start(c) || c == '.' || c == '_' || c == '-';
}

static char fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* "an environment", "a host" */
static const char *article(const char *what)
{
	return strchr("aeio", what[0]) ? "an" : "a";
}

bool name_fold(const char *what, const char *text, char ret[static NAME_SIZE], struct err *err)
{
	size_t len = strlen(text);
	char name[NAME_SIZE] = "";

	if (len == 0)
		return fail(err, ERR_INVALID, "the name of %s %s is empty", article(what), what);
	if (!utf8_is_printable(text, len))
		return fail(
			err, ERR_INVALID,
			"the name of %s %s holds control characters or bytes that are not UTF-8",
			article(what), what);
	if (len >= NAME_SIZE)
		return fail(err, ERR_INVALID,
			    "'%.20s...' is too long for %s %s: at most %d characters", text,
			    article(what), what, NAME_SIZE - 1);
	for (size_t i = 0; i < len; i++) {
		name[i] = fold(text[i]);
		if (i == 0 ? !may_start(name[i]) : !may_follow(name[i]))
			return fail(err, ERR_INVALID,
				    "'%s' cannot name %s %s: letters, digits, and inside . _ -",
				    text, article(what), what);
	}
	if (strstr(name, ".."))
		return fail(err, ERR_INVALID, "'%s' cannot name %s %s: '..' is not allowed", text,
			    article(what), what);
	memcpy(ret, name, sizeof(name));
	return true;
}

bool name_from_words(const char *text, char ret[static NAME_SIZE])
{
	char name[NAME_SIZE] = "";
	size_t len = 0;

	for (; *text && len < NAME_SIZE - 1; text++) {
		char c = may_follow(fold(*text)) ? fold(*text) : '-';
		bool twice = len && !may_start(c) && !may_start(name[len - 1]);

		if (!twice && (len || may_start(c)))
			name[len++] = c;
	}
	while (len && !may_start(name[len - 1]))
		name[--len] = '\0';
	if (!len)
		return false;
	memcpy(ret, name, sizeof(name));
	return true;
}

static bool instance_parse(const char *text, const char *whole, unsigned *ret, struct err *err)
{
	const char *at = text;
	uint64_t n;

	if (!eat_number(&at, INSTANCE_MAX, &n) || !eat_end(&at) || n == 0)
		return fail(err, ERR_INVALID,
			    "'%.150s' names no instance: after '@' comes a number from 1 to %d",
			    whole, INSTANCE_MAX);
	*ret = (unsigned)n;
	return true;
}

/* `text` is "project", "project@2", "@2" or "". */
static bool owner_parse(const char *text, const char *whole, struct service_ref *ref,
			struct err *err)
{
	char project[NAME_SIZE + 1];
	const char *at = strchr(text, '@');
	size_t len = at ? (size_t)(at - text) : strlen(text);

	if (at && !instance_parse(at + 1, whole, &ref->instance, err))
		return false;
	if (len == 0)
		return true;
	snprintf(project, sizeof(project), "%.*s", (int)(len < NAME_SIZE ? len : NAME_SIZE), text);
	return name_fold("project", project, ref->project, err);
}

bool service_ref_parse(const char *text, struct service_ref *ret, struct err *err)
{
	struct service_ref ref = { 0 };
	char owner[2 * NAME_SIZE + 16];
	const char *slash = strchr(text, '/');

	if (!slash) {
		if (!name_fold("service", text, ref.service, err))
			return false;
		*ret = ref;
		return true;
	}
	if ((size_t)(slash - text) >= sizeof(owner))
		return fail(err, ERR_INVALID, "'%.20s...' is too long for a project", text);
	if (slash == text)
		return fail(err, ERR_INVALID, "'%.150s' names no project before the '/'", text);
	memcpy(owner, text, (size_t)(slash - text));
	owner[slash - text] = '\0';
	if (!owner_parse(owner, text, &ref, err) ||
	    !name_fold("service", slash + 1, ref.service, err))
		return false;
	*ret = ref;
	return true;
}

bool project_ref_parse(const char *text, struct service_ref *ret, struct err *err)
{
	struct service_ref ref = { 0 };

	if (!*text)
		return fail(err, ERR_INVALID, "the name of a project is empty");
	if (!owner_parse(text, text, &ref, err))
		return false;
	*ret = ref;
	return true;
}

void name_variable(const char *service, unsigned nth, char ret[static VARIABLE_SIZE])
{
	char name[NAME_SIZE + 1];
	size_t len = 0;

	if (service[0] >= '0' && service[0] <= '9')
		name[len++] = '_';
	for (; *service && len < NAME_SIZE; service++) {
		char c = *service;

		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		name[len++] = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : '_';
	}
	name[len] = '\0';
	if (nth > 1)
		snprintf(ret, VARIABLE_SIZE, "%s_PORT_%u", name, nth);
	else
		snprintf(ret, VARIABLE_SIZE, "%s_PORT", name);
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* One row of the table of distances, from the row before it and the one before that. */
static void distance_row(const char *a, size_t i, const char *b, size_t len_b,
			 const unsigned *two_above, const unsigned *above, unsigned *row)
{
	row[0] = (unsigned)i;
	for (size_t j = 1; j <= len_b; j++) {
		row[j] = least(least(above[j], row[j - 1]) + 1,
			       above[j - 1] + (a[i - 1] != b[j - 1]));
		if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
			row[j] = least(row[j], two_above[j - 2] + 1);
	}
}

/* Levenshtein's distance in which two neighbours that changed places are one edit, too. */
unsigned name_distance(const char *a, const char *b, unsigned most)
{
	size_t len_a = strnlen(a, NAME_SIZE), len_b = strnlen(b, NAME_SIZE);
	unsigned rows[3][NAME_SIZE + 1] = { 0 };

	for (size_t j = 0; j <= len_b; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= len_a; i++)
		distance_row(a, i, b, len_b, rows[(i + 1) % 3], rows[(i + 2) % 3], rows[i % 3]);
	return least(rows[len_a % 3][len_b], most + 1);
}

/* RFC 1035 section 2.3.4: labels of 63 octets; 253 characters of text make the 255 of a name. */
#define DNS_LABEL_MAX 63

bool name_is_dns(const char *name)
{
	size_t label = 0, len = strlen(name);
	char last = '.';

	if (len == 0 || len > DNS_NAME_MAX)
		return false;
	if (!strncmp(name, "*.", 2))
		name += 2;
	for (; *name; last = *name++) {
		bool word = isalnum((unsigned char)*name) != 0 || *name == '_';

		if (*name == '.' && (label == 0 || last == '-'))
			return false;
		if (*name != '.' && !word && (*name != '-' || label == 0))
			return false;
		label = *name == '.' ? 0 : label + 1;
		if (label > DNS_LABEL_MAX)
			return false;
	}
	return label > 0 && last != '-';
}
