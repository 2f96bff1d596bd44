/*
 * http/serving.h - a server that runs, and what carries its requests.  Of this folder only.
 *
 *	server.c	begins, waits and ends
 *	carrier.c	libmicrohttpd as we want it
 *	connections.c	who is at the other end
 *	exchanges.c	a request comes in pieces, and its reply goes
 */
#ifndef HTTP_SERVING_H
#define HTTP_SERVING_H

#include <microhttpd.h>

#include "http/chores.h"
#include "http/exchange.h"
#include "http/server.h"
#include "http/streams.h"

struct server {
	struct MHD_Daemon *daemon;
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
	bool ends;
	int64_t ends_at_ms;
};

/* Rationale: a body that is refused is let pass, but not without end. */
#define PASSED_MAX ((size_t)2 * LARGE_BODY_MAX)

int64_t monotonic_ms(void);

/* Errors: ERR_IO */
MUST_CHECK bool carrier_start(struct server *s, struct MHD_Daemon **ret, struct err *err);

/* MHD_OPTION_NOTIFY_CONNECTION: it begins, or ends. */
void connection_notice(void *server, struct MHD_Connection *c, void **socket_context,
		       enum MHD_ConnectionNotificationCode what);
int connection_fd(struct MHD_Connection *c);
/* Who is at the other end; NULL: there was no memory for it. */
const struct http_peer *connection_peer(struct MHD_Connection *c);

/* MHD_OPTION_URI_LOG_CALLBACK: the request line is there.  NULL: no memory, and it is refused. */
void *exchange_line(void *server, const char *uri, struct MHD_Connection *c);
/* MHD_AccessHandlerCallback: the headers, each piece of the body, its end, the queue's answer. */
enum MHD_Result exchange_request(void *server, struct MHD_Connection *c, const char *url,
				 const char *method, const char *version, const char *bytes,
				 size_t *len, void **context);
/* MHD_OPTION_NOTIFY_COMPLETED: it is over, however. */
void exchange_completed(void *server, struct MHD_Connection *c, void **context,
			enum MHD_RequestTerminationCode why);

#endif
