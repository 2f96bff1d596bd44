#include "registry/store.h"

#include <string.h>

static const char *const project_statuses[PROJECT_STATUS_COUNT] = {
	[PROJECT_ACTIVE] = "active",
	[PROJECT_RESERVED] = "reserved",
	[PROJECT_LEGACY] = "legacy",
	[PROJECT_ARCHIVED] = "archived",
};

const char *project_status_name(enum project_status s)
{
	return project_statuses[s];
}

bool project_status_from_name(const char *name, enum project_status *ret)
{
	for (int i = 0; i < PROJECT_STATUS_COUNT; i++)
		if (!strcmp(project_statuses[i], name)) {
			*ret = (enum project_status)i;
			return true;
		}
	return false;
}

void store_free(struct store *s)
{
	if (s)
		s->ops->free(s);
}

static bool begin(struct store *s, bool write, bool shared, struct err *err)
{
	s->is_shared = shared;
	s->needs_alone = false;
	s->loss = LOSS_NONE;
	if (!(s->in_batch ? s->ops->part_begin(s, err) : s->ops->begin(s, write, err))) {
		s->is_shared = false;
		return false;
	}
	s->loss = LOSS_NONE;
	s->in_transaction = true;
	s->n_events = 0;
	return true;
}

bool store_begin(struct store *s, bool write, struct err *err)
{
	return begin(s, write, false, err);
}

bool store_begin_shared(struct store *s, struct err *err)
{
	return begin(s, true, s->ops->hold && !s->in_batch, err);
}

static bool is_sharing(const struct store *s)
{
	return s->in_transaction && s->is_shared;
}

bool store_hold(struct store *s, const char *project_id, const char *service, struct err *err)
{
	return !is_sharing(s) || s->ops->hold(s, project_id, service, err);
}

bool store_need_alone(struct store *s, struct err *err)
{
	if (!is_sharing(s))
		return true;
	s->needs_alone = true;
	fail(err, ERR_BUSY, "the book was changed by another at the same time");
	return fail_hint(err, "try again");
}

int store_seq_step(struct store *s)
{
	unsigned before = s->in_transaction ? s->n_events : 0;

	s->n_events++;
	s->has_events = true;
	if (is_sharing(s))
		return -(int)before;
	return before ? 1 : 2;
}

void store_note_events(struct store *s, unsigned count)
{
	s->n_events += count;
	s->has_events = s->has_events || count;
}

bool store_commit(struct store *s, struct err *err)
{
	bool ok;

	s->in_transaction = false;
	if (!s->in_batch) {
		ok = s->ops->commit(s, err);
		s->is_shared = false;
		return ok;
	}
	if (s->ops->part_end(s, err))
		return true;
	s->ops->part_undo(s);
	return false;
}

void store_rollback(struct store *s)
{
	if (!s->in_transaction)
		return;
	s->in_transaction = false;
	if (s->in_batch)
		s->ops->part_undo(s);
	else
		s->ops->rollback(s);
	s->is_shared = false;
}

bool store_batch_begin(struct store *s, struct err *err)
{
	s->loss = LOSS_NONE;
	s->is_shared = false;
	s->in_batch = s->ops->begin(s, true, err);
	return s->in_batch;
}

bool store_batch_end(struct store *s, struct err *err)
{
	s->in_batch = false;
	return s->ops->commit(s, err);
}

void store_batch_undo(struct store *s)
{
	if (!s->in_batch)
		return;
	s->in_batch = false;
	s->ops->rollback(s);
}

void txn_cleanup(struct txn *t)
{
	store_rollback(t->store);
}

static bool copy_text(struct arena *a, const char **text)
{
	if (!*text)
		return true;
	*text = arena_copy(a, *text);
	return *text != NULL;
}

static bool copy_texts(struct arena *a, const char **const texts[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!copy_text(a, texts[i]))
			return false;
	return true;
}

bool entry_copy(struct arena *a, const struct entry *e, struct entry *ret)
{
	struct entry c = *e;
	const char **const texts[] = {
		&c.id,	      &c.project_id,  &c.project,      &c.environment,
		&c.service,   &c.type,	      &c.role,	       &c.range,
		&c.host,      &c.description, &c.notes,	       &c.unit,
		&c.tunnel_id, &c.metadata,    &c.allocated_by, &c.tunnel_hostname,
		&c.worktree,
	};

	if (!copy_texts(a, texts, ARRAY_LEN(texts)))
		return false;
	*ret = c;
	return true;
}

bool project_copy(struct arena *a, const struct project *p, struct project *ret)
{
	struct project c = *p;
	const char **const texts[] = { &c.id,	 &c.name,	 &c.path,
				       &c.owner, &c.description, &c.metadata };

	if (!copy_texts(a, texts, ARRAY_LEN(texts)))
		return false;
	*ret = c;
	return true;
}

bool instance_copy(struct arena *a, const struct instance *i, struct instance *ret)
{
	struct instance c = *i;
	const char **const texts[] = { &c.project_id, &c.project, &c.host,    &c.purpose,
				       &c.branch,     &c.status,  &c.worktree };

	if (!copy_texts(a, texts, ARRAY_LEN(texts)))
		return false;
	*ret = c;
	return true;
}

struct entry_found {
	struct arena *arena;
	struct entry *ret;
	bool found, out_of_memory;
};

static bool take_first(const struct entry *e, void *arg)
{
	struct entry_found *f = arg;

	f->found = entry_copy(f->arena, e, f->ret);
	f->out_of_memory = !f->found;
	return false;
}

bool store_entry_find(struct store *s, const struct entry_filter *f, struct arena *a,
		      struct entry *ret, bool *ret_found, struct err *err)
{
	struct entry_found first = { .arena = a, .ret = ret };

	if (!s->ops->entry_each(s, f, take_first, &first, err))
		return false;
	if (first.out_of_memory)
		return fail_memory(err);
	*ret_found = first.found;
	return true;
}
