#include "operations/schema.h"

#include <string.h>

#include "base/text.h"

static bool fail_unknown(const struct schema *s, const char *name, struct err *err)
{
	CLEANUP(text_release) struct text names = { 0 };

	for (size_t i = 0; i < s->n_input; i++)
		text_addf(&names, "%s%s", i ? ", " : "", s->input[i].name);
	fail(err, ERR_INVALID, "'%s' takes no '%.80s'", s->name, name);
	return fail_hint(err, "it takes %s", s->n_input ? text_str(&names) : "nothing");
}

const struct schema_field *schema_field_named(const struct schema *s, const char *name,
					      struct err *err)
{
	for (size_t i = 0; i < s->n_input; i++)
		if (!strcmp(s->input[i].name, name))
			return &s->input[i];
	(void)!fail_unknown(s, name, err);
	return NULL;
}
