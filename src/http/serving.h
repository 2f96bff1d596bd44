/*
 * http/serving.h - a server that runs, and what carries its requests.  Of this folder only.
 *
 *	server.c	begins, waits and ends
 *	carrier.c	libmicrohttpd as we want it
 *	connections.c	who is at the other end, how many they are, and how slow
 *	exchanges.c	a request comes in pieces, and its reply goes
 *	asking.c	an agent is asked something in the middle of one
 */
#ifndef HTTP_SERVING_H
#define HTTP_SERVING_H

#include <microhttpd.h>

#include "http/chores.h"
#include "http/clients.h"
#include "http/exchange.h"
#include "http/server.h"
#include "http/streams.h"

/* Rationale: connections that began with a certificate keep it; they end in a minute, or stream. */
#define CARRIERS_MAX 8

/* One of libmicrohttpd's daemons: it talks TLS, or it does not. */
struct carrier {
	struct server *server;
	struct MHD_Daemon *daemon; /* NULL: this place is free */
	bool is_far;
	unsigned connections;
};

/* One that is open; libmicrohttpd's context of the socket. */
struct connection {
	struct http_peer peer;
	struct carrier *carrier;
	struct MHD_Connection *handle;
	struct exchange *exchange; /* NULL: between two */
	int64_t since_ms;	   /* monotonic: when it began, or its last exchange ended */
	bool is_counted;	   /* among those of its client */
	struct connection *before, *after;
};

struct server {
	struct carrier carriers[CARRIERS_MAX]; /* the first is without TLS */
	struct carrier *far;		       /* where new ones that talk TLS go; NULL: nowhere */
	struct certificate *certificate;       /* of `far`, where it was read anew; else NULL */
	struct connection *connections;
	unsigned n_connections;
	struct limits limits;
	struct loop *loop;
	struct queue *queue;
	struct api api;
	const struct server_options *options;
	int bell, ticker;
	struct exchange *under_way;
	struct streams streams;
	struct metrics metrics;
	struct chores chores;
	bool is_accepting;
	struct watched {
		struct server *server;
		const struct partner *partner;
	} watched[PARTNERS_MAX];
	const struct partner *left_by; /* NULL: by nobody */
	bool ends;
	int64_t ends_at_ms;
	bool is_over; /* the queue takes nothing any more */
};

/* Rationale: a body that is refused is let pass, but not without end. */
#define PASSED_MAX ((size_t)2 * LARGE_BODY_MAX)

/*
 * In a place that is free; `certificate` NULL: without TLS.  Its file is watched by the loop.
 * Errors: ERR_IO; ERR_BUSY  there is no such place yet
 */
MUST_CHECK bool carrier_start(struct server *s, const struct certificate *certificate,
			      struct carrier **ret, struct err *err);

/* Let them do what is to be done; those that are left by all end. */
void carriers_run(struct server *s);
/* How long none of them has to, at most `most`. */
int carriers_wait_ms(const struct server *s, int most);
void carriers_stop(struct server *s);

/* Those that have taken too long are closed, so that no slow client keeps its place. */
void connections_tick(struct server *s, int64_t now_ms);

/* MHD_OPTION_NOTIFY_CONNECTION: it begins, or ends; one too many is shut down. */
void connection_notice(void *carrier, struct MHD_Connection *handle, void **socket_context,
		       enum MHD_ConnectionNotificationCode what);
int connection_fd(struct MHD_Connection *c);
/* NULL: there was no memory for it. */
struct connection *connection_of(struct MHD_Connection *c);

/* MHD_OPTION_URI_LOG_CALLBACK: the request line is there.  NULL: no memory, and it is refused. */
void *exchange_line(void *carrier, const char *uri, struct MHD_Connection *c);
/* MHD_AccessHandlerCallback: the headers, each piece of the body, its end, the queue's answer. */
enum MHD_Result exchange_request(void *carrier, struct MHD_Connection *c, const char *url,
				 const char *method, const char *version, const char *bytes,
				 size_t *len, void **context);
/* The queue has answered it: its reply goes, or the last of it. */
void exchange_answered(struct server *s, struct exchange *x);
/* Those that have told how far they are begin to reply while the queue still has them. */
void exchanges_hurry(struct server *s);
/* The queue has answered it, and its client is asked something first: it waits for that.  False: not. */
MUST_CHECK bool exchange_asks(struct server *s, struct exchange *x);
/* What this one answers to what was asked goes to who asks it. */
void exchanges_hear(struct server *s, const struct exchange *by);
/* Those whose client has not answered for too long, all where the server ends, go on without. */
void exchanges_stop_asking(struct server *s, int64_t now_ms);
/* MHD_OPTION_NOTIFY_COMPLETED: it is over, however. */
void exchange_completed(void *carrier, struct MHD_Connection *c, void **context,
			enum MHD_RequestTerminationCode why);

#endif
