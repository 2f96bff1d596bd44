/*
 * http/answer.h - what an operation has answered, as a reply: its status, where what was made is,
 * where a list goes on, and the tag of the state that it shows.
 */
#ifndef HTTP_ANSWER_H
#define HTTP_ANSWER_H

#include "http/api.h"

/*
 * What an operation answers is nothing where the path shows one thing.
 * Errors: ERR_NOT_FOUND
 */
MUST_CHECK bool answer_is_there(const struct route *route, const json_t *input,
				const json_t *answer, struct err *err);

void answer_reply(const struct api_call *c, struct http_reply *reply);
void answer_reply_error(const struct api_call *c, struct http_reply *reply);

#define STATE_TAG_SIZE 24

/* The ETag of a body.  Returns `ret`. */
const char *state_tag(const struct text *body, char ret[static STATE_TAG_SIZE]);

/* Does If-Match or If-None-Match name it? */
bool state_is_named(const char *condition, const char *tag);

#endif
