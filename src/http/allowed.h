/*
 * http/allowed.h - what a server lets its clients take.
 */
#ifndef HTTP_ALLOWED_H
#define HTTP_ALLOWED_H

#include <stdint.h>

/*
 * What one client, and all together, may take.  Times in ms.  A client of another machine has
 * the default where nothing is said (0); one of this machine has then no limit of its own.
 */
#define LIMIT_NONE UINT32_MAX
struct limits {
	unsigned rate;	      /* requests of one client in a second; LIMIT_NONE: any number */
	unsigned connections; /* of one client at once; LIMIT_NONE: any number */
	unsigned all;	      /* connections of all clients; 0: LIMIT_ALL */
	int64_t header_ms;    /* for a request's headers, and between two; 0: LIMIT_HEADER_MS */
	int64_t body_ms;      /* for its body, and for taking the reply; 0: LIMIT_BODY_MS */
	int64_t answer_ms;    /* for what it is asked in the middle of it; 0: LIMIT_ANSWER_MS */
};

/* Rationale: a person may be asked, and have to look for it; nothing but the request waits. */
#define LIMIT_ANSWER_MS 300000
/* Rationale: a program that asks more often than that wants a list, or the stream of events. */
#define LIMIT_FAR_RATE 100
/* Rationale: a pool of connections of each program on a machine. */
#define LIMIT_FAR_CONNECTIONS 256
/* Rationale: with 4 kB each, 10,000 connections that wait are below 100 MB. */
#define LIMIT_ALL 10240
/* Rationale: a client that is there says something within half a minute. */
#define LIMIT_HEADER_MS 30000
/* Rationale: what takes the longest is a body of 16 MB over a bad line; the book has its own 30 s. */
#define LIMIT_BODY_MS 120000

#endif
