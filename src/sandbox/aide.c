/*
 * sandbox/aide.c - the server's end: starting it, and asking.
 *
 * Syscalls: close
 */
#include "sandbox/aide.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "sandbox/aide_own.h"
#include "sandbox/channel.h"
#include "sandbox/looks.h"

struct asker {
	int fd;
	const struct listeners *machine;
};

struct aide {
	struct asker askers[AIDE_ASKERS];
	int notices;
};

/* Starting. */

struct pairs {
	int ours[AIDE_CHANNELS], its[AIDE_CHANNELS];
};

static void close_all(int fds[static AIDE_CHANNELS])
{
	for (unsigned i = 0; i < AIDE_CHANNELS; i++) {
		fd_cleanup(&fds[i]);
		fds[i] = -1;
	}
}

static void pairs_cleanup(struct pairs *p)
{
	close_all(p->ours);
	close_all(p->its);
}

static bool make_pairs(struct pairs *p, struct err *err)
{
	for (unsigned i = 0; i < AIDE_CHANNELS; i++)
		p->ours[i] = p->its[i] = -1;
	for (unsigned i = 0; i < AIDE_CHANNELS; i++) {
		int pair[2];

		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
			return fail(err, ERR_IO, "no pair of sockets: %s", strerror(errno));
		p->ours[i] = pair[0];
		p->its[i] = pair[1];
	}
	return true;
}

static void give(struct aide *a, struct pairs *p, const struct listeners *machine)
{
	for (unsigned i = 0; i < AIDE_ASKERS; i++)
		a->askers[i] = (struct asker){ fd_take(&p->ours[i]), machine };
	a->notices = fd_take(&p->ours[AIDE_NOTICES]);
}

/* It is who it shall be, or says why not. */
static bool wait_for(const struct aide *a, struct err *err)
{
	CLEANUP(json_cleanup) json_t *ready = NULL;

	return channel_receive_answer(a->askers[0].fd, &ready, err);
}

bool aide_start(const struct aide_options *o, struct aide **ret, struct err *err)
{
	CLEANUP(pairs_cleanup) struct pairs p;
	struct aide *a;
	pid_t pid;

	if (!make_pairs(&p, err))
		return false;
	a = calloc(1, sizeof(*a));
	if (!a)
		return fail_memory(err);
	pid = fork();
	if (pid == 0) {
		close_all(p.ours);
		aide_run(o, p.its);
	}
	if (pid < 0) {
		free(a);
		return fail(err, ERR_IO, "no second process: %s", strerror(errno));
	}
	give(a, &p, o->machine);
	close_all(p.its);
	if (!wait_for(a, err)) {
		aide_free(a);
		return false;
	}
	*ret = a;
	return true;
}

void aide_free(struct aide *a)
{
	if (!a)
		return;
	for (unsigned i = 0; i < AIDE_ASKERS; i++)
		fd_cleanup(&a->askers[i].fd);
	fd_cleanup(&a->notices);
	free(a);
}

int aide_fd(const struct aide *a)
{
	return a->notices;
}

bool aide_notify(struct aide *a, json_t *message, struct err *err)
{
	return channel_send(a->notices, message, err);
}

/* Asking. */

/* The caller releases `*ret`; takes the reference to `argument`. */
static bool ask(struct asker *asker, const char *what, json_t *argument, json_t **ret,
		struct err *err)
{
	return channel_send(asker->fd, argument ? json_pack("{s:o}", what, argument) : NULL, err) &&
	       channel_receive_answer(asker->fd, ret, err);
}

static bool asker_collect(void *ctx, enum protocol protocol, struct port_set *into, struct err *err)
{
	const struct asker *asker = ctx;

	return asker->machine->ops->collect(asker->machine->ctx, protocol, into, err);
}

static bool asker_ephemeral(void *ctx, struct port_range *ret, struct err *err)
{
	const struct asker *asker = ctx;

	return asker->machine->ops->ephemeral(asker->machine->ctx, ret, err);
}

static bool asker_spared(void *ctx, struct port_set *into, struct err *err)
{
	const struct asker *asker = ctx;

	return asker->machine->ops->spared(asker->machine->ctx, into, err);
}

static bool asker_look(void *ctx, const struct look *what, struct arena *a,
		       struct listener_list *ret, struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;

	return ask(ctx, "look", look_to_json(what), &answer, err) &&
	       listeners_from_json(answer, a, ret, err);
}

static bool asker_learn(void *ctx, unsigned learn, struct arena *a, struct process *p)
{
	CLEANUP(json_cleanup) json_t *answer = NULL, *argument = process_to_json(p);

	if (!argument || !json_put_int(argument, "learn", learn) ||
	    !ask(ctx, "learn", json_incref(argument), &answer, NULL))
		return false;
	return json_bool_of(answer, "isThere") && process_from_json(answer, a, p, NULL);
}

static void asker_containers(void *ctx, struct arena *a, struct container_list *ret)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;

	*ret = (struct container_list){ 0 };
	if (ask(ctx, "containers", json_object(), &answer, NULL))
		(void)!containers_from_json(answer, a, ret, NULL);
}

struct listeners aide_listeners(struct aide *a, unsigned asker)
{
	static const struct listeners_ops ops = {
		.collect = asker_collect,
		.look = asker_look,
		.learn = asker_learn,
		.ephemeral = asker_ephemeral,
		.spared = asker_spared,
		.containers = asker_containers,
	};

	return (struct listeners){ .ops = &ops, .ctx = &a->askers[asker] };
}
