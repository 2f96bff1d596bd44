#include "formats/render.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "formats/render_rows.h"

#define FILES(...) ((const char *const[]){ __VA_ARGS__, NULL })

static const struct block_marks hash = { "# ", "" }, slashes = { "// ", "" },
				html = { "<!-- ", " -->" };

/* clang-format off */
const struct render_format render_formats[] = {
	{ .name = "json", .files = FILES(".ports.json"),
	  .render = json_render, .splice = json_splice },
	{ .name = "dotenv", .alias = "env", .files = FILES(".ports.env"),
	  .render = dotenv_render, .splice = dotenv_splice, .scan = scan_dotenv },
	{ .name = "direnv", .alias = "envrc", .files = FILES(".envrc"),
	  .render = direnv_render, .splice = direnv_splice, .scan = scan_dotenv },
	{ .name = "docker-compose", .alias = "compose",
	  .files = FILES("compose.override.yaml", "compose.override.yml",
			 "docker-compose.override.yaml", "docker-compose.override.yml"),
	  .bases = FILES("compose.yaml", "compose.yml", "docker-compose.yaml",
			 "docker-compose.yml"),
	  .splice = compose_splice, .rest = compose_rest, .scan = scan_compose },
	{ .name = "package-json", .alias = "npm", .files = FILES("package.json"),
	  .splice = package_json_splice, .scan = scan_package_json },
	{ .name = "next", .files = FILES("package.json"),
	  .splice = next_splice, .scan = scan_package_json },
	{ .name = "vite",
	  .files = FILES("vite.config.ts", "vite.config.js", "vite.config.mts",
			 "vite.config.mjs", "vite.config.cts", "vite.config.cjs"),
	  .splice = vite_splice },
	{ .name = "supabase", .files = FILES("supabase/config.toml"),
	  .splice = supabase_splice, .scan = scan_supabase },
	{ .name = "Procfile", .files = FILES("Procfile"),
	  .splice = procfile_splice, .scan = scan_procfile },
	{ .name = "Makefile", .alias = "make", .files = FILES("ports.mk"),
	  .render = make_render, .marks = &hash },
	{ .name = "systemd", .path = systemd_path, .is_shared = true, .render = systemd_render, .marks = &hash },
	{ .name = "hosts", .files = FILES("/etc/hosts"), .is_shared = true,
	  .render = hosts_render, .marks = &hash },
	{ .name = "markdown", .alias = "md", .files = FILES("PORTS.md"),
	  .render = markdown_render, .marks = &html },
	{ .name = "agents", .files = FILES("AGENTS.md", "CLAUDE.md"),
	  .render = agents_render, .marks = &html },
	{ .name = "express", .files = FILES("ports.cjs"),
	  .render = express_render, .marks = &slashes },
	{ .name = "python", .files = FILES("ports.py"),
	  .render = python_render, .marks = &hash },
	{ .name = "nginx", .files = FILES("ports.nginx.conf"), .is_shared = true,
	  .render = nginx_render, .marks = &hash },
	{ .name = "caddy", .alias = "caddyfile", .files = FILES("ports.Caddyfile"),
	  .is_shared = true, .render = caddy_render, .marks = &hash },
	{ .name = "haproxy", .files = FILES("ports.haproxy.cfg"), .is_shared = true,
	  .render = haproxy_render, .marks = &hash },
	{ .name = "cloudflared", .files = FILES("/etc/cloudflared/config.yml"),
	  .render = cloudflared_render, .splice = cloudflared_splice },
	{ 0 },
};
/* clang-format on */

const struct render_format *render_format_named(const char *name)
{
	for (const struct render_format *f = render_formats; f->name; f++)
		if (!strcasecmp(f->name, name) || (f->alias && !strcasecmp(f->alias, name)))
			return f;
	return NULL;
}

