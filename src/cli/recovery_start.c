#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "cli/entry_text.h"
#include "cli/recovery.h"
#include "cli/screen.h"
#include "cli/start_command.h"
#include "cli/systemctl.h"

/* Rationale: most servers listen within a second or two; the slowest have a minute to ask for. */
#define WAIT_SECONDS 10

/* Rationale: nothing tells when another process begins to listen, so that is asked for. */
#define TURN_MS 50

const json_t *recovery_port(const struct recovery *v)
{
	return json_array_get(v->ports, 0);
}

const char *recovery_unit(const struct recovery *v)
{
	return json_text_of(json_object_get(recovery_port(v), "entry"), "unit");
}

void recovery_add_service(struct recovery *v)
{
	entry_add_name(&v->run->out.text, json_object_get(recovery_port(v), "entry"));
}

/* How it is started by hand; false: that is not known. */
static bool add_start(struct recovery *v, struct text *t)
{
	const char *command = json_text_of(recovery_port(v), "startCommand");
	uint16_t port = (uint16_t)json_int_of(recovery_port(v), "port", 0);

	return start_command_add(t, json_text_of(recovery_port(v), "folder"), command, port, port);
}

static void say_advice(struct recovery *v)
{
	const char *folder = json_text_of(recovery_port(v), "folder");
	struct text *t = &v->run->out.text;

	text_add(t, "no unit is registered for ");
	recovery_add_service(v);
	text_add(t, ": start it");
	if (folder) {
		text_add(t, " in ");
		screen_add(t, folder, 0);
	}
	text_addf(t, " with PORT=%lld\n  for the next time: portbook update ",
		  (long long)json_int_of(recovery_port(v), "port", 0));
	screen_add(t, v->run->args[0], 0);
	text_add(t, " --unit UNIT\n");
}

static void say_command(struct recovery *v, const char *command)
{
	struct text *t = &v->run->out.text;

	text_add(t, "start ");
	recovery_add_service(v);
	text_add(t, ", for which no unit is registered:\n  ");
	screen_add(t, command, 0);
	text_add(t, "\n");
}

/* Where no unit is registered. */
bool recovery_say_start(struct recovery *v, struct err *err)
{
	CLEANUP(text_release) struct text command = { 0 };
	bool known = add_start(v, &command);

	if (!json_put_text(v->answer, "unit", NULL) ||
	    !json_put_text(v->answer, "startCommand", known ? text_str(&command) : NULL))
		return fail_memory(err);
	if (known)
		say_command(v, text_str(&command));
	else
		say_advice(v);
	return true;
}

static void pause_a_turn(void)
{
	const struct timespec t = { .tv_nsec = TURN_MS * 1000000L };

	nanosleep(&t, NULL);
}

/* The ports now; of each that a stranger has it is an error. */
static bool look_at_owner(struct recovery *v, bool *ret_listens, struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	const json_t *port;
	size_t i;

	if (!run_call(v->run, v->run->command->operation, v->run->input, &answer, err))
		return false;
	*ret_listens = true;
	json_array_foreach(json_object_get(answer, "ports"), i, port) {
		if (!strcmp(text_or(port, "state", ""), "squatted"))
			return fail(err, ERR_TAKEN, "port %lld was taken again by %s",
				    (long long)json_int_of(port, "port", 0),
				    text_or(port, "actual", "?")) ||
			       fail_hint(err, "end what starts it, then: portbook recover %s",
					 v->run->args[0]);
		*ret_listens = *ret_listens && json_bool_of(port, "listening");
	}
	return true;
}

static bool wait_for_owner(struct recovery *v, const char *unit, struct err *err)
{
	int64_t seconds = json_int_of(v->run->own, "wait", WAIT_SECONDS);
	int64_t until_ms = clock_now_ms() + 1000 * seconds;
	bool listens = false;

	for (;;) {
		if (!look_at_owner(v, &listens, err))
			return false;
		if (listens || clock_now_ms() >= until_ms)
			break;
		pause_a_turn();
	}
	if (!json_put_bool(v->answer, "listening", listens))
		return fail_memory(err);
	if (listens)
		return true;
	fail(err, ERR_NOT_FOUND, "'%s' is started, and nothing listens on %lld after %lld s", unit,
	     (long long)json_int_of(recovery_port(v), "port", 0), (long long)seconds);
	return fail_hint(err, "see why: journalctl -u %s", unit);
}

static bool start_unit(struct recovery *v, const char *unit, struct err *err)
{
	if (!json_put_text(v->answer, "unit", unit) ||
	    !json_put_bool(v->answer, "listening", false))
		return fail_memory(err);
	if (!systemctl_run("restart", unit, err)) {
		fail_while(err, "starting '%s'", unit);
		return fail_hint(err, "try it: systemctl restart %s", unit);
	}
	if (!wait_for_owner(v, unit, err))
		return false;
	text_add(&v->run->out.text, "started ");
	screen_add(&v->run->out.text, unit, 0);
	text_add(&v->run->out.text, ": ");
	recovery_add_service(v);
	text_addf(&v->run->out.text, " listens on %lld\n",
		  (long long)json_int_of(recovery_port(v), "port", 0));
	return true;
}

bool recovery_start(struct recovery *v, struct err *err)
{
	const char *unit = recovery_unit(v);

	return unit ? start_unit(v, unit, err) : recovery_say_start(v, err);
}
