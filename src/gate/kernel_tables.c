/*
 * What the kernel is told: who may have which port.
 */
#include "gate/kernel_inside.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

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
