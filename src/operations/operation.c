/*
 * operations/operation.c - running an operation: input held against its schema,
 * a transaction around it, and one form of answer and of error.
 */
#include "operations/operation.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "operations/call.h"
#include "operations/once.h"

/* Input. */

static bool is_of_type(const json_t *value, enum field_type type)
{
	switch (type) {
	case FIELD_STRING: return json_is_string(value);
	case FIELD_INTEGER: return json_is_integer(value);
	case FIELD_BOOLEAN: return json_is_boolean(value);
	case FIELD_OBJECT: return json_is_object(value);
	case FIELD_ARRAY: return json_is_array(value);
	}
	__builtin_unreachable();
}

static const char *type_name(enum field_type type)
{
	static const char *const names[] = {
		[FIELD_STRING] = "a string",	   [FIELD_INTEGER] = "a whole number",
		[FIELD_BOOLEAN] = "true or false", [FIELD_OBJECT] = "an object",
		[FIELD_ARRAY] = "a list",
	};

	return names[type];
}

static bool is_choice(const struct schema_field *f, const char *text)
{
	for (size_t i = 0; f->choices && f->choices[i]; i++)
		if (!strcmp(f->choices[i], text))
			return true;
	return !f->choices;
}

static bool check_text(const struct schema_field *f, const json_t *value, struct err *err)
{
	const char *text = json_string_value(value);
	size_t len = json_string_length(value);

	if (strlen(text) != len || !utf8_is_valid(text, len))
		return fail(err, ERR_INVALID, "'%s' holds a NUL or is not UTF-8", f->name);
	if ((int64_t)len < f->min)
		return fail(err, ERR_INVALID, "'%s' is empty", f->name);
	if ((int64_t)len > f->max)
		return fail(err, ERR_INVALID, "'%s' is longer than %lld bytes", f->name,
			    (long long)f->max);
	return is_choice(f, text) ||
	       fail(err, ERR_INVALID, "'%.80s' is not a value of '%s'", text, f->name);
}

static bool check_number(const struct schema_field *f, int64_t n, struct err *err)
{
	return (n >= f->min && n <= f->max) ||
	       fail(err, ERR_INVALID, "'%s' is %lld, and must be from %lld to %lld", f->name,
		    (long long)n, (long long)f->min, (long long)f->max);
}

static bool check_list(const struct schema_field *f, const json_t *value, struct err *err)
{
	size_t i;
	json_t *item;

	if ((int64_t)json_array_size(value) > f->max)
		return fail(err, ERR_INVALID, "'%s' has more than %lld items", f->name,
			    (long long)f->max);
	json_array_foreach(json_walked(value), i, item)
		if (!is_of_type(item, f->item))
			return fail(err, ERR_INVALID, "'%s' holds something that is not %s",
				    f->name, type_name(f->item));
	return true;
}

static bool check_value(const struct schema_field *f, const json_t *value, struct err *err)
{
	if (!is_of_type(value, f->type))
		return fail(err, ERR_INVALID, "'%s' must be %s", f->name, type_name(f->type));
	if (f->type == FIELD_STRING)
		return check_text(f, value, err);
	if (f->type == FIELD_INTEGER)
		return check_number(f, json_integer_value(value), err);
	return f->type != FIELD_ARRAY || check_list(f, value, err);
}

static bool check_input(const struct schema *s, const json_t *input, struct err *err)
{
	const char *name;
	json_t *value;

	if (!json_is_object(input))
		return fail(err, ERR_INVALID, "the input of '%s' must be an object", s->name);
	json_object_foreach(json_walked(input), name, value) {
		const struct schema_field *f = schema_field_named(s, name, err);

		if (!f || !check_value(f, value, err))
			return false;
	}
	for (size_t i = 0; i < s->n_input; i++)
		if (s->input[i].required && !json_object_get(input, s->input[i].name))
			return fail(err, ERR_INVALID, "'%s' needs '%s'", s->name, s->input[i].name);
	return true;
}

const char *const folder_fields[] = { "path", "root", "worktreePath", NULL };

/* The member that names one; NULL: there is none. */
static const char *folder_named(const json_t *input)
{
	for (unsigned i = 0; folder_fields[i]; i++)
		if (json_object_get(input, folder_fields[i]))
			return folder_fields[i];
	return NULL;
}

