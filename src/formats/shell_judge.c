/*
 * What a program's words say of its port.  A row of the table says where to look; a program
 * without one is asked only for what hardly means anything else: --port, and PORT before it.
 */
#include <ctype.h>
#include <string.h>

#include "base/macros.h"
#include "formats/shell_own.h"

/* Options and variables of programs that no table has. */
#define ANY_OPTIONS "--port -port --http-port --server.port -Dserver.port --listen-port --http.port"
#define ANY_BINDS   "--listen -listen --bind --urls"
#define ANY_VARIABLES                                                                          \
	"PORT HTTP_PORT SERVER_PORT LISTEN_PORT DEV_PORT DEV_SERVER_PORT VITE_PORT NUXT_PORT " \
	"NITRO_PORT FLASK_RUN_PORT UVICORN_PORT STREAMLIT_SERVER_PORT GRADIO_SERVER_PORT "     \
	"ASPNETCORE_HTTP_PORTS"
#define UNSURE_OPTIONS "-p"
#define UNSURE_BINDS   "--addr -addr --address --host"

/* What was found of one kind. */
enum said {
	NOTHING,
	A_PORT,
	SOMETHING /* that is no number here: $PORT, 0, a socket's path */
};

/* --- numbers */

static bool digits(const char *text, size_t *at, uint16_t *ret)
{
	unsigned long n = 0;
	size_t from = *at;

	for (; isdigit((unsigned char)text[*at]) && *at - from < 6; (*at)++)
		n = n * 10 + (unsigned long)(text[*at] - '0');
	if (*at == from || n == 0 || n > UINT16_MAX)
		return false;
	*ret = (uint16_t)n;
	return true;
}

bool shell_number_at(const struct shell_word *w, size_t start, const char *ends,
		     struct shell_number *ret)
{
	struct shell_number n = { .at = start };
	size_t at = start;

	if (start > w->len || !digits(w->text, &at, &n.first))
		return false;
	n.last = n.first;
	if (w->text[at] == '-' && isdigit((unsigned char)w->text[at + 1])) {
		at++;
		if (!digits(w->text, &at, &n.last) || n.last < n.first)
			return false;
	}
	if (at < w->len && !strchr(ends, w->text[at]))
		return false;
	n.len = at - start;
	*ret = n;
	return true;
}

/* The letters stand beside each other in the command. */
static bool is_whole(const struct shell_word *w, const struct shell_number *n)
{
	for (size_t i = 0; i < n->len; i++)
		if (w->spots[n->at].place == SHELL_NOWHERE ||
		    w->spots[n->at + i].place != w->spots[n->at].place + i)
			return false;
	return true;
}

static bool has_fallback(const struct shell_word *w, const struct shell_number *n)
{
	for (size_t i = 0; i < n->len; i++)
		if (w->spots[n->at + i].is_fallback)
			return true;
	return false;
}

/* --- findings */

static struct shell_port *add(struct shell_finder *f, const struct shell_port *found)
{
	for (unsigned i = 0; i < f->ret->count; i++) {
		struct shell_port *p = &f->ret->items[i];

		if (p->at != SHELL_NOWHERE && p->at == found->at && p->how == found->how)
			return NULL;
	}
	if (f->ret->count == SHELL_PORTS_MAX)
		return NULL;
	f->ret->items[f->ret->count] = *found;
	return &f->ret->items[f->ret->count++];
}

struct shell_port *shell_found(struct shell_finder *f, enum shell_port_how how,
			       const struct shell_word *w, const struct shell_number *number)
{
	bool whole = is_whole(w, number);
	struct shell_port p = {
		.how = how,
		.port = number->first,
		.last = number->last,
		.at = whole ? w->spots[number->at].place : SHELL_NOWHERE,
		.len = whole ? number->len : 0,
		.script = f->origin ? f->origin->name : NULL,
		.folder = f->scope.folder,
		.is_fallback = has_fallback(w, number),
	};

	if (whole && number->first == number->last)
		p.fix = (struct shell_fix){ true, p.at, p.len, "", "" };
	return add(f, &p);
}

