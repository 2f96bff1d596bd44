#include "base/caller.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"

/* Rationale: a line of passwd; one that is longer has no name we would show. */
#define PASSWD_MAX 4096

char *caller_name(char ret[static CALLER_NAME_SIZE])
{
	uid_t uid = getuid();
	char buffer[PASSWD_MAX];
	struct passwd entry, *user = NULL;
	const char *behind = uid == 0 ? secure_getenv("SUDO_USER") : NULL;

	/* Not getpwuid: programs that link libportbook have threads. */
	if (getpwuid_r(uid, &entry, buffer, sizeof(buffer), &user) != 0 || !user)
		snprintf(ret, CALLER_NAME_SIZE, "uid %u", (unsigned)uid);
	else if (behind && *behind && strlen(behind) <= 32 &&
		 utf8_is_printable(behind, strlen(behind)) && strcmp(behind, user->pw_name) != 0)
		snprintf(ret, CALLER_NAME_SIZE, "%.32s via %.32s", behind, user->pw_name);
	else
		snprintf(ret, CALLER_NAME_SIZE, "%.64s", user->pw_name);
	return ret;
}

bool user_name(uid_t uid, char ret[static CALLER_NAME_SIZE])
{
	const struct passwd *user = getpwuid(uid);
	size_t len = user ? strlen(user->pw_name) : 0;

	if (!len || len >= CALLER_NAME_SIZE || !utf8_is_printable(user->pw_name, len))
		return false;
	memcpy(ret, user->pw_name, len + 1);
	return true;
}
