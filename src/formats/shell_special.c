/* Programs that say their ports in a way of their own. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/macros.h"
#include "formats/shell_own.h"

/* -dp: letters of which `letter` is one. */
static bool is_cluster(const struct shell_word *w, char letter)
{
	return w->text[0] == '-' && isalpha((unsigned char)w->text[1]) &&
	       strspn(w->text + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ46") ==
		       w->len - 1 &&
	       strchr(w->text, letter) != NULL;
}

static struct shell_port *take(struct shell_finder *f, const struct shell_call *call,
			       enum shell_port_how how, const struct shell_word *w, size_t start,
			       const char *ends, enum protocol protocol)
{
	struct shell_number n;
	struct shell_port *p = shell_number_at(w, start, ends, &n) ? shell_found(f, how, w, &n)
								   : NULL;

	if (p) {
		p->program = call->program;
		p->protocol = protocol;
	}
	return p;
}

/* --- docker run -p 127.0.0.1:8080:80/udp */

/* Where the part behind the nth colon begins, those in brackets not counted; `ret`: how many. */
static size_t part_at(const char *text, unsigned part, unsigned *ret)
{
	size_t at = 0;
	unsigned colons = 0;
	bool in_brackets = false;

	for (size_t i = 0; text[i]; i++) {
		in_brackets = text[i] == '[' || (in_brackets && text[i] != ']');
		if (text[i] != ':' || in_brackets)
			continue;
		if (++colons == part)
			at = i + 1;
	}
	*ret = colons;
	return at;
}

static void publish(struct shell_finder *f, const struct shell_call *call,
		    const struct shell_word *w, size_t start)
{
	unsigned colons, unused;
	size_t len = w->len - start;
	const char *text = w->text + start;
	struct shell_number inside;
	struct shell_port *p;

	(void)part_at(text, 0, &colons);
	if (colons == 0 || colons > 2)
		return;
	p = take(f, call, SHELL_PORT_PUBLISHED, w,
		 start + (colons == 2 ? part_at(text, 1, &unused) : 0), ":",
		 len > 4 && !strcmp(text + len - 4, "/udp") ? PROTO_UDP : PROTO_TCP);
	if (p && shell_number_at(w, start + part_at(text, colons, &unused), "/", &inside) &&
	    inside.first == inside.last)
		p->inside = inside.first;
}

static unsigned find_word(const struct shell_call *call, const char *words)
{
	unsigned k = 1;

	while (k < call->count && !shell_words_have(words, call->words[k].text, call->words[k].len))
		k++;
	return k;
}

static void judge_docker(struct shell_finder *f, const struct shell_call *call)
{
	unsigned k = find_word(call, "run create exec build up start stop ps logs pull push down");

	if (k == call->count ||
	    !shell_words_have("run create", call->words[k].text, call->words[k].len))
		return;
	for (k++; k < call->count; k++) {
		const struct shell_word *w = &call->words[k];
		bool has_next = k + 1 < call->count;

		if (!strncmp(w->text, "--publish=", 10))
			publish(f, call, w, 10);
		else if (!strncmp(w->text, "-p=", 3))
			publish(f, call, w, 3);
		else if (!strncmp(w->text, "-p", 2) && w->len > 2 && !is_cluster(w, 'p'))
			publish(f, call, w, 2);
		else if (has_next && (!strcmp(w->text, "--publish") ||
				      (is_cluster(w, 'p') && w->text[w->len - 1] == 'p')))
			publish(f, call, w + 1, 0);
	}
}

/* --- nc -l 3000 */

static void judge_nc(struct shell_finder *f, const struct shell_call *call)
{
	enum protocol protocol = PROTO_TCP;
	const struct shell_word *port = NULL;
	struct shell_number n;
	bool listens = false;

	for (unsigned k = 1; k < call->count; k++) {
		const struct shell_word *w = &call->words[k];

		listens = listens || is_cluster(w, 'l') || !strcmp(w->text, "--listen");
		if (is_cluster(w, 'u') || !strcmp(w->text, "--udp"))
			protocol = PROTO_UDP;
		if (shell_number_at(w, 0, "", &n))
			port = w;
	}
	if (listens && port)
		take(f, call, SHELL_PORT_ARGUMENT, port, 0, "", protocol);
}

/* --- socat TCP-LISTEN:3000,fork ... */

static void judge_socat(struct shell_finder *f, const struct shell_call *call)
{
	for (unsigned k = 1; k < call->count; k++) {
		const struct shell_word *w = &call->words[k];
		const char *listen = strcasestr(w->text, "listen:");
		bool is_udp = !strncasecmp(w->text, "udp", 3);

		if (listen && (is_udp || !strncasecmp(w->text, "tcp", 3) ||
			       !strncasecmp(w->text, "openssl", 7)))
			take(f, call, SHELL_PORT_ARGUMENT, w, (size_t)(listen - w->text) + 7, ",",
			     is_udp ? PROTO_UDP : PROTO_TCP);
	}
}

/* --- ssh -L 3000:db:5432, -D 1080 */

static void forward(struct shell_finder *f, const struct shell_call *call,
		    const struct shell_word *w, unsigned with_address)
{
	unsigned colons, unused;

	(void)part_at(w->text, 0, &colons);
	take(f, call, SHELL_PORT_OPTION, w,
	     colons == with_address ? part_at(w->text, 1, &unused) : 0, ":", PROTO_TCP);
}

static void judge_ssh(struct shell_finder *f, const struct shell_call *call)
{
	for (unsigned k = 1; k + 1 < call->count; k++) {
		const struct shell_word *w = &call->words[k];
		char last = w->text[w->len ? w->len - 1 : 0];

		if (is_cluster(w, 'L') && last == 'L')
			forward(f, call, w + 1, 3);
		else if (is_cluster(w, 'D') && last == 'D')
			forward(f, call, w + 1, 1);
	}
}

/* --- kubectl port-forward svc/web 8080:80 */

static void judge_kubectl(struct shell_finder *f, const struct shell_call *call)
{
	for (unsigned k = find_word(call, "port-forward") + 1; k < call->count; k++)
		take(f, call, SHELL_PORT_ARGUMENT, &call->words[k], 0, ":", PROTO_TCP);
}

bool shell_judge_special(struct shell_finder *f, const struct shell_call *call)
{
	static const struct {
		const char *programs;
		void (*judge)(struct shell_finder *f, const struct shell_call *call);
	} special[] = {
		{ "docker podman nerdctl docker-compose podman-compose", judge_docker },
		{ "nc ncat netcat", judge_nc },
		{ "socat", judge_socat },
		{ "ssh", judge_ssh },
		{ "kubectl oc", judge_kubectl },
	};

	for (size_t i = 0; i < ARRAY_LEN(special); i++)
		if (shell_words_have(special[i].programs, call->program, strlen(call->program))) {
			special[i].judge(f, call);
			return true;
		}
	return false;
}
