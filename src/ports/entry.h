/*
 * ports/entry.h - one line of the book: this port of this host belongs to that
 * service.  The table is `port_allocations`, the word in JSON `allocation`.
 */
#ifndef PORTS_ENTRY_H
#define PORTS_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

enum protocol {
	PROTO_TCP,
	PROTO_UDP,
};
#define PROTO_COUNT 2

/* Stored; what is observed (in_use, down, squatted, unknown) is not a status but a state. */
enum entry_status {
	STATUS_ALLOCATED,
	STATUS_RESERVED,
	STATUS_LEGACY,
	STATUS_RELEASED,
};
#define STATUS_COUNT 4

/* Rationale: a description is a sentence, notes are a paragraph, metadata a small form. */
#define DESCRIPTION_MAX 1000
#define NOTES_MAX	4000
#define UNIT_MAX	255
#define TUNNEL_ID_MAX	100
#define METADATA_MAX	16384

/*
 * Text is NULL or "" where there is none; nothing here owns memory: the strings
 * belong to whoever made the entry.  Times are ms since 1970, 0: never.
 */
struct entry {
	const char *id; /* UUID, version 7 */
	const char *project_id;
	const char *project; /* name; filled by reads, ignored by writes */
	int project_number;  /* -1: none; filled by reads, ignored by writes */
	unsigned instance;   /* from 1 */
	const char *environment;
	const char *service;
	bool primary; /* the port that `get` answers */
	const char *type;
	const char *role;
	const char *range; /* the policy range it was taken from; NULL: registered outside */
	const char *host;
	enum protocol protocol;
	uint16_t port;
	enum entry_status status;
	const char *description, *notes;
	const char *unit;	     /* the systemd unit that runs it */
	const char *tunnel_hostname; /* cloudflareHostname */
	const char *tunnel_id;	     /* cloudflareTunnelId */
	const char *metadata;	     /* a JSON object; NULL: {} */
	const char *allocated_by;
	const char *worktree; /* the instance's path; filled by reads, ignored by writes */
	int64_t allocated_at_ms, last_used_at_ms, last_verified_at_ms;
	int64_t released_at_ms; /* set if and only if status is STATUS_RELEASED */
	int64_t expires_at_ms;	/* temporary ports only */
};

/* "tcp", "udp"; "allocated", "reserved", "legacy", "released". */
const char *protocol_name(enum protocol p);
const char *entry_status_name(enum entry_status s);

/* False when no protocol or status has that name; `*ret` is then untouched. */
bool protocol_from_name(const char *name, enum protocol *ret);
bool entry_status_from_name(const char *name, enum entry_status *ret);

#endif
