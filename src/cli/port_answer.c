#include "cli/port_answer.h"

#include "cli/entry_text.h"
#include "cli/piece.h"

static void note_passed_over(struct run *r, const json_t *one)
{
	CLEANUP(piece_cleanup) struct piece who = { .of = &r->out.notes };

	listener_add(&who.text, one);
	output_note(&r->out, "%lld was passed over: %s listens there",
		    (long long)json_int_of(one, "port", 0), text_str(&who.text));
}

static void note_why(struct run *r, const json_t *answer)
{
	CLEANUP(piece_cleanup) struct piece name = { .of = &r->out.notes };

	entry_add_name(&name.text, answer);
	output_note(&r->out, "%s %s %lld: %s", text_str(&name.text),
		    json_bool_of(answer, "created") ? "would get" : "has",
		    (long long)json_int_of(answer, "port", 0), text_or(answer, "why", "as asked"));
}

bool port_answer_show(struct run *r, const json_t *answer, struct err *err)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(answer, "passedOver"), i, one)
		note_passed_over(r, one);
	if (json_bool_of(r->input, "dryRun"))
		note_why(r, answer);
	text_addf(&r->out.text, "%lld\n", (long long)json_int_of(answer, "port", 0));
	return true;
}
