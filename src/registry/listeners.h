/*
 * registry/listeners.h - what the registry asks of whoever can see sockets.
 *
 * Implemented by observe/.  Looking never binds, connects or signals.  What is
 * seen is this machine's network namespace, at one moment: a process may have
 * ended by the time it is told of.  Strings live in the caller's arena.
 */
#ifndef REGISTRY_LISTENERS_H
#define REGISTRY_LISTENERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "ports/entry.h"
#include "ports/port_set.h"

/* What is learned of a process, beside its number and its user. Each has its price. */
enum {
	LEARN_PROGRAM = 1 << 0, /* program */
	LEARN_FOLDER = 1 << 1,	/* cwd */
	LEARN_START = 1 << 2,	/* start, started_at_ms, parent, program */
	LEARN_COMMAND = 1 << 3, /* command */
	LEARN_CGROUP = 1 << 4,	/* cgroup, unit, container */
	LEARN_NAMES = 1 << 5,	/* user */
	LEARN_LINEAGE = 1 << 6, /* ancestors */
	LEARN_ALL = (1 << 7) - 1,
};

/* A process from which another one descends. */
struct ancestor {
	pid_t pid;
	const char *program, *cwd; /* NULL: not known */
};

/*
 * A process that has a listening socket open.  What was not asked for, or may
 * not be read, is 0 or NULL.  Texts are printable: what is not became '?'.
 */
struct process {
	pid_t pid;
	uid_t uid;	     /* that it runs as */
	ino_t socket;	     /* one of the port's, */
	int fd;		     /* which it has open as this descriptor */
	const char *address; /* and which is bound to this one */
	uint64_t start; /* clock ticks after the boot: with the pid, it is this process alone */
	int64_t started_at_ms; /* ms since 1970 */
	pid_t parent;
	const char *user;      /* "eva" */
	const char *program;   /* "node" */
	const char *command;   /* "node server.js", cut where it is long */
	const char *cwd;       /* NULL also where the path means another folder to us */
	const char *cgroup;    /* "/system.slice/shop.service" */
	const char *unit;      /* "shop.service", "session-3.scope": the innermost one of systemd */
	const char *container; /* its name; its id where no engine tells that */
	const char *container_id;	  /* all its digits; NULL: the control group has a name */
	const char *container_folder;	  /* where compose was run for it */
	const char *container_service;	  /* what compose calls it */
	bool is_proxy;			  /* it only passes on what is meant for a container */
	const struct ancestor *ancestors; /* the parent first; without init */
	unsigned n_ancestors;
};

/* A port of a container that its engine passes on from this machine. */
struct published {
	enum protocol protocol;
	uint16_t port;	     /* this machine's */
	const char *address; /* "127.0.0.1", "0.0.0.0", "::" */
};

/* A container that runs, as its engine tells of it.  What is not known is NULL. */
struct container {
	const char *id;	     /* all its digits */
	const char *name;    /* "shop-db-1" */
	const char *folder;  /* where compose was run */
	const char *service; /* what compose calls it: "db" */
	const struct published *ports;
	unsigned n_ports;
};

struct container_list {
	const struct container *items;
	unsigned count;
	const char *notice; /* which engine could not be asked, and why; NULL: none */
	bool was_slow;	    /* because it did not answer in time */
};

/* A port on which something listens: all of its sockets, and who has them open. */
struct listener {
	enum protocol protocol;
	uint16_t port;
	uid_t uid;		      /* who opened the first socket; known of every one */
	const char *user;	      /* LEARN_NAMES */
	ino_t inode;		      /* of the first socket */
	const char *const *addresses; /* "0.0.0.0", "::", "127.0.0.1" ...; each once */
	unsigned n_addresses;
	bool ipv4, ipv6; /* can be reached by it */
	bool loopback_only;
	/* The oldest first: of a server that forks, that is the one that was started. */
	struct process *processes;
	/*
	 * 0: this user may not see whose it is.  Where an engine tells that it passes the
	 * port on to a container, there is one nevertheless, with pid 0.
	 */
	unsigned n_processes;
	bool partly_known; /* a socket of it led to no process */
};

struct listener_list {
	struct listener *items; /* by port, then protocol */
	unsigned count;
	const char *notice; /* why it was seen in another way than usual; NULL: it was not */
	int64_t took_us;
	unsigned learned; /* LEARN_...: of each process */
	/* Whom engines tell of; NULL: they were not asked (containers.h). */
	const struct container_list *containers;
};

/* What to look at, and how closely. */
struct look {
	int protocol;		 /* -1: any */
	struct port_range ports; /* first 0: any */
	unsigned learn;		 /* LEARN_... */
	/*
	 * One process for each socket is enough, and the parents that share it;
	 * else all that have it open are found, which takes a look into each
	 * process of the machine.
	 */
	bool one_holder;
	/*
	 * Holders that an earlier look found, and that still hold it, are enough:
	 * only for sockets that have none, others are looked for.
	 */
	bool recalls;
};
/* Start from this: protocol 0 means something. */
#define LOOK_ALL               \
	{                      \
		.protocol = -1 \
	}

struct listeners_ops {
	/*
	 * Add every port on which something listens, on any address of this
	 * machine's network namespace; bits already set stay set.
	 * Errors: ERR_IO.
	 */
	bool (*collect)(void *ctx, enum protocol protocol, struct port_set *into, struct err *err);

	/* All listeners that `what` means. Errors: ERR_IO, ERR_MEMORY. */
	bool (*look)(void *ctx, const struct look *what, struct arena *a, struct listener_list *ret,
		     struct err *err);

	/*
	 * Learn more of a process that a look found.  False: it has ended, or has
	 * closed the socket; what was known of it stays.
	 */
	bool (*learn)(void *ctx, unsigned learn, struct arena *a, struct process *p);

	/* The ports the kernel hands to outgoing connections. Errors: ERR_IO. */
	bool (*ephemeral)(void *ctx, struct port_range *ret, struct err *err);

	/*
	 * Add those of them that it is told to spare (Linux: ip_local_reserved_ports);
	 * bits already set stay set.  Errors: ERR_IO.
	 */
	bool (*spared)(void *ctx, struct port_set *into, struct err *err);

	/*
	 * The containers that run here, as their engines tell; whoever cannot be asked, or
	 * takes long, is passed over and named in `notice`.  NULL: nobody can be asked.
	 */
	void (*containers)(void *ctx, struct arena *a, struct container_list *ret);

	/*
	 * How many TCP sockets are bound to the port that neither listen nor are connected: of
	 * programs that are about to listen, and of a guard.  0, too, where the system does not
	 * show them (Linux before 6.8).  Errors: ERR_IO.
	 */
	bool (*bound)(void *ctx, uint16_t port, unsigned *ret, struct err *err);
};

struct listeners {
	const struct listeners_ops *ops;
	void *ctx;
};

#endif
