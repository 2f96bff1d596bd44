/* What another server answers: an object, or an error that says something. */
#include "client/client.h"
#include "fuzz.h"

static void fuzz_one(const char *text, size_t size)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	struct err err = { 0 };

	if (client_read_answer(text, size, &answer, &err))
		MUST(json_is_object(answer));
	else
		MUST(err.code != ERR_NONE && err.text[0] && (!answer || json_is_object(answer)));
}