static void name_program(struct shell_port *p, const struct shell_call *call,
			 const struct shell_server *server)
{
	if (!p)
		return;
	p->program = call->program;
	p->server = server;
}

/* --- explicit ports */

struct value {
	const struct shell_word *word;
	size_t start;
};

/* Is the word this option, and where is its value?  A word of NULL: it has none. */
static bool is_option(const struct shell_call *call, unsigned k, const char *option, size_t len,
		      struct value *ret)
{
	const struct shell_word *w = &call->words[k];

	if (strncmp(w->text, option, len))
		return false;
	if (w->len == len) {
		*ret = (struct value){ k + 1 < call->count ? w + 1 : NULL, 0 };
		return true;
	}
	*ret = (struct value){ w, len + (w->text[len] == '=') };
	return w->text[len] == '=' || (len == 2 && isdigit((unsigned char)w->text[len]));
}

/* Where the port of "tcp://0.0.0.0:3000/" is. */
static size_t behind_colon(const struct shell_word *w, size_t start)
{
	const char *colon = strrchr(w->text + start, ':');

	return colon ? (size_t)(colon - w->text) + 1 : start;
}

/* The same for any of "--port -p". */
static bool is_one_of(const struct shell_call *call, unsigned k, const char *options,
		      struct value *ret)
{
	for (const char *o = options; o && *o; o += strspn(o, " ")) {
		size_t len = strcspn(o, " ");

		if (is_option(call, k, o, len, ret))
			return true;
		o += len;
	}
	return false;
}

static enum said take(struct shell_finder *f, const struct shell_call *call,
		      const struct shell_server *server, const struct value *v, bool is_address,
		      bool is_unsure)
{
	struct shell_number n;
	struct shell_port *p;

	if (!v->word ||
	    !shell_number_at(v->word, is_address ? behind_colon(v->word, v->start) : v->start,
			     is_address ? "/" : "", &n))
		return SOMETHING;
	p = shell_found(f, SHELL_PORT_OPTION, v->word, &n);
	name_program(p, call, server);
	if (p) {
		p->is_unsure = is_unsure;
		p->is_address = is_address;
	}
	return A_PORT;
}

static enum said take_any(struct shell_finder *f, const struct shell_call *call,
			  const struct shell_server *server, const char *options, bool is_address,
			  bool is_unsure)
{
	enum said said = NOTHING;
	struct value v;

	for (unsigned k = 1; k < call->count; k++)
		if (is_one_of(call, k, options, &v))
			said = take(f, call, server, &v, is_address, is_unsure);
	return said;
}

/* Behind "--" stand no options of the program's own; those of a script's runner are off by now. */
static unsigned options_end(const struct shell_call *call)
{
	for (unsigned k = 1; k < call->count; k++)
		if (!strcmp(call->words[k].text, "--"))
			return k;
	return call->count;
}

static enum said take_last_of(struct shell_finder *f, const struct shell_call *call,
			      const struct shell_server *server, unsigned first, unsigned end)
{
	struct value v;

	for (unsigned k = end; k-- > first;)
		if (is_one_of(call, k, server->options, &v))
			return take(f, call, server, &v, false, false);
	return NOTHING;
}

/* A server's options for its port mean the same, and the last one counts; one behind "--" is for
   whom it may pass that on to, if it has none itself. */
static enum said take_last(struct shell_finder *f, const struct shell_call *call,
			   const struct shell_server *server)
{
	unsigned end = options_end(call);
	enum said said = take_last_of(f, call, server, 1, end);

	return said != NOTHING ? said : take_last_of(f, call, server, end, call->count);
}

