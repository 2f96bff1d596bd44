#include "gate/kernel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mntent.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "gate/bind_object.h"

/* Of Linux 5.14; Debian's headers of before have it not. */
#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

/* Grows with each change of gate/shared.h: what is pinned is then another one's. */
#define PINS_VERSION 1

static const char *const map_names[] = { "ports", "owners", "reports", "said" };
static const char *const program_names[] = { "bind4", "bind6" };

struct kernel {
	struct bpf_object *object;
	struct bpf_link *links[ARRAY_LEN(program_names)];
	struct ring_buffer *reports;
	kernel_report_fn *report;
	void *arg;
	int ports, owners;
};

/* Where. */

static void mounts_cleanup(FILE **mounts)
{
	if (*mounts)
		endmntent(*mounts);
}

/* The first place where a file system of that type is mounted. */
static bool find_mount(const char *type, char ret[static PATH_MAX])
{
	CLEANUP(mounts_cleanup) FILE *mounts = setmntent("/proc/self/mounts", "re");
	char text[PATH_MAX * 2];
	struct mntent one;

	while (mounts && getmntent_r(mounts, &one, text, sizeof(text)))
		if (!strcmp(one.mnt_type, type))
			return snprintf(ret, PATH_MAX, "%s", one.mnt_dir) < PATH_MAX;
	return false;
}

static bool network_cookie(__u64 *ret, struct err *err)
{
	CLEANUP(fd_cleanup) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof(*ret);

	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, ret, &size) < 0)
		return fail(err, ERR_NOT_PERMITTED,
			    "the kernel has no numbers for network namespaces (Linux 5.14): %s",
			    strerror(errno));
	return true;
}

/* The folder of this network namespace; made, if `makes`. */
static bool find_pins(bool makes, char ret[static PATH_MAX], struct err *err)
{
	char top[PATH_MAX], folder[PATH_MAX];
	__u64 cookie;

	if (!network_cookie(&cookie, err))
		return false;
	if (!find_mount("bpf", top)) {
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

static bool pin_of(const char *pins, const char *name, char ret[static PATH_MAX])
{
	return snprintf(ret, PATH_MAX, "%s/%s", pins, name) < PATH_MAX;
}

/* Loading. */

/* Why the kernel refuses, as far as can be told. */
static bool fail_load(int why, struct err *err)
{
	if (access("/sys/kernel/btf/vmlinux", R_OK) < 0)
		return fail(err, ERR_NOT_PERMITTED,
			    "the kernel does not describe itself (no /sys/kernel/btf/vmlinux)");
	if (why == EEXIST || why == EINVAL)
		return fail(err, ERR_NOT_PERMITTED, "the kernel does not take the BPF program: %s",
			    strerror(why));
	return fail(
		err, ERR_NOT_PERMITTED,
		"the kernel lets nobody load BPF programs here (it needs CAP_BPF, CAP_NET_ADMIN "
		"and CAP_PERFMON): %s",
		strerror(why));
}

static bool set_constants(struct kernel *k, bool only_report, struct err *err)
{
	struct bpf_map *map = bpf_object__find_map_by_name(k->object, ".rodata.gate");
	struct gate_constants c = { .only_report = only_report };

	if (!network_cookie(&c.only_netns, err))
		return false;
	return (map && bpf_map__set_initial_value(map, &c, sizeof(c)) == 0) ||
	       fail(err, ERR_IO, "the BPF program is not the one of this portbook");
}

static bool set_pins(struct kernel *k, const char *pins, struct err *err)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_LEN(map_names); i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(k->object, map_names[i]);

		if (!map || !pin_of(pins, map_names[i], path) || bpf_map__set_pin_path(map, path))
			return fail_memory(err);
	}
	return true;
}

static bool load(struct kernel *k, bool only_report, const char *pins, struct err *err)
{
	int why;

	k->object = bpf_object__open_mem(embed_bind_bpf_o, embed_bind_bpf_o_len, NULL);
	if (!k->object)
		return fail(err, ERR_IO, "the BPF program cannot be read: %s", strerror(errno));
	if (!set_constants(k, only_report, err) || (!only_report && !set_pins(k, pins, err)))
		return false;
	why = -bpf_object__load(k->object);
	if (why)
		return fail_load(why, err);
	k->ports = bpf_object__find_map_fd_by_name(k->object, "ports");
	k->owners = bpf_object__find_map_fd_by_name(k->object, "owners");
	return true;
}

/* Attaching. */

/* The one that is there goes on with the new program: no bind is missed. */
static bool replace(struct bpf_link *link, struct bpf_program *program, struct err *err)
{
	return bpf_link__update_program(link, program) == 0 ||
	       fail(err, ERR_NOT_PERMITTED, "the program that is attached cannot be replaced: %s",
		    strerror(errno));
}

