/*
 * http/exchange.h - one request and its reply, while they are carried.  Of this folder only.
 */
#ifndef HTTP_EXCHANGE_H
#define HTTP_EXCHANGE_H

#include "http/api.h"

struct MHD_Connection;

enum exchange_state {
	EXCHANGE_NEW,	  /* the request line is there */
	EXCHANGE_TAKING,  /* its body comes */
	EXCHANGE_WAITING, /* the queue has it */
	EXCHANGE_REPLIED,
	EXCHANGE_STREAMING,
};

struct exchange {
	struct api_call call; /* first: what the queue gives back is one */
	enum exchange_state state;
	struct MHD_Connection *connection;
	struct arena arena;
	char *line; /* the target as it came */
	struct target target;
	bool is_refused; /* by its headers: the reply is there, and waits for the body to pass */
	struct http_headers headers;
	struct http_request request;
	struct http_reply reply;
	bool is_queued; /* the queue has it */
	bool is_left;	/* its connection has gone meanwhile */
	bool has_reply; /* it is there, and not given to the connection yet */
	struct text body;
	size_t body_max;
	size_t passed;		/* bytes of the body that came */
	int64_t since_ms;	/* monotonic */
	int64_t asked_until_ms; /* its client is asked something; 0: it is not */
	struct exchange *before, *after;
};

#endif
