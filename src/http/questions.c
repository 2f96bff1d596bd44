/* Syscalls: getrandom */
#include "http/questions.h"

#include <stdio.h>
#include <sys/random.h>

#include "http/events.h"

#define CHANCE	((size_t)16)
#define PREFIX	"portbook-"
#define ID_SIZE (sizeof(PREFIX) + 2 * CHANCE)

static bool make_id(char ret[static ID_SIZE], struct err *err)
{
	unsigned char chance[CHANCE];
	int at = snprintf(ret, sizeof(PREFIX), PREFIX);

	if (getrandom(chance, sizeof(chance), 0) != (ssize_t)sizeof(chance))
		return fail(err, ERR_IO, "the system gives no random bytes");
	for (size_t i = 0; i < sizeof(chance); i++)
		at += snprintf(ret + at, 3, "%02x", chance[i]);
	return true;
}

/* Takes `message`. */
static bool add_message(struct text *sent, json_t *message, struct err *err)
{
	CLEANUP(json_cleanup) json_t *own = message;
	CLEANUP(text_release) struct text line = { 0 };

	if (!own)
		return fail_memory(err);
	text_add_json(&line, own, JSON_COMPACT);
	if (text_ok(&line))
		stream_add_message(sent, line.s, line.len);
	return (text_ok(&line) && text_ok(sent)) || fail_memory(err);
}

static bool send_one(struct questions *q, const char *name, const json_t *request,
		     struct text *sent, struct err *err)
{
	char id[ID_SIZE];

	return make_id(id, err) && (json_put_text(q->open, id, name) || fail_memory(err)) &&
	       add_message(sent,
			   json_pack("{s:s, s:s, s:O, s:O*}", "jsonrpc", "2.0", "id", id, "method",
				     json_object_get(request, "method"), "params",
				     json_object_get(request, "params")),
			   err);
}

bool questions_send(struct questions *q, struct text *sent, struct err *err)
{
	const char *name;
	json_t *request;

	questions_drop(q);
	q->open = json_object();
	if (!q->open)
		return fail_memory(err);
	json_object_foreach(q->asking.asked, name, request)
		if (!send_one(q, name, request, sent, err))
			return false;
	return true;
}

bool questions_take(struct questions *q, const json_t *response)
{
	const char *id = json_text_of(response, "id"), *name = json_text_of(q->open, id ? id : "");
	json_t *result = json_object_get(response, "result");

	if (!name)
		return false;
	/* Without memory it is as if the client had refused. */
	if (result)
		(void)!json_put(q->asking.responses, name, json_incref(result));
	json_object_del(q->open, id);
	return true;
}

bool questions_are_answered(const struct questions *q)
{
	return !json_object_size(q->open);
}

void questions_drop(struct questions *q)
{
	json_decref(q->open);
	q->open = NULL;
}

void questions_release(struct questions *q)
{
	questions_drop(q);
	mcp_asking_release(&q->asking);
}
