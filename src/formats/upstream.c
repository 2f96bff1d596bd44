#include "formats/upstream.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/cursor.h"
#include "base/macros.h"

/* Rationale: a hostname, a scheme before it and a port behind it. */
#define HOST_SIZE (DNS_NAME_MAX + 1)

static const struct scheme {
	const char *name;
	uint16_t port;
} schemes[] = {
	{ "http://", 80 },   { "https://", 443 }, { "h2c://", 80 },    { "h2://", 443 },
	{ "ws://", 80 },     { "wss://", 443 },	  { "grpc://", 80 },   { "grpcs://", 443 },
	{ "fastcgi://", 0 }, { "tcp://", 0 },	  { "smb://", 445 },   { "ssh://", 22 },
	{ "rdp://", 3389 },  { "uwsgi://", 0 },	  { "bastion://", 0 },
};

/* An unknown one leads nowhere that we know. */
static bool eat_scheme(const char **at, uint16_t *ret)
{
	*ret = 80;
	if (!strstr(*at, "://"))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
		if (!strncasecmp(*at, schemes[i].name, strlen(schemes[i].name))) {
			*at += strlen(schemes[i].name);
			*ret = schemes[i].port;
			return true;
		}
	return false;
}

/* "localhost" or "[::1]", without the brackets; what is too long is none of ours. */
static bool eat_host(const char **at, char ret[static HOST_SIZE])
{
	bool is_v6 = eat_char(at, '[');
	size_t len = strcspn(*at, is_v6 ? "]" : ":/?#");

	if (len >= HOST_SIZE)
		return false;
	memcpy(ret, *at, len);
	ret[len] = '\0';
	*at += len;
	return !is_v6 || eat_char(at, ']');
}

/* 127.0.0.0/8 is this machine (RFC 1122, section 3.2.1.3). */
bool upstream_is_here(const char *host)
{
	static const char *const names[] = {
		"", "localhost", "0.0.0.0", "::", "::1", "host.docker.internal", "ip6-localhost"
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (!strcasecmp(host, names[i]))
			return true;
	return !strncmp(host, "127.", 4) && !host[strspn(host, "0123456789.")];
}

uint16_t upstream_port(const char *text)
{
	const char *at = text;
	char host[HOST_SIZE];
	uint16_t port;

	if (!*text || !eat_scheme(&at, &port) || !eat_host(&at, host) || !upstream_is_here(host))
		return 0;
	if (eat_char(&at, ':') ? !eat_port(&at, &port) : !*host)
		return 0;
	return eat_end(&at) || strchr("/?#", *at) ? port : 0;
}

bool upstream_is_systems(const char *text)
{
	const char *at = text;
	uint16_t usual;

	return strstr(text, "://") && eat_scheme(&at, &usual) && usual &&
	       upstream_port(text) == usual;
}

bool upstream_service(const char *hostname, char ret[static NAME_SIZE])
{
	char label[NAME_SIZE];
	const char *at = hostname;

	eat_word(&at, "*.");
	if (!strncasecmp(at, "www.", 4))
		at += 4;
	snprintf(label, sizeof(label), "%.*s", (int)strcspn(at, "."), at);
	return name_from_words(label, ret);
}
