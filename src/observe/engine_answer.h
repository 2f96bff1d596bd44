/*
 * observe/engine_answer.h - what a container engine answers, bytes in, containers out.
 *
 * For containers.c and its test.  The bytes are foreign: whoever starts a
 * container names it and labels it as they like.
 */
#ifndef OBSERVE_ENGINE_ANSWER_H
#define OBSERVE_ENGINE_ANSWER_H

#include "registry/listeners.h"

/* An array that grows in its arena. */
struct containers_found {
	struct arena *arena;
	struct container *items;
	unsigned count, room;
};

/*
 * Add the containers of an answer to GET /containers/json; one that is there
 * already, by its id, is not added again.  What has no id is passed over, and a
 * name, label or port that makes no sense is as if it were not there.
 *
 * Source:  Docker Engine API v1.24 and later, ContainerList; Podman's compatible API;
 *          labels: compose's com.docker.compose.project.working_dir and .service.
 * Errors:  ERR_INVALID  it is no such answer, or a refusal; the message says which
 *          ERR_MEMORY
 */
MUST_CHECK bool engine_answer_parse(const char *bytes, size_t len, struct containers_found *into,
				    struct err *err);

#endif