void render_formats_add(struct text *t)
{
	for (const struct render_format *f = render_formats; f->name; f++)
		text_addf(t, "%s%s", f == render_formats ? "" : ", ", f->name);
}

/* --- words that several have */

#undef render_fail
bool render_fail(struct err *err, const char *file, unsigned line, const char *format, ...)
{
	char what[ERR_TEXT_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	return fail(err, ERR_INVALID, "%.200s:%u: %s", file, line, what);
}

const char *line_end_of(const char *bytes, size_t len)
{
	const char *end = len ? memchr(bytes, '\n', len) : NULL;

	return end && end > bytes && end[-1] == '\r' ? "\r\n" : "\n";
}

unsigned line_at(const char *bytes, size_t at)
{
	unsigned line = 1;

	for (size_t i = 0; i < at; i++)
		line += bytes[i] == '\n';
	return line;
}

const struct port_value *port_of_service(const struct port_values *v, const char *service)
{
	for (unsigned i = 0; i < v->count; i++)
		if (v->items[i].nth == 1 && v->items[i].protocol == PROTO_TCP &&
		    !strcmp(v->items[i].service, service))
			return &v->items[i];
	return NULL;
}

/*
 * Types of services that speak something else, and what such services are called: the aliases
 * of policies/types.yaml, and names of protocols.
 */
static bool speaks_another(const char *word)
{
	static const char *const words[] = {
		"db",	    "database", "postgres",   "postgresql", "mysql",	"mariadb",
		"mongo",    "mongodb",	"clickhouse", "cache",	    "redis",	"valkey",
		"queue",    "broker",	"nats",	      "kafka",	    "rabbitmq", "memcached",
		"temporal", "smtp",	"imap",	      "mqtt",	    "ssh",	"amqp",
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (!strcmp(word, words[i]))
			return true;
	return false;
}

bool port_is_http(const struct port_value *p)
{
	const char *dash = strrchr(p->service, '-');

	if (p->protocol != PROTO_TCP)
		return false;
	if (p->type && strcmp(p->type, "misc") != 0)
		return !speaks_another(p->type);
	return !speaks_another(dash ? dash + 1 : p->service);
}

/* Rationale: RFC 1035 2.3.4, 63 octets, less what an instance's number adds ("-9999"). */
#define LABEL_MAX 58

/* Letters, digits and inner dashes, as RFC 1123 has it. Returns where it ends. */
static size_t add_label(char *ret, size_t at, const char *name)
{
	size_t start = at;

	for (; *name && at - start < LABEL_MAX; name++) {
		bool is_plain = isalnum((unsigned char)*name);

		if (is_plain || at > start)
			ret[at++] = is_plain ? *name : '-';
	}
	while (at > start && ret[at - 1] == '-')
		at--;
	return at;
}

/* DESIGN's environment of those who name none: it goes without saying. */
static bool is_usual(const char *environment)
{
	return !strcmp(environment, "dev");
}

void local_hostname(const struct port_values *v, const struct port_value *p,
		    char ret[static LOCAL_NAME_SIZE])
{
	size_t at = add_label(ret, 0, p->service);

	ret[at++] = '.';
	if (!is_usual(v->environment)) {
		at = add_label(ret, at, v->environment);
		ret[at++] = '.';
	}
	at = add_label(ret, at, v->project);
	if (v->instance > 1)
		at += (size_t)snprintf(ret + at, LOCAL_NAME_SIZE - at, "-%u", v->instance);
	snprintf(ret + at, LOCAL_NAME_SIZE - at, ".localhost");
}

void scoped_name(const struct port_values *v, const struct port_value *p,
		 char ret[static SCOPED_NAME_SIZE])
{
	bool usual = is_usual(v->environment);
	char instance[16] = "", nth[16] = "";

	if (v->instance > 1)
		snprintf(instance, sizeof(instance), "-%u", v->instance);
	if (p->nth > 1)
		snprintf(nth, sizeof(nth), "_%u", p->nth);
	snprintf(ret, SCOPED_NAME_SIZE, "%s%s%s%s_%s%s", v->project, instance, usual ? "" : "_",
		 usual ? "" : v->environment, p->service, nth);
}

/* --- a format's own form, and its place in a file */

/* Rationale: " PROJECT@INSTANCE ENVIRONMENT", two names and a number. */
#define KEY_SIZE (2 * NAME_SIZE + 16)

/* Whose block it is, where several stand in one file. */
static const char *key_of(const struct render_format *f, const struct port_values *v,
			  char ret[static KEY_SIZE])
{
	ret[0] = '\0';
	if (f->is_shared)
		snprintf(ret, KEY_SIZE, " %s@%u %s", v->project, v->instance, v->environment);
	return ret;
}

bool render_new(const struct render_format *f, const struct port_values *v, struct text *ret,
		struct err *err)
{
	CLEANUP(text_release) struct text body = { 0 };
	char key[KEY_SIZE];

	if (!f->render)
		return fail(err, ERR_INVALID, "%s has no form without a file", f->name);
	if (!f->render(v, &body, err))
		return false;
	if (!text_ok(&body))
		return fail_memory(err);
	if (f->marks)
		block_add(f->marks, key_of(f, v, key), v->command, &body, ret);
	else
		text_add_bytes(ret, text_str(&body), body.len);
	return text_ok(ret) || fail_memory(err);
}

static bool splice_block(const struct render_format *f, const struct port_values *v,
			 const struct file_bytes *old, struct text *ret, struct err *err)
{
	CLEANUP(text_release) struct text body = { 0 };
	char key[KEY_SIZE];

	return f->render(v, &body, err) && (text_ok(&body) || fail_memory(err)) &&
	       block_splice(f->marks, key_of(f, v, key), v->command, &body, old, ret, err);
}

static bool new_file(const struct render_format *f, const struct port_values *v,
		     const struct file_bytes *old, struct text *ret, struct err *err)
{
	return f->render ? render_new(f, v, ret, err)
			 : fail(err, ERR_NOT_FOUND, "there is no '%.200s' to bring ports into",
				old->name);
}

static bool splice_once(const struct render_format *f, const struct port_values *v,
			const struct file_bytes *old, const struct file_bytes *base,
			struct text *ret, struct err *err)
{
	if (!old->bytes)
		return f->bases ? f->splice(v, old, base, ret, err) : new_file(f, v, old, ret, err);
	return f->splice ? f->splice(v, old, base, ret, err) : splice_block(f, v, old, ret, err);
}

/* What is not the same after a second time was not understood the first time. */
static bool is_settled(const struct render_format *f, const struct port_values *v,
		       const struct file_bytes *old, const struct file_bytes *base,
		       const struct text *once, struct err *err)
{
	const struct file_bytes again = { old->name, text_str(once), once->len };
	CLEANUP(text_release) struct text twice = { 0 };

	if (!splice_once(f, v, &again, base, &twice, err))
		return false;
	return (once->len == twice.len && !memcmp(text_str(once), text_str(&twice), once->len)) ||
	       fail(err, ERR_INVALID, "%.200s: cannot be brought to our ports and stay so",
		    old->name);
}

bool render_splice(const struct render_format *f, const struct port_values *v,
		   const struct file_bytes *old, const struct file_bytes *base, struct text *ret,
		   struct err *err)
{
	CLEANUP(text_release) struct text once = { 0 };

	if ((old->bytes && !scan_is_text(old->bytes, old->len, old->name, err)) ||
	    (base && base->bytes && !scan_is_text(base->bytes, base->len, base->name, err)))
		return false;
	if (!splice_once(f, v, old, base, &once, err) || !is_settled(f, v, old, base, &once, err))
		return false;
	text_add_bytes(ret, text_str(&once), once.len);
	return text_ok(ret) || fail_memory(err);
}
