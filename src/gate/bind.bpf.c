/*
 * gate/bind.bpf.c - asked by the kernel before each bind: the port's owner, or EADDRINUSE.
 *
 * Compiled for the kernel's own machine, and fitted to the kernel that runs when it is loaded: of the
 * kernel's structs only the members that are named here are known, wherever they are there.
 */
#include <linux/bpf.h>
#include <linux/in.h>
#include <stdbool.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "gate/shared.h"

#define EADDRINUSE 98

/* Below are the ports of the system, which nobody may be kept from. */
#define FIRST_PORT 1024

/* Rationale: npm, sh, node and what those start; unrolled, so it costs instructions. */
#define ANCESTORS_MAX 24

/* Rationale: user.slice/user-1000.slice/user@1000.service/app.slice/NAME has five. */
#define GROUPS_MAX 12

#define REPORT_EVERY_NS 1000000000ULL

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct kernfs_node {
	const char *name;
};
struct cgroup;
struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys_state *parent;
};
struct cgroup {
	struct cgroup_subsys_state self;
	struct kernfs_node *kn;
};
struct css_set {
	struct cgroup *dfl_cgrp;
};
struct task_struct {
	struct task_struct *real_parent;
	struct css_set *cgroups;
	int tgid;
};
#pragma clang attribute pop

const volatile struct gate_constants constants SEC(".rodata.gate") = {};

/* Those that are kept, and who may have them. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, GATE_PORTS_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct gate_port);
	__type(value, __u8);
} ports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, GATE_OWNERS_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct gate_owner);
	__type(value, __u8);
} owners SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 262144);
} reports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct gate_said);
	__type(value, __u64);
} said SEC(".maps");

/* A key is larger than what a function of the kernel's machine may have on its stack twice. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct gate_owner);
} scratch SEC(".maps");

static __always_inline struct gate_owner *owner_key(struct gate_port port, __u32 kind)
{
	__u32 first = 0;
	struct gate_owner *key = bpf_map_lookup_elem(&scratch, &first);

	if (!key)
		return NULL;
	__builtin_memset(key, 0, sizeof(*key));
	key->port = port;
	key->kind = kind;
	return key;
}

static __always_inline bool is_of_user(struct gate_port port)
{
	struct gate_owner *key = owner_key(port, GATE_USER);

	if (!key)
		return false;
	key->id = (__u32)bpf_get_current_uid_gid();
	return bpf_map_lookup_elem(&owners, key) != NULL;
}

/* It, or what started it. */
static __always_inline bool is_of_run(struct gate_port port)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct gate_owner *key = owner_key(port, GATE_RUN);

	if (!key)
		return false;
#pragma unroll
	for (int i = 0; i < ANCESTORS_MAX; i++) {
		key->id = BPF_CORE_READ(task, tgid);
		if (key->id <= 1)
			return false;
		if (bpf_map_lookup_elem(&owners, key))
			return true;
		task = BPF_CORE_READ(task, real_parent);
	}
	return false;
}

/* Does it begin so?  With the 0 at its end, it is so. */
#define BEGINS(text, with, len)                             \
	({                                                  \
		bool begins = true;                         \
		for (unsigned at = 0; at < (len); at++)     \
			begins &= (text)[at] == (with)[at]; \
		begins;                                     \
	})

/* Its control group, or one that this is in; the root has no parent. */
static __always_inline bool is_of_unit(struct gate_port port)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct cgroup *group = BPF_CORE_READ(task, cgroups, dfl_cgrp);
	struct gate_owner *key = owner_key(port, GATE_UNIT);
	bool is_owner = false;

	if (!key)
		return false;
#pragma unroll
	for (int i = 0; i < GROUPS_MAX; i++) {
		struct cgroup_subsys_state *parent = BPF_CORE_READ(group, self.parent);

		if (!parent)
			return is_owner;
		__builtin_memset(key->name, 0, sizeof(key->name));
		bpf_probe_read_kernel_str(key->name, sizeof(key->name),
					  BPF_CORE_READ(group, kn, name));
		is_owner = is_owner || bpf_map_lookup_elem(&owners, key);
		/* Below it everybody names control groups as they like. */
		if (BEGINS(key->name, "user.slice", sizeof("user.slice")))
			return false;
		group = BPF_CORE_READ(parent, cgroup);
	}
	return false;
}

/* systemd, which binds for units, and who lets people in: as root, whatever the book says. */
static __always_inline bool is_of_system(void)
{
	char program[16] = { 0 };

	if ((__u32)bpf_get_current_uid_gid() != 0)
		return false;
	if (bpf_get_current_pid_tgid() >> 32 == 1)
		return true;
	bpf_get_current_comm(program, sizeof(program));
	return BEGINS(program, "sshd", sizeof("sshd") - 1) ||
	       BEGINS(program, "dropbear", sizeof("dropbear"));
}

static __always_inline void report(struct gate_port port)
{
	struct gate_said key = { .port = port, .pid = bpf_get_current_pid_tgid() >> 32 };
	__u64 now = bpf_ktime_get_ns(), *before = bpf_map_lookup_elem(&said, &key);
	struct gate_report *r;

	if (before && now - *before < REPORT_EVERY_NS)
		return;
	bpf_map_update_elem(&said, &key, &now, BPF_ANY);
	r = bpf_ringbuf_reserve(&reports, sizeof(*r), 0);
	if (!r)
		return;
	r->port = port;
	r->uid = (__u32)bpf_get_current_uid_gid();
	r->pid = key.pid;
	bpf_get_current_comm(r->program, sizeof(r->program));
	bpf_ringbuf_submit(r, 0);
}

/* 1: as if nobody had asked; 0: refused. */
static __always_inline int judge(struct bpf_sock_addr *ctx)
{
	struct gate_port port = { .port = bpf_ntohs((__u16)ctx->user_port) };

	/* MPTCP has a number of its own, and TCP's ports. */
	port.protocol = ctx->type == 1 ? IPPROTO_TCP : IPPROTO_UDP;
	if (ctx->type != 1 && ctx->type != 2)
		return 1;
	if (port.port < FIRST_PORT || bpf_get_netns_cookie(ctx) != constants.only_netns)
		return 1;
	if (!bpf_map_lookup_elem(&ports, &port) || is_of_user(port) || is_of_system() ||
	    is_of_run(port) || is_of_unit(port))
		return 1;
	report(port);
	if (constants.only_report)
		return 1;
	bpf_set_retval(-EADDRINUSE);
	return 0;
}

SEC("cgroup/bind4")
int bind4(struct bpf_sock_addr *ctx)
{
	return judge(ctx);
}

SEC("cgroup/bind6")
int bind6(struct bpf_sock_addr *ctx)
{
	return judge(ctx);
}

char gate_license[] SEC("license") = "GPL";