/* Whoever works in a folder means its project: who is bound would else take those of others. */
static bool check_claim(struct call *c, const json_t *input, struct err *err)
{
	const struct rights *r = c->io.rights;

	if (!r || !r->projects ||
	    (!json_object_get(input, "projectPath") && !json_object_get(input, "worktreePath")))
		return true;
	c->registry->has_refused = true;
	fail(err, ERR_NOT_PERMITTED, "%s may not say whose a folder is", r->who);
	return fail_hint(err, "leave it out, or have whoever runs this server do it");
}

static bool check_folders(const struct operation *op, struct call *c, const json_t *input,
			  struct err *err)
{
	const struct rights *r = c->io.rights;
	const char *named = folder_named(input);

	if (!r || !r->names_no_folders || (!named && !op->of_folder))
		return true;
	c->registry->has_refused = true;
	if (named)
		fail(err, ERR_NOT_PERMITTED, "%s names no folders here: '%s'", r->who, named);
	else
		fail(err, ERR_NOT_PERMITTED, "%s has no folder here, and '%s' is about one", r->who,
		     op->schema->name);
	return fail_hint(err, "folders here are of another machine than who asks, or another "
			      "user's: name a project instead");
}

/* Running. */

static bool run_quick(const struct operation *op, struct call *c, const json_t *input,
		      json_t *answer, bool *ret_done, struct err *err)
{
	CLEANUP(txn_cleanup) struct txn txn = { c->registry->store };

	*ret_done = false;
	if (!op->quick)
		return true;
	return store_begin(txn.store, false, err) && op->quick(c, input, answer, ret_done, err) &&
	       store_commit(txn.store, err);
}

static void forget_notices(struct call *c)
{
	json_decref(c->registry->notices);
	c->registry->notices = NULL;
}

/* Those of a look before, without what a run that is made again has said. */
static void restore_notices(struct call *c, const json_t *before)
{
	forget_notices(c);
	c->registry->notices = before ? json_deep_copy(before) : NULL;
}

static bool put_notices(struct call *c, json_t *answer, struct err *err)
{
	json_t *notices = c->registry->notices;

	c->registry->notices = NULL;
	return !notices || json_put(answer, "notices", notices) || fail_memory(err);
}

static bool deliver(const struct call *c, json_t *answer, struct err *err)
{
	const struct delivery *d = c->io.delivery;

	return !d || d->take(answer, d->arg, err);
}

/* The answer is whole, and with who asked: only the commit is missing. */
static bool finish(struct call *c, json_t *answer, struct err *err)
{
	return put_notices(c, answer, err) && deliver(c, answer, err);
}

static bool run_without_book(const struct operation *op, struct call *c, const json_t *input,
			     json_t *answer, struct err *err)
{
	return op->run(c, input, answer, err) && finish(c, answer, err);
}

/* What is forced goes into what is another's. */
static bool may_change(const struct operation *op, const struct call *c, const json_t *input,
		       struct err *err)
{
	bool of_project = op->of_project && !json_bool_of(input, "force");

	if (op->access != ACCESS_WRITE ||
	    rights_to_change(c->io.rights, op->schema->name, of_project, err))
		return true;
	c->registry->has_refused = true;
	return false;
}

static bool begin_as_asked(const struct operation *op, struct store *store, bool shared,
			   struct err *err)
{
	return shared ? store_begin_shared(store, err)
		      : store_begin(store, op->access == ACCESS_WRITE, err);
}

static bool begin(const struct operation *op, struct call *c, const json_t *input, bool shared,
		  struct err *err)
{
	struct store *store = c->registry->store;
	struct err why = { 0 };

	if (may_change(op, c, input, &why) && begin_as_asked(op, store, shared, &why))
		return true;
	c->may_not_write = op->may_only_read && why.code == ERR_NOT_PERMITTED;
	if (c->may_not_write)
		return store_begin(store, false, err);
	*err = why;
	return false;
}

/* A trial leaves nothing, so it can be made any number of times. */
static bool is_once(const struct operation *op, const struct call *c)
{
	return c->io.key && op->access == ACCESS_WRITE && !c->is_trial;
}

static bool answer_again(const struct operation *op, struct call *c, const json_t *input,
			 json_t *answer, bool *ret_done, struct err *err)
{
	CLEANUP(json_cleanup) json_t *was = NULL;

	*ret_done = false;
	if (!is_once(op, c))
		return true;
	if (!once_find(c, op->schema->name, input, &was, ret_done, err))
		return false;
	return !*ret_done ||
	       ((json_object_clear(answer) == 0 && json_object_update(answer, was) == 0)
			? deliver(c, answer, err)
			: fail_memory(err));
}

/*
 * The answer is whole before the commit: an error after it would deny what is done.
 * `*ret_said`: it is on its way, and nothing is run again.
 */