/* 8000, localhost:8000 */
static enum said take_positional(struct shell_finder *f, const struct shell_call *call,
				 const struct shell_server *server, unsigned last)
{
	for (unsigned k = last + 1; k < call->count; k++) {
		const struct shell_word *w = &call->words[k];
		struct shell_number n;

		if (*w->text == '-')
			continue;
		if (strchr(w->text, SHELL_UNKNOWN))
			return SOMETHING;
		if (!shell_number_at(w, behind_colon(w, 0), "", &n) || n.first != n.last)
			continue;
		name_program(shell_found(f, SHELL_PORT_ARGUMENT, w, &n), call, server);
		return A_PORT;
	}
	return NOTHING;
}

/* --- variables */

static bool ends_with_port(const struct shell_known *v)
{
	return v->len > 5 && !memcmp(v->name + v->len - 5, "_PORT", 5);
}

static bool is_last_of_name(const struct shell_finder *f, unsigned i)
{
	for (unsigned k = i + 1; k < f->scope.known_count; k++)
		if (f->known[k].len == f->known[i].len &&
		    !memcmp(f->known[k].name, f->known[i].name, f->known[i].len))
			return false;
	return true;
}

static void take_variable(struct shell_finder *f, const struct shell_call *call,
			  const struct shell_server *server, const struct shell_known *v,
			  bool is_unsure)
{
	struct shell_number n;
	struct shell_port *p;

	if (!shell_number_at(v->value, 0, "", &n) || n.first != n.last)
		return;
	p = shell_found(f, SHELL_PORT_VARIABLE, v->value, &n);
	name_program(p, call, server);
	if (!p)
		return;
	p->is_unsure = is_unsure;
	p->variable = arena_printf(f->arena, "%.*s", (int)v->len, v->name);
}

/* What is set for the program; `obeyed`: the variable that it is known to look into. */
static enum said take_variables(struct shell_finder *f, const struct shell_call *call,
				const struct shell_server *server, const char *obeyed)
{
	enum said said = NOTHING;

	for (unsigned i = 0; i < f->scope.known_count; i++) {
		const struct shell_known *v = &f->known[i];
		bool is_obeyed, is_sure;

		if (!v->is_exported || !is_last_of_name(f, i))
			continue;
		is_obeyed = obeyed && strlen(obeyed) == v->len && !memcmp(obeyed, v->name, v->len);
		is_sure = is_obeyed || shell_words_have(ANY_VARIABLES, v->name, v->len);
		if (is_obeyed)
			said = SOMETHING;
		if (is_sure || ends_with_port(v))
			take_variable(f, call, server, v, !is_sure);
	}
	return said;
}

/* --- default ports */

static bool is_switch_off(const char *word)
{
	static const char *const words[] = { "--help",	 "--version", "-V", "help",
					     "--config", "-c",	      NULL };
	size_t len = strlen(word);

	for (size_t i = 0; words[i]; i++)
		if (!strcmp(words[i], word))
			return true;
	return !strncmp(word, "--config=", 9) || (len > 5 && !strcmp(word + len - 5, ".conf")) ||
	       (word[0] == SHELL_UNKNOWN && !word[1]);
}

/* It serves, as it is called, and nothing else says where. */
static bool serves(const struct shell_call *call, const struct shell_server *server)
{
	for (unsigned k = 1; k < call->count; k++) {
		const struct shell_word *w = &call->words[k];

		if (is_switch_off(w->text) || shell_words_have(server->serves_not, w->text, w->len))
			return false;
	}
	return call->count != 2 || strcmp(call->words[1].text, "-v") != 0;
}

static void fix_by_option(struct shell_finder *f, const struct shell_server *s, size_t at,
			  const char *before, struct shell_fix *ret)
{
	*ret = (struct shell_fix){
		.is_known = at != SHELL_NOWHERE,
		.at = at,
		.before = arena_printf(f->arena, "%s%s", before, s->gives),
		.after = "",
	};
	f->has_failed = f->has_failed || !ret->before;
}

static void fix_by_variable(struct shell_finder *f, const struct shell_server *s, size_t at,
			    struct shell_fix *ret)
{
	*ret = (struct shell_fix){
		.is_known = at != SHELL_NOWHERE,
		.at = at,
		.before = arena_printf(f->arena, "%s=", s->variable),
		.after = " ",
	};
	f->has_failed = f->has_failed || !ret->before;
}

