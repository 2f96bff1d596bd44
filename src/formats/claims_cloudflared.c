/*
 * What the rules of a Cloudflare tunnel claim: a service by its hostname.
 */
#include "formats/claim.h"
#include "formats/ingress.h"
#include "formats/upstream.h"

static bool tell_rule(const struct ingress_rule *rule, claim_fn *fn, void *arg)
{
	struct claim c = claim_of(CLAIM_ENTRY, rule->said);
	char service[NAME_SIZE];

	if (!rule->port)
		return true;
	c.ports = (struct port_range){ rule->port, rule->port };
	c.is_systems = upstream_is_systems(rule->service.text);
	c.service = CLAIM_SERVICE;
	if (upstream_service(rule->hostname.text, service))
		c.service = service;
	if (name_is_dns(rule->hostname.text))
		c.tunnel_hostname = rule->hostname.text;
	return fn(&c, arg);
}

bool claims_cloudflared(const char *bytes, size_t len, const char *file, claim_fn *fn, void *arg,
			struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct ingress in;

	if (!claim_open(&bytes, &len, file, err) ||
	    !ingress_read(&arena, bytes, len, file, &in, err))
		return false;
	for (unsigned i = 0; i < in.count; i++)
		if (!tell_rule(&in.rules[i], fn, arg))
			return false;
	return true;
}
