#include "observe/mnl_linux.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>

#include "base/macros.h"

#define FUNCTION(name)                                   \
	{                                                \
		"mnl_" #name, offsetof(struct mnl, name) \
	}

static const struct {
	const char *name;
	size_t offset;
} functions[] = {
	FUNCTION(socket_open2),	   FUNCTION(socket_close), FUNCTION(socket_sendto),
	FUNCTION(socket_recvfrom), FUNCTION(cb_run2),
};

static struct mnl mnl;
static const struct mnl *loaded;

static void load(void)
{
	void *library = dlopen("libmnl.so.0", RTLD_NOW | RTLD_LOCAL);

	for (size_t i = 0; library && i < ARRAY_LEN(functions); i++) {
		void *function = dlsym(library, functions[i].name);

		if (!function)
			return;
		/* POSIX lets dlsym's answer be a function; ISO C wants it copied. */
		memcpy((char *)&mnl + functions[i].offset, &function, sizeof(function));
	}
	if (library)
		loaded = &mnl;
}

const struct mnl *mnl_load(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load);
	return loaded;
}
