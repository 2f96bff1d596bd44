/*
 * What goes between our marks in the configuration of a proxy.  Each is reached
 * without encryption: what is public ends elsewhere, at a tunnel or at somebody's
 * own lines.
 */
#include "formats/render_rows.h"

/* The name that a request has: the public one, else one of this machine. */
static const char *hostname_of(const struct port_values *v, const struct port_value *p,
			       char ret[static LOCAL_NAME_SIZE])
{
	if (p->hostname)
		return p->hostname;
	local_hostname(v, p, ret);
	return ret;
}

/* Does it get a name of its own?  Further ports of a service would have the same. */
static bool has_site(const struct port_value *p)
{
	return p->nth == 1 && port_is_http(p);
}

static bool any_site(const struct port_values *v, const char *format, struct err *err)
{
	for (unsigned i = 0; i < v->count; i++)
		if (has_site(&v->items[i]))
			return true;
	fail(err, ERR_INVALID, "none of these services speaks HTTP, so %s has nothing to do",
	     format);
	return fail_hint(err, "of one that does: portbook update SERVICE --type web");
}

/*
 * Source: nginx.org, ngx_http_upstream_module, ngx_http_proxy_module, and
 * "WebSocket proxying" (HTTP/1.1, Upgrade and Connection passed on).
 */
static void add_nginx_site(const struct port_values *v, const struct port_value *p,
			   struct text *ret)
{
	char name[SCOPED_NAME_SIZE], host[LOCAL_NAME_SIZE];

	scoped_name(v, p, name);
	text_addf(ret, "server {\n\tlisten 80;\n\tserver_name %s;\n\n\tlocation / {\n",
		  hostname_of(v, p, host));
	text_addf(ret,
		  "\t\tproxy_pass http://%s;\n"
		  "\t\tproxy_http_version 1.1;\n"
		  "\t\tproxy_set_header Host $host;\n"
		  "\t\tproxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;\n"
		  "\t\tproxy_set_header X-Forwarded-Proto $scheme;\n"
		  "\t\tproxy_set_header Upgrade $http_upgrade;\n"
		  "\t\tproxy_set_header Connection $http_connection;\n"
		  "\t}\n}\n",
		  name);
}

bool nginx_render(const struct port_values *v, struct text *ret, struct err *err)
{
	char name[SCOPED_NAME_SIZE];

	if (!any_site(v, "nginx", err))
		return false;
	for (unsigned i = 0; i < v->count; i++) {
		if (!port_is_http(&v->items[i]))
			continue;
		scoped_name(v, &v->items[i], name);
		text_addf(ret, "upstream %s {\n\tserver 127.0.0.1:%u;\n}\n", name,
			  v->items[i].port);
	}
	for (unsigned i = 0; i < v->count; i++)
		if (has_site(&v->items[i]))
			add_nginx_site(v, &v->items[i], ret);
	return text_ok(ret) || fail_memory(err);
}

/* Source: caddyserver.com/docs/caddyfile/concepts; http:// asks for no certificate. */
bool caddy_render(const struct port_values *v, struct text *ret, struct err *err)
{
	char host[LOCAL_NAME_SIZE];

	if (!any_site(v, "caddy", err))
		return false;
	for (unsigned i = 0; i < v->count; i++)
		if (has_site(&v->items[i]))
			text_addf(ret, "http://%s {\n\treverse_proxy 127.0.0.1:%u\n}\n",
				  hostname_of(v, &v->items[i], host), v->items[i].port);
	return text_ok(ret) || fail_memory(err);
}

/*
 * Source: HAProxy's configuration manual, 4.2 `server`, 2.x "backend".  Which
 * frontend uses a backend is said in somebody's own lines.
 */
bool haproxy_render(const struct port_values *v, struct text *ret, struct err *err)
{
	char name[SCOPED_NAME_SIZE], host[LOCAL_NAME_SIZE];

	for (unsigned i = 0; i < v->count; i++) {
		const struct port_value *p = &v->items[i];

		if (p->protocol != PROTO_TCP)
			continue;
		scoped_name(v, p, name);
		text_addf(ret, "backend %s\n\tmode %s\n", name, port_is_http(p) ? "http" : "tcp");
		if (has_site(p))
			text_addf(ret, "\t# use_backend %s if { hdr(host) -i %s }\n", name,
				  hostname_of(v, p, host));
		text_addf(ret, "\tserver %s 127.0.0.1:%u check\n", p->service, p->port);
	}
	return text_ok(ret) || fail_memory(err);
}
