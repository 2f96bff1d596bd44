/*
 * The programs are put together from a table of the machine's two ABIs.  Each
 * rule is a comparison and what follows from it, so no jump is longer than its
 * rule.  For calls that no rule looks at more closely than by their number, the
 * kernel finds out once that they pass, and does not run the program again (since 5.11).
 *
 * Numbers are from the kernel's tables (arch/x86/entry/syscalls, and of arm64
 * include/uapi/asm-generic/unistd.h and arch/arm/tools/syscall.tbl).
 */
#include "enforce/filter.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

#define FAMILY_SMC     43
#define PROTOCOL_SMC   256
#define PROTOCOL_MPTCP 262
#define CALL_BIND      2 /* of socketcall(2) */
#define CALL_LISTEN    4
#define X32_BIT	       0x40000000U
#define NO_CALL	       0xffffffffU
#define IO_URING_SETUP 425

/* The same calls have other numbers in each of a machine's ABIs. */
static const struct abi {
	unsigned arch;
	unsigned bind, listen, socket;
	unsigned socketcall; /* NO_CALL: there is none */
	bool has_x32;
} abis[] = {
#if defined(__x86_64__)
	{ AUDIT_ARCH_X86_64, 49, 50, 41, NO_CALL, true },
	{ AUDIT_ARCH_I386, 361, 363, 359, 102, false },
#elif defined(__aarch64__)
	{ AUDIT_ARCH_AARCH64, 200, 201, 198, NO_CALL, false },
	{ AUDIT_ARCH_ARM, 282, 284, 281, NO_CALL, false },
#endif
	{ 0 },
};

static void add(struct filter *f, struct sock_filter one)
{
	if (f->len < FILTER_SIZE)
		f->code[f->len] = one;
	f->len++;
}

static void load(struct filter *f, unsigned offset)
{
	add(f, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset));
}

static void answer(struct filter *f, unsigned action)
{
	add(f, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

/* What was loaded decides: if it is `value`, that is the answer. */
static void if_equal(struct filter *f, unsigned value, unsigned action)
{
	add(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1));
	answer(f, action);
}

/* Unless it is `value`, go to what end_part() comes after. */
static unsigned short begin_part(struct filter *f, unsigned value)
{
	add(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 0));
	return (unsigned short)(f->len - 1);
}

static void end_part(struct filter *f, unsigned short begun)
{
	if (begun < FILTER_SIZE)
		f->code[begun].jf = (unsigned char)(f->len - begun - 1);
}

static unsigned errno_action(int error)
{
	return SECCOMP_RET_ERRNO | ((unsigned)error & SECCOMP_RET_DATA);
}

#define ARGUMENT(n) (unsigned)(offsetof(struct seccomp_data, args) + (n) * sizeof(__u64))

/* socket(2): families and protocols that have TCP's ports, and are not judged as TCP. */
static void add_socket(struct filter *f, const struct abi *abi, bool also_mptcp)
{
	unsigned short part = begin_part(f, abi->socket);

	load(f, ARGUMENT(0));
	if_equal(f, FAMILY_SMC, errno_action(EAFNOSUPPORT));
	load(f, ARGUMENT(2));
	if_equal(f, PROTOCOL_SMC, errno_action(EPROTONOSUPPORT));
	if (also_mptcp)
		if_equal(f, PROTOCOL_MPTCP, errno_action(EPROTONOSUPPORT));
	answer(f, SECCOMP_RET_ALLOW);
	end_part(f, part);
}

static void add_socketcall(struct filter *f, const struct abi *abi)
{
	unsigned short part = begin_part(f, abi->socketcall);

	load(f, ARGUMENT(0));
	if_equal(f, CALL_BIND, SECCOMP_RET_USER_NOTIF);
	if_equal(f, CALL_LISTEN, SECCOMP_RET_USER_NOTIF);
	answer(f, SECCOMP_RET_ALLOW);
	end_part(f, part);
}

static void add_abi(struct filter *f, const struct abi *abi, bool supervised)
{
	unsigned short part = begin_part(f, abi->arch);

	load(f, offsetof(struct seccomp_data, nr));
	if (supervised) {
		if_equal(f, abi->bind, SECCOMP_RET_USER_NOTIF);
		if_equal(f, abi->listen, SECCOMP_RET_USER_NOTIF);
		if_equal(f, IO_URING_SETUP, errno_action(ENOSYS));
	}
	if (abi->has_x32) {
		add(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1));
		answer(f, errno_action(ENOSYS));
	}
	if (supervised && abi->socketcall != NO_CALL)
		add_socketcall(f, abi);
	add_socket(f, abi, !supervised);
	answer(f, SECCOMP_RET_ALLOW);
	end_part(f, part);
}

static void make(struct filter *ret, bool supervised)
{
	*ret = (struct filter){ .len = 0 };
	load(ret, offsetof(struct seccomp_data, arch));
	for (size_t i = 0; abis[i].arch; i++)
		add_abi(ret, &abis[i], supervised);
	answer(ret, errno_action(ENOSYS));
}

void filter_make_supervised(struct filter *ret)
{
	make(ret, true);
}

void filter_make_static(struct filter *ret)
{
	make(ret, false);
}

static int set(struct filter *f, unsigned long flags)
{
	struct sock_fprog program = { .len = f->len, .filter = f->code };

	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

/* Without no_new_privs where that is allowed, so that root's tools keep working. */
static int set_for_good(struct filter *f, unsigned long flags)
{
	int done = set(f, flags);

	if (done >= 0 || errno != EACCES)
		return done;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return set(f, flags);
}

static bool fail_filter(struct err *err)
{
	if (!abis[0].arch)
		return fail(err, ERR_NOT_PERMITTED,
			    "this program knows no system calls of this kind of machine");
	if (errno == EINVAL)
		return fail(err, ERR_NOT_PERMITTED,
			    "this kernel does not bring system calls to a supervisor in a way "
			    "that signals do not disturb (Linux 5.19 does)");
	return fail(err, ERR_NOT_PERMITTED, "the kernel sets no filter for system calls: %s",
		    strerror(errno));
}

bool filter_supervise(int *ret_listener, bool *ret_nested, struct err *err)
{
	struct filter f;
	int listener;

	*ret_nested = false;
	filter_make_supervised(&f);
	if (!abis[0].arch)
		return fail_filter(err);
	listener = set_for_good(&f, SECCOMP_FILTER_FLAG_NEW_LISTENER |
					    SECCOMP_FILTER_FLAG_SPEC_ALLOW |
					    SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
	if (listener >= 0) {
		*ret_listener = listener;
		return true;
	}
	*ret_nested = errno == EBUSY;
	return fail_filter(err);
}

bool filter_refuse(struct err *err)
{
	struct filter f;

	filter_make_static(&f);
	return (abis[0].arch && set_for_good(&f, SECCOMP_FILTER_FLAG_SPEC_ALLOW) >= 0) ||
	       fail_filter(err);
}
