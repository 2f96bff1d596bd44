/* The programs are run here as the kernel does it: what they answer is seen without being held to it. */
#include "lib/check.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>

#include "enforce/filter.h"

#define NO(error) (SECCOMP_RET_ERRNO | (error))
#define ALLOW	  SECCOMP_RET_ALLOW
#define NOTIFY	  SECCOMP_RET_USER_NOTIF
#define NEVER	  0xdeadU /* the program left its own end */

/* Loads, jumps and returns: the classic BPF that filters are made of. */
static unsigned answer_of(const struct filter *f, const struct seccomp_data *d)
{
	uint32_t loaded = 0;

	for (unsigned at = 0; at < f->len;) {
		const struct sock_filter *one = &f->code[at++];

		switch (one->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			CHECK(one->k % 4 == 0 && one->k + 4 <= sizeof(*d));
			memcpy(&loaded, (const char *)d + one->k, sizeof(loaded));
			break;
		case BPF_JMP | BPF_JEQ | BPF_K: at += loaded == one->k ? one->jt : one->jf; break;
		case BPF_JMP | BPF_JGE | BPF_K: at += loaded >= one->k ? one->jt : one->jf; break;
		case BPF_RET | BPF_K: return one->k;
		default: CHECK(false, "code %x", one->code);
		}
	}
	return NEVER;
}

struct asked {
	struct seccomp_data data;
	unsigned supervised, fixed;
};

static const struct asked row[] = {
#if defined(__x86_64__)
	{ { 0, AUDIT_ARCH_X86_64, 0, { 0 } }, ALLOW, ALLOW },
	{ { 49, AUDIT_ARCH_X86_64, 0, { 0 } }, NOTIFY, ALLOW },
	{ { 50, AUDIT_ARCH_X86_64, 0, { 0 } }, NOTIFY, ALLOW },
	{ { 425, AUDIT_ARCH_X86_64, 0, { 0 } }, NO(ENOSYS), ALLOW }, /* Landlock judges io_uring */
	{ { 41, AUDIT_ARCH_X86_64, 0, { 2, 1, 0 } }, ALLOW, ALLOW },
	{ { 41, AUDIT_ARCH_X86_64, 0, { 2, 1, 262 } }, ALLOW, NO(EPROTONOSUPPORT) },
	{ { 41, AUDIT_ARCH_X86_64, 0, { 2, 1, 256 } }, NO(EPROTONOSUPPORT), NO(EPROTONOSUPPORT) },
	{ { 41, AUDIT_ARCH_X86_64, 0, { 43, 1, 0 } }, NO(EAFNOSUPPORT), NO(EAFNOSUPPORT) },
	{ { 0x40000000 + 49, AUDIT_ARCH_X86_64, 0, { 0 } }, NO(ENOSYS), NO(ENOSYS) },
	{ { -1, AUDIT_ARCH_X86_64, 0, { 0 } }, NO(ENOSYS), NO(ENOSYS) },
	{ { 102, AUDIT_ARCH_X86_64, 0, { 2 } }, ALLOW, ALLOW }, /* getuid, there */
	{ { 102, AUDIT_ARCH_I386, 0, { 2 } }, NOTIFY, ALLOW },
	{ { 102, AUDIT_ARCH_I386, 0, { 4 } }, NOTIFY, ALLOW },
	{ { 102, AUDIT_ARCH_I386, 0, { 3 } }, ALLOW, ALLOW },
	{ { 361, AUDIT_ARCH_I386, 0, { 0 } }, NOTIFY, ALLOW },
	{ { 363, AUDIT_ARCH_I386, 0, { 0 } }, NOTIFY, ALLOW },
	{ { 49, AUDIT_ARCH_I386, 0, { 0 } }, ALLOW, ALLOW }, /* geteuid, there */
	{ { 425, AUDIT_ARCH_I386, 0, { 0 } }, NO(ENOSYS), ALLOW },
	{ { 359, AUDIT_ARCH_I386, 0, { 10, 1, 262 } }, ALLOW, NO(EPROTONOSUPPORT) },
	{ { 200, AUDIT_ARCH_AARCH64, 0, { 0 } }, NO(ENOSYS), NO(ENOSYS) },
#elif defined(__aarch64__)
	{ { 63, AUDIT_ARCH_AARCH64, 0, { 0 } }, ALLOW, ALLOW },
	{ { 200, AUDIT_ARCH_AARCH64, 0, { 0 } }, NOTIFY, ALLOW },
	{ { 201, AUDIT_ARCH_AARCH64, 0, { 0 } }, NOTIFY, ALLOW },
	{ { 425, AUDIT_ARCH_AARCH64, 0, { 0 } }, NO(ENOSYS), ALLOW },
	{ { 198, AUDIT_ARCH_AARCH64, 0, { 2, 1, 262 } }, ALLOW, NO(EPROTONOSUPPORT) },
	{ { 282, AUDIT_ARCH_ARM, 0, { 0 } }, NOTIFY, ALLOW },
#endif
	{ { 49, AUDIT_ARCH_MIPS, 0, { 0 } }, NO(ENOSYS), NO(ENOSYS) },
};

static void test_filter__answers_each_call_as_it_is_meant(void **state)
{
	struct filter supervised, fixed;

	filter_make_supervised(&supervised);
	filter_make_static(&fixed);
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		unsigned a = answer_of(&supervised, &row[i].data);
		unsigned b = answer_of(&fixed, &row[i].data);

		CHECK(a == row[i].supervised && b == row[i].fixed, "row %zu: %x %x", i, a, b);
	}
}

static void test_filter__fits_its_room_and_ends_in_an_answer(void **state)
{
	struct filter f;

	filter_make_supervised(&f);
	CHECK(f.len <= FILTER_SIZE && f.code[f.len - 1].code == (BPF_RET | BPF_K));
	filter_make_static(&f);
	CHECK(f.len <= FILTER_SIZE && f.code[f.len - 1].code == (BPF_RET | BPF_K));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filter__answers_each_call_as_it_is_meant),
		cmocka_unit_test(test_filter__fits_its_room_and_ends_in_an_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
