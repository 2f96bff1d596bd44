#include "operations/live.h"

bool live_look(struct call *c, const json_t *input, struct err *err)
{
	struct look what = LOOK_ALL;

	/* Who descends from whom is learned of those who need it: scene_learn. */
	what.learn = LEARN_ALL & ~(unsigned)LEARN_LINEAGE;
	return registry_look(c->registry, c->registry->host, &what, &c->arena, &c->seen, err);
}

bool live_look_if_asked(struct call *c, const json_t *input, struct err *err)
{
	return !json_bool_of(input, "live") || live_look(c, input, err);
}

bool live_scene(struct call *c, const char *host, struct scene *ret, struct err *err)
{
	return scene_read(c->registry, host, &c->seen, &c->arena, ret, err);
}

bool live_scene_if_asked(struct call *c, const json_t *input, const char *host, struct err *err)
{
	c->scene = NULL;
	if (!json_bool_of(input, "live"))
		return true;
	c->scene = arena_alloc(&c->arena, sizeof(*c->scene));
	if (!c->scene)
		return fail_memory(err);
	return live_scene(c, host, c->scene, err);
}

const char *live_actual(struct scene *s, const struct judgement *j, struct listener *l)
{
	if (j->why == UNKNOWN_HOST)
		return "not known";
	if (!l)
		return "not running";
	return j->process ? listener_text_of(s->arena, l, j->process) : listener_text(s->arena, l);
}

bool live_put(struct scene *s, const struct entry *e, json_t *row)
{
	struct listener *l;
	struct judgement j;

	if (!s || e->status == STATUS_RELEASED)
		return true;
	j = scene_judge(s, e);
	l = j.why == UNKNOWN_HOST ? NULL : scene_listener(s, e->protocol, e->port);
	return json_put_text(row, "state", entry_state_name(j.state)) &&
	       json_put_text(row, "actual", live_actual(s, &j, l)) &&
	       json_put_text(row, "reason", judgement_text(s->arena, &j)) &&
	       json_put(row, "listener", l ? listener_json(l) : json_null());
}