/* The arguments that a script's runner passes on go to its last command. */
static bool is_last(const struct shell_finder *f, const struct shell_call *call)
{
	size_t len = f->text->len;

	while (len > call->end && isspace((unsigned char)f->text->s[len - 1]))
		len--;
	return call->end == len;
}

static void fix_default(struct shell_finder *f, const struct shell_call *call,
			const struct shell_server *s, unsigned last, struct shell_fix *ret)
{
	const struct shell_origin *o = f->origin;
	size_t behind = shell_place_behind(f->text, call->words[last].end);
	size_t begin = shell_place(f->text, call->begin);

	if (behind != SHELL_NOWHERE && s->gives)
		fix_by_option(f, s, behind, " ", ret);
	else if (begin != SHELL_NOWHERE && s->variable)
		fix_by_variable(f, s, begin, ret);
	else if (o && s->variable)
		fix_by_variable(f, s, o->env_at, ret);
	else if (o && s->gives && is_last(f, call))
		fix_by_option(f, s, o->args_at, o->args_before, ret);
}

static void add_default(struct shell_finder *f, const struct shell_call *call,
			const struct shell_server *s, unsigned last)
{
	struct shell_port p = {
		.how = SHELL_PORT_DEFAULT,
		.port = s->port,
		.last = s->port,
		.at = SHELL_NOWHERE,
		.program = call->program,
		.script = f->origin ? f->origin->name : NULL,
		.folder = f->scope.folder,
		.server = s,
	};

	fix_default(f, call, s, last, &p.fix);
	add(f, &p);
}

/* --- programs */

static void judge_known(struct shell_finder *f, const struct shell_call *call,
			const struct shell_server *s, unsigned last)
{
	enum said said = take_last(f, call, s);
	enum said bound = take_any(f, call, s, s->binds, true, false);

	if (s->is_positional && said == NOTHING)
		said = take_positional(f, call, s, last);
	if (said != NOTHING || bound != NOTHING || !serves(call, s))
		return;
	if (take_variables(f, call, s, s->variable) != NOTHING)
		return;
	if (s->port && !(s->variable && call->env_is_unknown))
		add_default(f, call, s, last);
}

/* make PORT=3000 */
static void take_make(struct shell_finder *f, const struct shell_call *call)
{
	if (!shell_words_have("make gmake just task", call->program, strlen(call->program)))
		return;
	for (unsigned k = 1; k < call->count; k++) {
		size_t len = shell_assigned(&call->words[k]);
		struct shell_known v = { call->words[k].text, len, &call->words[k], true };
		struct shell_number n;
		struct shell_port *p;

		if (!len || !shell_words_have(ANY_VARIABLES, v.name, len) ||
		    !shell_number_at(v.value, len + 1, "", &n))
			continue;
		p = shell_found(f, SHELL_PORT_VARIABLE, v.value, &n);
		name_program(p, call, NULL);
		if (p)
			p->variable = arena_printf(f->arena, "%.*s", (int)len, v.name);
	}
}

static void judge_unknown(struct shell_finder *f, const struct shell_call *call)
{
	enum said said = take_any(f, call, NULL, ANY_OPTIONS, false, false);
	enum said bound = take_any(f, call, NULL, ANY_BINDS, true, false);

	take_make(f, call);
	if (said == NOTHING && bound == NOTHING) {
		take_any(f, call, NULL, UNSURE_OPTIONS, false, true);
		take_any(f, call, NULL, UNSURE_BINDS, true, true);
	}
	take_variables(f, call, NULL, NULL);
}

void shell_judge(struct shell_finder *f, const struct shell_call *call)
{
	const struct shell_server *server;
	unsigned last;

	if (shell_asks_for_none(call->program) || shell_judge_special(f, call))
		return;
	server = shell_server_of(call, &last);
	if (server)
		judge_known(f, call, server, last);
	else
		judge_unknown(f, call);
}
