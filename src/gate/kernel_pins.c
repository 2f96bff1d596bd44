#include "gate/kernel_inside.h"

#include <errno.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

/* Of Linux 5.14; Debian's headers of before have it not. */
#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

/* Grows with each change of gate/shared.h: what is pinned is then another one's. */
#define PINS_VERSION 1

const char *const kernel_map_names[KERNEL_MAPS] = { "ports", "owners", "reports", "said" };
const char *const kernel_program_names[KERNEL_PROGRAMS] = { "bind4", "bind6" };

static void mounts_cleanup(FILE **mounts)
{
	if (*mounts)
		endmntent(*mounts);
}

bool kernel_find_mount(const char *type, char ret[static PATH_MAX])
{
	CLEANUP(mounts_cleanup) FILE *mounts = setmntent("/proc/self/mounts", "re");
	char text[PATH_MAX * 2];
	struct mntent one;

	while (mounts && getmntent_r(mounts, &one, text, sizeof(text)))
		if (!strcmp(one.mnt_type, type))
			return snprintf(ret, PATH_MAX, "%s", one.mnt_dir) < PATH_MAX;
	return false;
}

bool kernel_network(__u64 *ret, struct err *err)
{
	CLEANUP(fd_cleanup) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof(*ret);

	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, ret, &size) < 0)
		return fail(err, ERR_NOT_PERMITTED,
			    "the kernel has no numbers for network namespaces (Linux 5.14): %s",
			    strerror(errno));
	return true;
}

bool kernel_find_pins(bool makes, char ret[static PATH_MAX], struct err *err)
{
	char top[PATH_MAX], folder[PATH_MAX];
	__u64 cookie;

	if (!kernel_network(&cookie, err))
		return false;
	if (!kernel_find_mount("bpf", top)) {
		fail(err, ERR_NOT_PERMITTED, "no bpffs is mounted, in which the rules would stay");
		return fail_hint(err, "mount -t bpf bpf /sys/fs/bpf");
	}
	if (snprintf(folder, sizeof(folder), "%s/portbook", top) >= (int)sizeof(folder) ||
	    snprintf(ret, PATH_MAX, "%s/%llu-v%d", folder, (unsigned long long)cookie,
		     PINS_VERSION) >= PATH_MAX)
		return fail(err, ERR_INVALID, "the path of the bpffs is too long");
	if (!makes || ((mkdir(folder, 0700) == 0 || errno == EEXIST) &&
		       (mkdir(ret, 0700) == 0 || errno == EEXIST)))
		return true;
	return fail(err, ERR_NOT_PERMITTED, "cannot make '%.200s' in the bpffs: %s", ret,
		    strerror(errno));
}

bool kernel_pin_of(const char *pins, const char *name, char ret[static PATH_MAX])
{
	return snprintf(ret, PATH_MAX, "%s/%s", pins, name) < PATH_MAX;
}

static int say_nothing(enum libbpf_print_level level, const char *format, va_list args)
{
	return 0;
}

void kernel_be_quiet(void)
{
	libbpf_set_print(say_nothing);
}

/* At once, and not when the last one who has it open has gone. */
static bool detach_one(const char *path)
{
	struct bpf_link *link = bpf_link__open(path);
	bool was = link != NULL;

	if (was)
		(void)bpf_link__detach(link);
	bpf_link__destroy(link);
	(void)!unlink(path);
	return was;
}

bool kernel_detach(bool *ret_was, struct err *err)
{
	char pins[PATH_MAX], path[PATH_MAX];
	bool was = false;

	kernel_be_quiet();
	if (!kernel_check_root(err) || !kernel_find_pins(false, pins, err))
		return false;
	for (size_t i = 0; i < KERNEL_PROGRAMS; i++)
		was = (kernel_pin_of(pins, kernel_program_names[i], path) && detach_one(path)) ||
		      was;
	for (size_t i = 0; i < KERNEL_MAPS; i++)
		if (kernel_pin_of(pins, kernel_map_names[i], path))
			(void)!unlink(path);
	(void)!rmdir(pins);
	/* With the last network namespace that had one. */
	*strrchr(pins, '/') = '\0';
	(void)!rmdir(pins);
	*ret_was = was;
	return true;
}
