#include "store/postgres/libpq.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>

#include "base/macros.h"

#define FUNCTION(name)                                   \
	{                                                \
		"PQ" #name, offsetof(struct libpq, name) \
	}

static const struct {
	const char *name;
	size_t offset;
} functions[] = {
	FUNCTION(clear),
	FUNCTION(cmdStatus),
	FUNCTION(connectdbParams),
	FUNCTION(connectPoll),
	FUNCTION(connectStartParams),
	FUNCTION(conninfo),
	FUNCTION(conninfoFree),
	FUNCTION(conninfoParse),
	FUNCTION(consumeInput),
	FUNCTION(enterPipelineMode),
	FUNCTION(errorMessage),
	FUNCTION(exec),
	FUNCTION(finish),
	FUNCTION(freemem),
	FUNCTION(ftype),
	FUNCTION(getisnull),
	FUNCTION(getResult),
	FUNCTION(getvalue),
	FUNCTION(notifies),
	FUNCTION(ntuples),
	FUNCTION(parameterStatus),
	FUNCTION(pipelineSync),
	FUNCTION(resultErrorField),
	FUNCTION(resultStatus),
	FUNCTION(sendPrepare),
	FUNCTION(sendQueryPrepared),
	FUNCTION(serverVersion),
	FUNCTION(setNoticeProcessor),
	FUNCTION(socket),
	FUNCTION(status),
	FUNCTION(transactionStatus),
};

static struct libpq libpq;
static const struct libpq *loaded;

static void load(void)
{
	void *library = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);

	for (size_t i = 0; library && i < ARRAY_LEN(functions); i++) {
		void *function = dlsym(library, functions[i].name);

		if (!function)
			return;
		/* POSIX lets dlsym's answer be a function; ISO C wants it copied. */
		memcpy((char *)&libpq + functions[i].offset, &function, sizeof(function));
	}
	if (library)
		loaded = &libpq;
}

const struct libpq *libpq_load(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load);
	return loaded;
}
