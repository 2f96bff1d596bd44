/*
 * What the rules of a tunnel should be: whole hostnames before those with a star,
 * each before the first rule that would take what is for it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "formats/ingress.h"
#include "formats/upstream.h"

static int by_reach(const void *a, const void *b)
{
	const struct ingress_want *x = a, *y = b;
	const bool x_star = x->hostname[0] == '*', y_star = y->hostname[0] == '*';

	if (x_star != y_star)
		return x_star ? 1 : -1;
	/* Of two with a star the longer one takes less. */
	if (x_star && strlen(x->hostname) != strlen(y->hostname))
		return strlen(x->hostname) > strlen(y->hostname) ? -1 : 1;
	return strcasecmp(x->hostname, y->hostname);
}

static bool is_for(const struct ingress_rule *rule, const char *hostname)
{
	return !strcasecmp(rule->hostname.text, hostname);
}

/*
 * The rule that the entry is about: the one for all paths; one with a path, if it is the
 * only one, or leads there.  `count`: there is none.
 */
static unsigned rule_of(const struct ingress *in, const struct ingress_want *want)
{
	unsigned with_path = in->count, n_with_path = 0;

	for (unsigned i = 0; i < in->count; i++) {
		const struct ingress_rule *rule = &in->rules[i];

		if (!is_for(rule, want->hostname))
			continue;
		if (!*rule->path.text)
			return i;
		if (!n_with_path++ || rule->port == want->port)
			with_path = i;
	}
	if (n_with_path > 1 && in->rules[with_path].port != want->port)
		return in->count;
	return with_path;
}

static unsigned place_of(const struct ingress *in, const char *hostname)
{
	unsigned i = 0;

	while (i < in->count &&
	       (*in->rules[i].path.text || !ingress_takes(in->rules[i].hostname.text, hostname)))
		i++;
	return i;
}

void ingress_plan(const struct ingress *in, struct ingress_want *wants, unsigned count,
		  struct ingress_step *steps)
{
	qsort(wants, count, sizeof(*wants), by_reach);
	for (unsigned i = 0; i < count; i++) {
		unsigned rule = rule_of(in, &wants[i]);

		steps[i] = (struct ingress_step){ &wants[i], INGRESS_KEPT, rule };
		if (rule == in->count)
			steps[i] = (struct ingress_step){ &wants[i], INGRESS_ADDED,
							  place_of(in, wants[i].hostname) };
		else if (in->rules[rule].port != wants[i].port)
			steps[i].change = INGRESS_CORRECTED;
	}
}

void ingress_service(const char *old, uint16_t port, struct text *ret)
{
	const char *scheme = strstr(old, "://"), *host = scheme ? scheme + 3 : old, *rest;

	if (!upstream_port(old)) {
		text_addf(ret, "http://localhost:%u", port);
		return;
	}
	rest = host + strcspn(host, "[/?#:");
	if (*rest == '[')
		rest += strcspn(rest, "]") + 1;
	text_add_bytes(ret, old, (size_t)(rest - old));
	text_addf(ret, ":%u", port);
	text_add(ret, rest + strcspn(rest, "/?#"));
}
