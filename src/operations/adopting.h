/*
 * operations/adopting.h - an adoption under way, for the files that it is made of.
 *
 * What listens, and what files name, becomes adoptees; those on one port are one
 * finding, or a conflict where two of them say whose the port is and differ.
 */
#ifndef OPERATIONS_ADOPTING_H
#define OPERATIONS_ADOPTING_H

#include "operations/call.h"
#include "project/directory.h"
#include "project/named_ports.h"
#include "registry/scene.h"

/* A project or an instance of one, in the book or still to be entered. */
struct adopt_folder {
	const char *path;	       /* its files are here; NULL: it has none */
	const struct directory *where; /* of one that is not in the book yet; NULL: it is */
	struct project project;	       /* of one in the book, with its instance */
	unsigned instance;
	const char *name; /* of the project, or what it would be called */
	bool is_searched;
};

/* One that says something of a port. */
struct adoptee {
	struct claim claim;	   /* protocol, ports.first, service, unit, hostname, description */
	struct listener *listener; /* NULL: a file says it */
	enum named_by by;	   /* of a file */
	const char *source;	   /* "/srv/shop/.env:3", "node (pid 1234, ...)" */
	struct adopt_folder *folder; /* whose it is; NULL: nobody's project */
	bool says_whose;	     /* else it only says that there is something */
	bool is_named;		     /* its service is more than the name of a program */
};

struct adopting {
	struct call *call;
	struct arena *arena;
	struct scene scene;
	const char *environment, *host;
	const char *only; /* this project alone; NULL: all */
	struct port_range ephemeral;

	struct adopt_folder **folders;
	unsigned n_folders, room_folders;
	struct adoptee *items; /* sorted by protocol and port once all are gathered */
	unsigned count, room;

	struct port_set entered[2];   /* by protocol: entered by this adoption */
	struct port_set unchanged[2]; /* in the book already */
	struct port_set suggested;    /* that somebody would move to */
	json_t *rows, *outside;	      /* of the answer, which has them */
	unsigned n_entered, n_conflicts, n_refused, n_left;
};

/* ---- adopt_folders.c: whose folder something is in ---- */

/*
 * The folder's project or instance; one that may become a project is added.
 * NULL: nobody's.
 */
MUST_CHECK bool adopt_folder_at(struct adopting *a, const char *path, struct adopt_folder **ret,
				struct err *err);

MUST_CHECK bool adopt_folder_of(struct adopting *a, const char *project_id, unsigned instance,
				struct adopt_folder **ret, struct err *err);

/* Every project and worktree of the book that has a folder. */
MUST_CHECK bool adopt_folders_known(struct adopting *a, struct err *err);

/* Enter it with the number whose block has most of its ports, if it is not in the book. */
MUST_CHECK bool adopt_folder_enter(struct adopting *a, struct adopt_folder *f, struct err *err);

/* ---- adopt_gather.c: what listens, and what files name ---- */

MUST_CHECK bool adopt_gather_listeners(struct adopting *a, struct err *err);
MUST_CHECK bool adopt_gather_files(struct adopting *a, const char *root, struct err *err);

/* By protocol and port; on one port what listens first, then by the kind of file. */
void adopt_sort(struct adopting *a);

/* ---- adopt_name.c: what a service is called by what listens ---- */

/* `ret_named`: it is more than the name of a program. NULL: no memory, or nothing is known. */
const char *adopt_service(struct arena *a, const struct listener *l, const struct process *p,
			  const struct adopt_folder *f, bool *ret_named);

/* "shop.service": a unit of the machine, and not the session of a user; else NULL. */
const char *adopt_unit(const struct process *p);

/* "shop-api.service" of the project shop is "api"; NULL: no memory, or it gives no name. */
const char *adopt_unit_service(struct arena *a, const char *unit, const char *project);

/* ---- adopt_settle.c: what becomes of a port ---- */

/* Enter what is nobody's conflict, and fill the answer's rows. */
MUST_CHECK bool adopt_settle(struct adopting *a, struct err *err);

/* ---- adopt_enter.c ---- */

/* What was found of one port. */
struct finding_of_port {
	enum protocol protocol;
	uint16_t port;
	struct adoptee *items;
	unsigned count;
	const struct adoptee *owner; /* who says whose it is; NULL: nobody does */
	const char *service;
	bool is_named;
};

MUST_CHECK bool adopt_enter(struct adopting *a, const struct finding_of_port *f, struct err *err);

/* A row of the answer; its texts are copied. `e` NULL: it is not entered. */
MUST_CHECK bool adopt_row(struct adopting *a, const struct finding_of_port *f, const char *action,
			  const struct entry *e, const char *message, const char *hint,
			  struct err *err);

/* ---- adopt_outside.c: what listens outside of its project's blocks ---- */

MUST_CHECK bool adopt_list_outside(struct adopting *a, struct err *err);

#endif