static bool settle(const struct operation *op, struct call *c, const json_t *input, json_t *answer,
		   bool *ret_said, struct err *err)
{
	if (!put_notices(c, answer, err))
		return false;
	if (is_once(op, c) && !c->may_not_write &&
	    !once_keep(c, op->schema->name, input, answer, err))
		return false;
	*ret_said = true;
	return deliver(c, answer, err) && (c->is_trial || store_commit(c->registry->store, err));
}

static bool run_once(const struct operation *op, struct call *c, const json_t *input, bool shared,
		     json_t *answer, bool *ret_said, struct err *err)
{
	CLEANUP(txn_cleanup) struct txn txn = { c->registry->store };
	bool done;

	*ret_said = false;
	if (!begin(op, c, input, shared, err) || !answer_again(op, c, input, answer, &done, err))
		return false;
	if (done)
		return true;
	if (!op->run(c, input, answer, err))
		return false;
	/* A trial run did everything, and leaves nothing. */
	if (c->is_trial)
		registry_note(c->registry, "this was a trial run: nothing of it is in the book");
	return settle(op, c, input, answer, ret_said, err);
}

static bool begin_answer(struct call *c, json_t *answer, struct err *err)
{
	json_decref(c->refusal);
	c->refusal = NULL;
	json_object_clear(answer);
	return json_put_bool(answer, "success", true) || fail_memory(err);
}

static bool run_in_transaction(const struct operation *op, struct call *c, const json_t *input,
			       json_t *answer, struct err *err)
{
	CLEANUP(json_cleanup) json_t *noted = NULL;
	struct store *store = c->registry->store;
	bool done = false, said;

	c->is_trial = json_bool_of(input, "dryRun");
	if (is_once(op, c) ? !once_check_key(c->io.key, err)
			   : !run_quick(op, c, input, answer, &done, err))
		return false;
	if (done)
		return finish(c, answer, err);
	forget_notices(c);
	if (op->before && !op->before(c, input, err))
		return false;
	noted = json_deep_copy(c->registry->notices);
	if (run_once(op, c, input, op->shares, answer, &said, err))
		return true;
	if (said || !store->needs_alone)
		return false;
	*err = (struct err){ 0 };
	restore_notices(c, noted);
	return begin_answer(c, answer, err) && run_once(op, c, input, false, answer, &said, err);
}

/* What finds no memory is left out: `err` says the most of it. */
static void give_refusal(struct call *c, const struct err *err, json_t **ret)
{
	CLEANUP(json_cleanup) json_t *refusal = c->refusal;
	json_t *whole = refusal ? operation_error(err) : NULL;

	c->refusal = NULL;
	if (whole && json_object_update(whole, refusal) == 0)
		*ret = whole;
	else
		json_decref(whole);
}

bool operation_run(const struct operation *op, struct call *c, const json_t *input, json_t **ret,
		   struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = json_object();
	struct err why = { 0 };

	if (!answer || !json_put_bool(answer, "success", true))
		return fail_memory(err);
	if (!check_input(op->schema, input, err) || !check_folders(op, c, input, err) ||
	    !check_claim(c, input, err))
		return false;
	forget_notices(c);
	if (op->access == ACCESS_NONE ? !run_without_book(op, c, input, answer, &why)
				      : !run_in_transaction(op, c, input, answer, &why)) {
		*err = why;
		give_refusal(c, err, ret);
		return false;
	}
	*ret = json_incref(answer);
	return true;
}

/* A message may quote what was typed, which may be anything, and is cut where it is too long. */
static bool put_message(json_t *o, const char *key, const char *message)
{
	char text[ERR_TEXT_SIZE > ERR_HINT_SIZE ? ERR_TEXT_SIZE : ERR_HINT_SIZE];

	snprintf(text, sizeof(text), "%s", message);
	utf8_repair(text);
	return json_put_text(o, key, text);
}

json_t *operation_error(const struct err *err)
{
	json_t *o = json_object(), *e = json_object();
	json_t *holder = err->holder[0] ? json_loads(err->holder, 0, NULL) : NULL;

	if (o && e && json_put_bool(o, "success", false) &&
	    json_put_text(e, "code", err_name(err->code)) && put_message(e, "message", err->text) &&
	    (!err->hint[0] || put_message(e, "hint", err->hint)) &&
	    (!holder || json_put(e, "holder", json_incref(holder))) &&
	    json_put(o, "error", json_incref(e))) {
		json_decref(e);
		json_decref(holder);
		return o;
	}
	json_decref(o);
	json_decref(e);
	json_decref(holder);
	return NULL;
}
