/*
 * What a program gets instead of the port it asks for, and what is said of it.
 */
#include "enforce/supervisor_inside.h"

#include <errno.h>
#include <stdio.h>

#include "enforce/system_guard.h"

/* What is said. */

/* "consilio/web", "consilio@2/web" */
#define SUBJECT_SIZE (2 * NAME_SIZE + 16)

static const char *subject(char ret[static SUBJECT_SIZE], const char *project, unsigned instance,
			   const char *service)
{
	if (instance == 1)
		snprintf(ret, SUBJECT_SIZE, "%s/%s", project, service);
	else
		snprintf(ret, SUBJECT_SIZE, "%s@%u/%s", project, instance, service);
	return ret;
}

/* "3000 (meta-supervisor/dashboard)", "3000" */
#define PORT_TEXT_SIZE (SUBJECT_SIZE + 16)

static void port_text(char ret[static PORT_TEXT_SIZE], uint16_t port, const json_t *holder)
{
	const char *project = json_text_of(holder, "projectName");
	const char *service = json_text_of(holder, "serviceName");
	char name[SUBJECT_SIZE];

	if (project && service)
		snprintf(ret, PORT_TEXT_SIZE, "%u (%s)", port,
			 subject(name, project, (unsigned)json_int_of(holder, "instance", 1),
				 service));
	else
		snprintf(ret, PORT_TEXT_SIZE, "%u", port);
}

static void own_text(char ret[static PORT_TEXT_SIZE], struct assignment *a, uint16_t port)
{
	const struct own_port *own = assignment_own(a, port);
	char name[SUBJECT_SIZE];

	snprintf(ret, PORT_TEXT_SIZE, "%u (%s)", port,
		 subject(name, a->project, a->instance, own ? own->service : a->service));
}

/* The guard's log tells of it, where there is one. */
static void note_try(struct supervisor *s, const struct waiting *w, uint16_t asked,
		     const char *program)
{
	guard_note_try(&s->holding.guard, PROTO_TCP, asked, program, (pid_t)w->notif->pid);
}

static void say_instead(struct supervisor *s, const struct waiting *w, uint16_t asked,
			const json_t *holder, uint16_t port)
{
	char program[PROGRAM_SIZE], wanted[PORT_TEXT_SIZE], has[PORT_TEXT_SIZE];

	foreign_program((pid_t)w->notif->pid, program);
	note_try(s, w, asked, program);
	port_text(wanted, asked, holder);
	own_text(has, w->assignment, port);
	say_to(&s->speaker, (pid_t)w->notif->pid, "%s asked for %s; it listens on %s", program,
	       wanted, has);
}

/* A program may try again and again, and both families of addresses at once. */
static bool is_said_again(struct assignment *a, uint16_t asked)
{
	bool again = a->said == asked;

	a->said = asked;
	return again;
}

static void say_refused(struct supervisor *s, const struct waiting *w, uint16_t asked,
			const json_t *holder, const struct err *why)
{
	char program[PROGRAM_SIZE], wanted[PORT_TEXT_SIZE];

	if (is_said_again(w->assignment, asked))
		return;
	foreign_program((pid_t)w->notif->pid, program);
	note_try(s, w, asked, program);
	port_text(wanted, asked, holder);
	if (why->text[0])
		say_to(&s->speaker, (pid_t)w->notif->pid, "%s asked for %s and gets EADDRINUSE: %s",
		       program, wanted, why->text);
	else
		say_to(&s->speaker, (pid_t)w->notif->pid,
		       "%s asked for %s and gets EADDRINUSE; run --map %u=NAME gives it a port of "
		       "its own",
		       program, wanted, asked);
}

static void say_strict(struct supervisor *s, const struct waiting *w, uint16_t asked)
{
	char program[PROGRAM_SIZE], has[PORT_TEXT_SIZE];

	if (is_said_again(w->assignment, asked))
		return;
	foreign_program((pid_t)w->notif->pid, program);
	note_try(s, w, asked, program);
	own_text(has, w->assignment, w->assignment->port);
	say_to(&s->speaker, (pid_t)w->notif->pid,
	       "%s asked for %u and gets EACCES: run --strict lets it have %s", program, asked,
	       has);
}

void supervisor_say_taken(const struct supervisor *s, const struct waiting *w, uint16_t port)
{
	struct own_port *own = assignment_own(w->assignment, port);
	char program[PROGRAM_SIZE], has[PORT_TEXT_SIZE];

	if (!own || own->is_said)
		return;
	own->is_said = true;
	foreign_program((pid_t)w->notif->pid, program);
	own_text(has, w->assignment, port);
	say_to(&s->speaker, (pid_t)w->notif->pid,
	       "%s cannot have %s: somebody else has it; portbook check %u says who", program, has,
	       port);
}

/* Judging a port. */

static bool ask_port(const struct supervisor *s, const struct assignment *a, uint16_t asked,
		     json_t **ret, struct err *err)
{
	CLEANUP(json_cleanup) json_t *input = supervisor_input(a, a->service);

	if (!json_put_int(input, "asked", asked) || !json_put_bool(input, "enter", a->is_taken))
		return fail_memory(err);
	return ask_book(&s->book, "run-port", input, ret, err);
}

/* True: what is given is remembered. */
static bool remember(struct assignment *a, uint16_t asked, const struct bind_verdict *v,
		     const char *service)
{
	if (v->answer == BIND_AS_ASKED)
		return assignment_add_own(a, asked, service);
	return v->answer == BIND_INSTEAD && assignment_add_own(a, v->port, service) &&
	       assignment_give(a, asked, v->port);
}

static struct bind_verdict judge_with_book(struct supervisor *s, const struct waiting *w,
					   uint16_t asked)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	struct assignment *a = w->assignment;
	struct err err = { 0 };
	struct port_in_book book = { .is_known = ask_port(s, a, asked, &answer, &err) };
	const json_t *holder = json_object_get(answer, "holder");
	const char *service = json_text_of(answer, "serviceName");
	struct bind_verdict v;

	book.is_held = json_is_object(holder);
	book.port = (uint16_t)json_int_of(answer, "port", 0);
	v = verdict_with_book(a, asked, &book);
	if (v.answer != BIND_REFUSED && !remember(a, asked, &v, service ? service : a->service))
		v = (struct bind_verdict){ .answer = BIND_REFUSED, .error = EADDRINUSE };
	if (v.answer != BIND_REFUSED)
		(void)system_guard_admit(v.answer == BIND_INSTEAD ? &v.port : &asked, 1);
	if (v.answer == BIND_REFUSED)
		say_refused(s, w, asked, holder, &err);
	else if (v.answer == BIND_INSTEAD)
		say_instead(s, w, asked, holder, v.port);
	return v;
}

struct bind_verdict supervisor_judge(struct supervisor *s, const struct waiting *w, uint16_t asked)
{
	struct bind_verdict v = verdict_of(w->assignment, asked);

	if (v.answer == BIND_ASK_BOOK)
		return judge_with_book(s, w, asked);
	if (v.answer == BIND_REFUSED)
		say_strict(s, w, asked);
	return v;
}
