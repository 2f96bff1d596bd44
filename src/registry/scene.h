/*
 * registry/scene.h - the book and the machine, side by side: who holds what, whose it is.
 */
#ifndef REGISTRY_SCENE_H
#define REGISTRY_SCENE_H

#include "registry/listening.h"
#include "registry/owner.h"
#include "registry/projects.h"
#include "registry/release.h"

struct scene {
	struct registry *registry;
	struct arena *arena;
	const char *host;
	struct entry_list entries; /* live ones of the host, by port */
	struct claimant_list claimants;
	struct listener_list listeners;
	bool can_see;		      /* the host is this machine */
	bool *learned;		      /* of each listener: all that can be known of it */
	const struct process **slots; /* the processes that were learned of, by pid */
	unsigned n_slots, n_learned;
	struct project_list projects; /* by id */
};

/*
 * Read what the book has of the host, to be held against a look that was made
 * before (LEARN_FOLDER at least).  All of it lives in the arena.
 */
MUST_CHECK bool scene_read(struct registry *r, const char *host,
			   const struct listener_list *listeners, struct arena *a,
			   struct scene *ret, struct err *err);

/*
 * The judgement of one entry, and the scene that it was made in.  Where its
 * folder shows that the owner has its port, nothing is read of other entries.
 */
MUST_CHECK bool scene_judge_one(struct registry *r, const struct entry *e,
				const struct listener_list *listeners, struct arena *a,
				struct scene *ret, struct judgement *ret_judgement,
				struct err *err);

/* NULL: there is none. */
const struct entry *scene_entry(const struct scene *s, enum protocol protocol, uint16_t port);
struct listener *scene_listener(const struct scene *s, enum protocol protocol, uint16_t port);

/*
 * Whether the owner of an entry has its port.  Where its folder does not show
 * that it is the owner, all is learned of who listens before that is said.
 */
struct judgement scene_judge(struct scene *s, const struct entry *e);

/* Whose a listener is, after all was learned of it. */
struct owner scene_owner(struct scene *s, struct listener *l);

/* All that can be known of who listens; once. */
void scene_learn(struct scene *s, struct listener *l);

/* "works in /srv/shop", "runs in the unit shop.service"; NULL: nobody's, or no memory. */
const char *owner_text(struct arena *a, const struct owner *o, const struct process *p);

/* Why an entry has the state it has, in a few words; NULL: it is down, or no memory. */
const char *judgement_text(struct arena *a, const struct judgement *j);

/* "shop@2/web", "shop@2", "shop": who may be the owner; NULL: no memory. */
const char *claimant_text(struct arena *a, const struct claimant *c) MUST_CHECK;

#endif