static bool attach_one(struct kernel *k, unsigned i, int group, const char *pins, struct err *err)
{
	struct bpf_program *program = bpf_object__find_program_by_name(k->object, program_names[i]);
	char path[PATH_MAX];

	if (pins && !pin_of(pins, program_names[i], path))
		return fail_memory(err);
	k->links[i] = pins ? bpf_link__open(path) : NULL;
	if (k->links[i])
		return replace(k->links[i], program, err);
	k->links[i] = bpf_program__attach_cgroup(program, group);
	if (!k->links[i])
		return fail(err, ERR_NOT_PERMITTED,
			    "the kernel lets nobody attach a program to control groups: %s",
			    strerror(errno));
	return !pins || bpf_link__pin(k->links[i], path) == 0 ||
	       fail(err, ERR_NOT_PERMITTED, "cannot keep '%.200s' in the bpffs: %s", path,
		    strerror(errno));
}

static bool attach(struct kernel *k, const char *pins, struct err *err)
{
	CLEANUP(fd_cleanup) int group = -1;
	char root[PATH_MAX];

	if (!find_mount("cgroup2", root))
		return fail(err, ERR_NOT_PERMITTED,
			    "no control groups of version 2 are mounted (cgroup2)");
	group = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (group < 0)
		return fail(err, ERR_NOT_PERMITTED, "cannot open '%.200s': %s", root,
			    strerror(errno));
	for (unsigned i = 0; i < ARRAY_LEN(program_names); i++)
		if (!attach_one(k, i, group, pins, err))
			return false;
	return true;
}

static int hear_one(void *arg, void *data, size_t size)
{
	const struct kernel *k = arg;

	if (size >= sizeof(struct gate_report))
		k->report(k->arg, data);
	return 0;
}

static bool listen_to(struct kernel *k, struct err *err)
{
	k->reports = ring_buffer__new(bpf_object__find_map_fd_by_name(k->object, "reports"),
				      hear_one, k, NULL);
	return k->reports ||
	       fail(err, ERR_NOT_PERMITTED, "the kernel has no ring buffers (Linux 5.8): %s",
		    strerror(errno));
}

static int say_nothing(enum libbpf_print_level level, const char *format, va_list args)
{
	return 0;
}

bool kernel_check_root(struct err *err)
{
	if (geteuid() == 0)
		return true;
	fail(err, ERR_NOT_PERMITTED, "only root keeps ports for a whole machine");
	return fail_hint(err, "sudo portbook guard --system; portbook guard is for your own ports");
}

static bool open_all(struct kernel *k, bool only_report, const char *pins, struct err *err)
{
	return load(k, only_report, pins, err) && attach(k, only_report ? NULL : pins, err) &&
	       listen_to(k, err);
}

/* What is there already stays where this fails; what is half there is worse than nothing. */
static bool open_pinned(struct kernel *k, struct err *err)
{
	char pins[PATH_MAX], path[PATH_MAX];
	bool was_there, dropped;

	if (!find_pins(true, pins, err) || !pin_of(pins, program_names[0], path))
		return false;
	was_there = access(path, F_OK) == 0;
	if (open_all(k, false, pins, err))
		return true;
	if (!was_there)
		(void)!kernel_detach(&dropped, NULL);
	return false;
}

static bool open_only_reporting(struct kernel *k, struct err *err)
{
	char pins[PATH_MAX];

	if (!find_pins(false, pins, NULL) || access(pins, F_OK) < 0)
		return open_all(k, true, NULL, err);
	fail(err, ERR_TAKEN, "what another guard has left in the kernel goes on refusing");
	return fail_hint(err, "portbook guard --system --detach lets it go");
}

bool kernel_open(bool only_report, kernel_report_fn *report, void *arg, struct kernel **ret,
		 struct err *err)
{
	struct kernel *k = calloc(1, sizeof(*k));
	bool ok;

	if (!k)
		return fail_memory(err);
	k->report = report;
	k->arg = arg;
	libbpf_set_print(say_nothing);
	ok = kernel_check_root(err) &&
	     (only_report ? open_only_reporting(k, err) : open_pinned(k, err));
	if (ok)
		*ret = k;
	else
		kernel_free(k);
	return ok;
}

void kernel_free(struct kernel *k)
{
	if (!k)
		return;
	ring_buffer__free(k->reports);
	/* One that is pinned stays attached. */
	for (size_t i = 0; i < ARRAY_LEN(program_names); i++)
		bpf_link__destroy(k->links[i]);
	bpf_object__close(k->object);
	free(k);
}

/* One that is detached is in no control group. */
static bool is_attached(const struct bpf_link *link)
{
	struct bpf_link_info info = { 0 };
	__u32 size = sizeof(info);

	return bpf_obj_get_info_by_fd(bpf_link__fd(link), &info, &size) < 0 ||
	       info.cgroup.cgroup_id != 0;
}

bool kernel_is_attached(const struct kernel *k)
{
	for (size_t i = 0; i < ARRAY_LEN(program_names); i++)
		if (!is_attached(k->links[i]))
			return false;
	return true;
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

	libbpf_set_print(say_nothing);
	if (!kernel_check_root(err) || !find_pins(false, pins, err))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(program_names); i++)
		was = (pin_of(pins, program_names[i], path) && detach_one(path)) || was;
	for (size_t i = 0; i < ARRAY_LEN(map_names); i++)
		if (pin_of(pins, map_names[i], path))
			(void)!unlink(path);
	(void)!rmdir(pins);
	/* With the last network namespace that had one. */
	*strrchr(pins, '/') = '\0';
	(void)!rmdir(pins);
	*ret_was = was;
	return true;
}

