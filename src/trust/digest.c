/*
 * Syscalls: getrandom, and those of loading a library
 */
#include "trust/digest.h"

#include <dlfcn.h>
#include <errno.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

struct gnutls {
	__typeof__(&gnutls_hash_fast) hash_fast;
};

static struct gnutls gnutls;
static const struct gnutls *loaded;

static void load(void)
{
	void *library = dlopen("libgnutls.so.30", RTLD_NOW | RTLD_LOCAL);
	void *function = library ? dlsym(library, "gnutls_hash_fast") : NULL;

	if (!function)
		return;
	/* POSIX lets dlsym's answer be a function; ISO C wants it copied. */
	memcpy(&gnutls.hash_fast, &function, sizeof(function));
	loaded = &gnutls;
}

static const struct gnutls *gnutls_load(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load);
	return loaded;
}

bool token_make(char ret[static TOKEN_SIZE], struct err *err)
{
	unsigned char chance[32];
	size_t at = (size_t)snprintf(ret, TOKEN_SIZE, "%s", TOKEN_PREFIX);

	if (getrandom(chance, sizeof(chance), 0) != (ssize_t)sizeof(chance))
		return fail(err, ERR_IO, "the system gives no random bytes: %s", strerror(errno));
	for (size_t i = 0; i < sizeof(chance); i++, at += 2)
		snprintf(ret + at, TOKEN_SIZE - at, "%02x", chance[i]);
	explicit_bzero(chance, sizeof(chance));
	return true;
}

bool digest_of(const char *text, size_t len, unsigned char ret[static DIGEST_SIZE], struct err *err)
{
	const struct gnutls *g = gnutls_load();

	if (!g)
		return fail(err, ERR_IO, "tokens need libgnutls.so.30, which is not there (%s)",
			    "libgnutls30");
	return g->hash_fast(GNUTLS_DIG_SHA256, text, len, ret) == 0 ||
	       fail(err, ERR_IO, "libgnutls makes no SHA-256");
}

/* All of it is looked at, and nothing branches on it. */
bool digest_same(const unsigned char a[static DIGEST_SIZE],
		 const unsigned char b[static DIGEST_SIZE])
{
	volatile unsigned char differs = 0;

	for (size_t i = 0; i < DIGEST_SIZE; i++)
		differs = (unsigned char)(differs | (a[i] ^ b[i]));
	return !differs;
}
