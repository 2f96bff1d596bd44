/*
 * sandbox/aide_run.c - the aide's end: it waits for questions, one at a time.
 *
 * No seccomp here, and what it may is what the server might before: it reads nothing that a client
 * sent but numbers of ports, and names of what to learn.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "sandbox/aide_own.h"
#include "sandbox/channel.h"
#include "sandbox/looks.h"
#include "sandbox/privileges.h"

static json_t *answer_look(const struct listeners *m, const json_t *argument)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	struct listener_list list = { 0 };
	struct look what = LOOK_ALL;
	struct err err = { 0 };

	look_from_json(argument, &what);
	return m->ops->look(m->ctx, &what, &a, &list, &err) ? listeners_to_json(&list)
							    : channel_error(&err);
}

static json_t *answer_learn(const struct listeners *m, const json_t *argument)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	struct process p;
	struct err err = { 0 };
	bool there;
	json_t *json;

	if (!process_from_json(argument, &a, &p, &err))
		return channel_error(&err);
	there = m->ops->learn(m->ctx, (unsigned)json_int_of(argument, "learn", 0), &a, &p);
	json = process_to_json(&p);
	if (json && !json_put_bool(json, "isThere", there)) {
		json_decref(json);
		return NULL;
	}
	return json;
}

static json_t *answer_containers(const struct listeners *m, const json_t *argument)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	struct container_list list = { 0 };

	(void)argument;
	if (m->ops->containers)
		m->ops->containers(m->ctx, &a, &list);
	return containers_to_json(&list);
}

static json_t *answer(const struct listeners *m, const json_t *question)
{
	static const struct {
		const char *name;
		json_t *(*answer)(const struct listeners *m, const json_t *argument);
	} questions[] = {
		{ "look", answer_look },
		{ "learn", answer_learn },
		{ "containers", answer_containers },
	};
	struct err err = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(questions); i++) {
		const json_t *argument = json_object_get(question, questions[i].name);

		if (argument)
			return questions[i].answer(m, argument);
	}
	fail(&err, ERR_INVALID, "this is no question");
	return channel_error(&err);
}

/* False: the server has ended. */
static bool hear_asker(const struct listeners *m, int fd)
{
	CLEANUP(json_cleanup) json_t *question = NULL;

	return channel_receive(fd, &question, NULL) && channel_send(fd, answer(m, question), NULL);
}

static bool hear_notice(struct telling *t, int fd)
{
	CLEANUP(json_cleanup) json_t *message = NULL;

	if (!channel_receive(fd, &message, NULL))
		return false;
	telling_add(t, message);
	return true;
}

/* Its own files are the first three and the channels: nothing of what the server was handed. */
static void close_others(const int channels[static AIDE_CHANNELS], int kept[static AIDE_CHANNELS])
{
	const int first = STDERR_FILENO + 1;

	/* Above all that is to be closed, in two steps, as they may stand in each other's way. */
	for (int i = 0; i < AIDE_CHANNELS; i++)
		kept[i] = fcntl(channels[i], F_DUPFD_CLOEXEC, first + AIDE_CHANNELS);
	for (int i = 0; i < AIDE_CHANNELS; i++)
		kept[i] = dup3(kept[i], first + i, O_CLOEXEC);
	close_range((unsigned)(first + AIDE_CHANNELS), ~0U, 0);
}

static void ignore_endings(void)
{
	/* A terminal, or systemd, tells both: the server finishes what it has, and needs this. */
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
}

/* A channel that was closed is not waited for. */
static void hear_askers(const struct aide_options *o, int channels[static AIDE_CHANNELS],
			const struct pollfd *files)
{
	for (unsigned i = 0; i < AIDE_ASKERS; i++)
		if (files[i].revents && !hear_asker(o->machine, channels[i])) {
			fd_cleanup(&channels[i]);
			channels[i] = -1;
		}
}

/* False: the server has ended, and all that it has told was heard. */
static bool run(const struct aide_options *o, struct telling *t, int channels[static AIDE_CHANNELS])
{
	struct pollfd files[AIDE_CHANNELS + 1];

	for (unsigned i = 0; i < AIDE_CHANNELS; i++)
		files[i] = (struct pollfd){ .fd = channels[i], .events = POLLIN };
	files[AIDE_CHANNELS] = (struct pollfd){ .fd = telling_fd(t), .events = POLLIN };
	if (poll(files, ARRAY_LEN(files), -1) < 0)
		return errno == EINTR;
	if (files[AIDE_CHANNELS].revents)
		telling_hear(t);
	hear_askers(o, channels, files);
	return !files[AIDE_NOTICES].revents || hear_notice(t, channels[AIDE_NOTICES]);
}

/* The server is gone; what it has told is still told. */
static void finish(struct telling *t)
{
	while (telling_is_busy(t)) {
		struct pollfd file = { .fd = telling_fd(t), .events = POLLIN };

		(void)!poll(&file, 1, -1);
		telling_hear(t);
	}
}

static bool prepare(const struct aide_options *o, struct telling **ret, struct err *err)
{
	return (!o->user || privileges_become(o->user, err)) && telling_open(o, ret, err);
}

_Noreturn void aide_run(const struct aide_options *o, const int channels[static AIDE_CHANNELS])
{
	int kept[AIDE_CHANNELS];
	struct telling *t;
	struct err err = { 0 };
	bool ok;

	prctl(PR_SET_NAME, "portbook-aide");
	ignore_endings();
	close_others(channels, kept);
	/* The server waits for that. */
	ok = prepare(o, &t, &err);
	if (!channel_send(kept[0], ok ? json_object() : channel_error(&err), NULL) || !ok)
		_exit(1);
	while (run(o, t, kept))
		;
	finish(t);
	_exit(0);
}