/* Telling. */

struct table {
	int fd;
	size_t size;
	int (*order)(const void *, const void *);
};

static int by_port(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct gate_port));
}

static int by_owner(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct gate_owner));
}

/* All keys that it has: the caller frees them. NULL: no memory. */
static char *keys_of(const struct table *t, size_t *ret_count)
{
	size_t count = 0, room = 64;
	char *keys = malloc(room * t->size), *more;

	while (keys && bpf_map_get_next_key(t->fd, count ? keys + (count - 1) * t->size : NULL,
					    keys + count * t->size) == 0) {
		if (++count < room)
			continue;
		room *= 2;
		more = realloc(keys, room * t->size);
		if (!more)
			free(keys);
		keys = more;
	}
	*ret_count = count;
	return keys;
}

static void bytes_cleanup(char **bytes)
{
	free(*bytes);
}

static bool put_all(const struct table *t, const void *wanted, unsigned count, struct err *err)
{
	const char *keys = wanted;
	const __u8 one = 1;

	for (unsigned i = 0; i < count; i++)
		if (bpf_map_update_elem(t->fd, keys + i * t->size, &one, BPF_ANY) < 0)
			return fail(err, ERR_IO, "the kernel takes no more ports: %s",
				    strerror(errno));
	return true;
}

static bool is_run(const struct table *t, const char *key)
{
	struct gate_owner owner;

	if (t->order != by_owner)
		return false;
	memcpy(&owner, key, sizeof(owner));
	return owner.kind == GATE_RUN;
}

static bool drop_rest(const struct table *t, void *wanted, unsigned count, struct err *err)
{
	size_t n;
	CLEANUP(bytes_cleanup) char *keys = keys_of(t, &n);

	if (!keys)
		return fail_memory(err);
	qsort(wanted, count, t->size, t->order);
	for (size_t i = 0; i < n; i++) {
		const char *key = keys + i * t->size;

		if (!is_run(t, key) && !bsearch(key, wanted, count, t->size, t->order))
			(void)bpf_map_delete_elem(t->fd, key);
	}
	return true;
}

bool kernel_keep(struct kernel *k, struct gate_port *ports, unsigned n_ports,
		 struct gate_owner *owners, unsigned n_owners, struct err *err)
{
	const struct table of_ports = { k->ports, sizeof(*ports), by_port };
	const struct table of_owners = { k->owners, sizeof(*owners), by_owner };

	return put_all(&of_owners, owners, n_owners, err) &&
	       put_all(&of_ports, ports, n_ports, err) &&
	       drop_rest(&of_ports, ports, n_ports, err) &&
	       drop_rest(&of_owners, owners, n_owners, err);
}

/* Runs. */

bool kernel_admit(struct kernel *k, __u16 port, pid_t pid, struct err *err)
{
	static const __u8 protocols[] = { IPPROTO_TCP, IPPROTO_UDP };
	const struct table t = { k->owners, sizeof(struct gate_owner), by_owner };
	struct gate_owner owner = { .kind = GATE_RUN, .id = (__u32)pid };

	for (size_t i = 0; i < ARRAY_LEN(protocols); i++) {
		owner.port = (struct gate_port){ .port = port, .protocol = protocols[i] };
		if (!put_all(&t, &owner, 1, err))
			return false;
	}
	return true;
}

static void each_run(struct kernel *k, void (*fn)(void *, const struct gate_owner *), void *arg)
{
	const struct table t = { k->owners, sizeof(struct gate_owner), by_owner };
	struct gate_owner owner;
	size_t n = 0;
	CLEANUP(bytes_cleanup) char *keys = keys_of(&t, &n);

	for (size_t i = 0; keys && i < n; i++) {
		memcpy(&owner, keys + i * t.size, sizeof(owner));
		if (owner.kind == GATE_RUN)
			fn(arg, &owner);
	}
}

struct forgetting {
	int fd;
	__u32 pid;
};

static void forget_one(void *arg, const struct gate_owner *owner)
{
	const struct forgetting *f = arg;

	if (owner->id == f->pid)
		(void)bpf_map_delete_elem(f->fd, owner);
}

void kernel_forget(struct kernel *k, pid_t pid)
{
	struct forgetting f = { k->owners, (__u32)pid };

	each_run(k, forget_one, &f);
}

struct telling {
	void (*fn)(void *arg, pid_t pid);
	void *arg;
};

static void tell_one(void *arg, const struct gate_owner *owner)
{
	const struct telling *t = arg;

	t->fn(t->arg, (pid_t)owner->id);
}

void kernel_each_run(struct kernel *k, void (*fn)(void *arg, pid_t pid), void *arg)
{
	struct telling t = { fn, arg };

	each_run(k, tell_one, &t);
}

/* Hearing. */

int kernel_fd(const struct kernel *k)
{
	return ring_buffer__epoll_fd(k->reports);
}

void kernel_hear(struct kernel *k)
{
	(void)ring_buffer__consume(k->reports);
}
