/*
 * client/curl/libcurl.h - libcurl, loaded for the first question over http or https.
 *
 * Linked, it would cost every command more than its own start: docs/decisions/0031
 * says the same of libpq.
 */
#ifndef CLIENT_CURL_LIBCURL_H
#define CLIENT_CURL_LIBCURL_H

#include <curl/curl.h>

/* `curl->easy_init` is curl_easy_init, and so on. */
struct libcurl {
	__typeof__(&curl_easy_cleanup) easy_cleanup;
	__typeof__(&curl_easy_getinfo) easy_getinfo;
	__typeof__(&curl_easy_init) easy_init;
	__typeof__(&curl_easy_perform) easy_perform;
	__typeof__(&curl_easy_setopt) easy_setopt;
	__typeof__(&curl_easy_strerror) easy_strerror;
	__typeof__(&curl_global_init) global_init;
	__typeof__(&curl_slist_append) slist_append;
	__typeof__(&curl_slist_free_all) slist_free_all;
};

/* The same table for all threads, to the end of the process; NULL: this machine has no libcurl. */
const struct libcurl *libcurl_load(void);

#endif
