#include "gate/kernel_inside.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "gate/bind_object.h"

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

	if (!kernel_network(&c.only_netns, err))
		return false;
	return (map && bpf_map__set_initial_value(map, &c, sizeof(c)) == 0) ||
	       fail(err, ERR_IO, "the BPF program is not the one of this portbook");
}

static bool set_pins(struct kernel *k, const char *pins, struct err *err)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < KERNEL_MAPS; i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(k->object, kernel_map_names[i]);

		if (!map || !kernel_pin_of(pins, kernel_map_names[i], path) ||
		    bpf_map__set_pin_path(map, path))
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
	struct bpf_program *program = bpf_object__find_program_by_name(k->object,
								       kernel_program_names[i]);
	char path[PATH_MAX];

	if (pins && !kernel_pin_of(pins, kernel_program_names[i], path))
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

	if (!kernel_find_mount("cgroup2", root))
		return fail(err, ERR_NOT_PERMITTED,
			    "no control groups of version 2 are mounted (cgroup2)");
	group = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (group < 0)
		return fail(err, ERR_NOT_PERMITTED, "cannot open '%.200s': %s", root,
			    strerror(errno));
	for (unsigned i = 0; i < KERNEL_PROGRAMS; i++)
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

	if (!kernel_find_pins(true, pins, err) ||
	    !kernel_pin_of(pins, kernel_program_names[0], path))
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

	if (!kernel_find_pins(false, pins, NULL) || access(pins, F_OK) < 0)
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
	kernel_be_quiet();
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
	for (size_t i = 0; i < KERNEL_PROGRAMS; i++)
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
	for (size_t i = 0; i < KERNEL_PROGRAMS; i++)
		if (!is_attached(k->links[i]))
			return false;
	return true;
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
