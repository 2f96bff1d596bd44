#include "http/clients.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rationale: 10,000 connections of as many clients are ten in a row. */
#define ROWS 1024u
/* A bucket holds what comes in this time. */
#define BUCKET_US INT64_C(2000000)

struct client {
	struct client *next;
	int64_t full_at_us; /* when its bucket is full again, if it asks for nothing */
	unsigned connections;
	char name[CLIENT_NAME_SIZE];
};

struct clients {
	struct client *rows[ROWS];
	unsigned count;
};

struct clients *clients_new(void)
{
	return calloc(1, sizeof(struct clients));
}

void clients_free(struct clients *c)
{
	for (unsigned i = 0; c && i < ROWS; i++)
		while (c->rows[i]) {
			struct client *gone = c->rows[i];

			c->rows[i] = gone->next;
			free(gone);
		}
	free(c);
}

/* Source: FNV-1a, 32 bits. */
static unsigned row_of(const char *name)
{
	uint32_t hash = 0x811c9dc5;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 0x01000193;
	return hash % ROWS;
}

static bool is_forgotten(const struct client *one, int64_t now_ms)
{
	return !one->connections && one->full_at_us <= now_ms * 1000;
}

/* On its way it leaves out who is forgotten. */
static struct client *find(struct clients *c, const char *name, int64_t now_ms)
{
	struct client **at = &c->rows[row_of(name)], *found = NULL;

	while (*at) {
		struct client *one = *at;

		if (!strcmp(one->name, name))
			found = one;
		if (one == found || !is_forgotten(one, now_ms)) {
			at = &one->next;
			continue;
		}
		*at = one->next;
		c->count--;
		free(one);
	}
	return found;
}

static struct client *find_or_add(struct clients *c, const char *name, int64_t now_ms)
{
	struct client *one = find(c, name, now_ms);
	unsigned row = row_of(name);

	if (one)
		return one;
	one = calloc(1, sizeof(*one));
	if (!one)
		return NULL;
	snprintf(one->name, sizeof(one->name), "%s", name);
	one->next = c->rows[row];
	c->rows[row] = one;
	c->count++;
	return one;
}

/* Each request puts off the time at which the bucket is full; too far off, and it is empty. */
bool clients_ask(struct clients *c, const char *name, unsigned rate, int64_t now_ms,
		 int64_t *ret_wait_ms)
{
	struct client *one = find_or_add(c, name, now_ms);
	int64_t now_us = now_ms * 1000, each_us = 1000000 / (rate ? rate : 1), full_at_us;

	if (!one)
		return true;
	full_at_us = (one->full_at_us > now_us ? one->full_at_us : now_us) + each_us;
	if (full_at_us - now_us > BUCKET_US) {
		*ret_wait_ms = (full_at_us - now_us - BUCKET_US) / 1000 + 1;
		return false;
	}
	one->full_at_us = full_at_us;
	return true;
}

bool clients_connect(struct clients *c, const char *name, unsigned most, int64_t now_ms)
{
	struct client *one = find_or_add(c, name, now_ms);

	if (!one || (most && one->connections >= most))
		return false;
	one->connections++;
	return true;
}

void clients_disconnect(struct clients *c, const char *name)
{
	struct client *one = find(c, name, 0);

	if (one && one->connections)
		one->connections--;
}

unsigned clients_count(const struct clients *c)
{
	return c->count;
}
