#include "client/curl/libcurl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>

#include "base/macros.h"

#define FUNCTION(name)                                        \
	{                                                     \
		"curl_" #name, offsetof(struct libcurl, name) \
	}

static const struct {
	const char *name;
	size_t offset;
} functions[] = {
	FUNCTION(easy_cleanup), FUNCTION(easy_getinfo), FUNCTION(easy_init),
	FUNCTION(easy_perform), FUNCTION(easy_setopt),	FUNCTION(easy_strerror),
	FUNCTION(global_init),	FUNCTION(slist_append), FUNCTION(slist_free_all),
};

/* Debian's flavours differ in what they encrypt with, and in nothing that we ask. */
static const char *const names[] = { "libcurl.so.4", "libcurl-gnutls.so.4" };

static struct libcurl libcurl;
static const struct libcurl *loaded;

static void *open_library(void)
{
	void *library = NULL;

	for (size_t i = 0; !library && i < ARRAY_LEN(names); i++)
		library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
	return library;
}

static void load(void)
{
	void *library = open_library();

	for (size_t i = 0; library && i < ARRAY_LEN(functions); i++) {
		void *function = dlsym(library, functions[i].name);

		if (!function)
			return;
		/* POSIX lets dlsym's answer be a function; ISO C wants it copied. */
		memcpy((char *)&libcurl + functions[i].offset, &function, sizeof(function));
	}
	if (library && libcurl.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
		loaded = &libcurl;
}

const struct libcurl *libcurl_load(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load);
	return loaded;
}
