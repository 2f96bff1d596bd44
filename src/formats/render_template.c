#include "formats/render_template.h"

#include "base/json.h"
#include "formats/mustache.h"

/* A service's first port has its name; others are only in its list. */
static json_t *service_json(const struct port_values *v, unsigned i)
{
	const struct port_value *p = &v->items[i];
	char host[LOCAL_NAME_SIZE];
	json_t *o = json_object();

	local_hostname(v, p, host);
	if (json_put_text(o, "name", p->service) && json_put_text(o, "variable", p->variable) &&
	    json_put_int(o, "port", p->port) &&
	    json_put_text(o, "protocol", protocol_name(p->protocol)) &&
	    json_put_int(o, "number", p->nth) && json_put_text(o, "type", p->type) &&
	    json_put_text(o, "description", p->description) && json_put_text(o, "unit", p->unit) &&
	    json_put_text(o, "hostname", p->hostname) && json_put_text(o, "localHostname", host) &&
	    json_put_bool(o, "isHttp", port_is_http(p)) && json_put_bool(o, "first", i == 0) &&
	    json_put_bool(o, "last", i + 1 == v->count))
		return o;
	json_decref(o);
	return NULL;
}

static bool put_services(const struct port_values *v, json_t *values)
{
	json_t *services = json_array(), *ports = json_object();
	bool ok = json_put(values, "services", services);

	ok = json_put(values, "ports", ports) && ok;
	for (unsigned i = 0; ok && i < v->count; i++)
		ok = json_append(services, service_json(v, i)) &&
		     json_put_int(ports, v->items[i].variable, v->items[i].port);
	return ok;
}

bool template_render(const struct port_values *v, const struct file_bytes *template,
		     struct text *ret, struct err *err)
{
	CLEANUP(json_cleanup) json_t *values = json_object();

	if (!values || !json_put_text(values, "project", v->project) ||
	    !json_put_int(values, "instance", v->instance) ||
	    !json_put_text(values, "environment", v->environment) ||
	    !json_put_text(values, "command", v->command) || !put_services(v, values) ||
	    (v->is_one && !json_put_int(values, "port", v->items[0].port)))
		return fail_memory(err);
	return scan_is_text(template->bytes, template->len, template->name, err) &&
	       mustache_render(template->bytes, template->len, template->name, values, ret, err);
}
