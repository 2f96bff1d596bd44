/* What is made of the bytes of an answer, also of one that no kernel gives. */
#include "lib/check.h"

#include <errno.h>

#include "observe/netlink_linux.h"

#define SOCKET_TYPE 20

struct answer {
	_Alignas(struct nlmsghdr) char bytes[256];
	size_t len;
};

static void add(struct answer *a, unsigned type, unsigned flags, const void *payload, size_t size)
{
	struct nlmsghdr header = { .nlmsg_len = (uint32_t)(NLMSG_HDRLEN + size),
				   .nlmsg_type = (uint16_t)type,
				   .nlmsg_flags = (uint16_t)flags };

	memcpy(a->bytes + a->len, &header, sizeof(header));
	if (size)
		memcpy(a->bytes + a->len + NLMSG_HDRLEN, payload, size);
	a->len += NLMSG_ALIGN(header.nlmsg_len);
}

static void add_number(struct answer *a, unsigned type, int number)
{
	add(a, type, 0, &number, sizeof(number));
}

static bool count(const struct nlmsghdr *message, void *arg)
{
	(void)message;
	++*(unsigned *)arg;
	return true;
}

static bool refuse(const struct nlmsghdr *message, void *arg)
{
	count(message, arg);
	errno = ENOTSUP;
	return false;
}

/* 0, or the errno; `*ret_told`: how many messages were given. */
static int take(const struct answer *a, netlink_fn *fn, unsigned *ret_told, bool *ret_more)
{
	*ret_told = 0;
	errno = 0;
	return netlink_take(a->bytes, a->len, fn, ret_told, ret_more) ? 0 : errno;
}

static void check(const struct answer *a, int error, unsigned told, bool more)
{
	unsigned is_told;
	bool is_more;

	CHECK(take(a, count, &is_told, &is_more) == error, "%s", strerror(errno));
	CHECK(is_told == told, "%u", is_told);
	CHECK(error || is_more == more);
}

static void test_take__gives_each_message_up_to_the_end(void **state)
{
	struct answer a = { 0 };

	(void)state;
	add(&a, SOCKET_TYPE, 0, "abc", 3); /* padded */
	add(&a, NLMSG_NOOP, 0, NULL, 0);
	add(&a, SOCKET_TYPE, 0, "abcd", 4);
	check(&a, 0, 2, true);
	add_number(&a, NLMSG_DONE, 0);
	add(&a, SOCKET_TYPE, 0, "abcd", 4);
	check(&a, 0, 2, false);
}

static void test_take__says_what_the_kernel_says(void **state)
{
	static const struct {
		unsigned type;
		int number, error;
	} rows[] = { { NLMSG_ERROR, -EPERM, EPERM },
		     { NLMSG_DONE, -ENOENT, ENOENT },
		     { NLMSG_OVERRUN, 0, ENOBUFS } };

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		struct answer a = { 0 };

		add(&a, SOCKET_TYPE, 0, NULL, 0);
		add_number(&a, rows[i].type, rows[i].number);
		check(&a, rows[i].error, 1, false);
	}
}

static void test_take__refuses_a_list_that_changed_meanwhile(void **state)
{
	struct answer a = { 0 };

	(void)state;
	add(&a, SOCKET_TYPE, NLM_F_DUMP_INTR, NULL, 0);
	check(&a, EINTR, 0, false);
}

static void test_take__refuses_lengths_that_cannot_be(void **state)
{
	static const uint32_t lengths[] = { 0, 1, NLMSG_HDRLEN - 1, 21, UINT32_MAX };

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(lengths); i++) {
		struct answer a = { 0 };

		add(&a, SOCKET_TYPE, 0, "abcd", 4);
		memcpy(a.bytes, &lengths[i], sizeof(lengths[i]));
		check(&a, EBADMSG, 0, false);
	}
}

static void test_take__ends_with_a_reader_that_does_not_go_on(void **state)
{
	struct answer a = { 0 };
	unsigned told;
	bool more;

	(void)state;
	add(&a, SOCKET_TYPE, 0, NULL, 0);
	add(&a, SOCKET_TYPE, 0, NULL, 0);
	CHECK(take(&a, refuse, &told, &more) == ENOTSUP);
	CHECK(told == 1);
}

static void test_take__of_an_error_without_a_number_is_an_error(void **state)
{
	struct answer a = { 0 };

	(void)state;
	add(&a, NLMSG_ERROR, 0, NULL, 0);
	check(&a, EBADMSG, 0, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_take__gives_each_message_up_to_the_end),
		cmocka_unit_test(test_take__says_what_the_kernel_says),
		cmocka_unit_test(test_take__refuses_a_list_that_changed_meanwhile),
		cmocka_unit_test(test_take__refuses_lengths_that_cannot_be),
		cmocka_unit_test(test_take__ends_with_a_reader_that_does_not_go_on),
		cmocka_unit_test(test_take__of_an_error_without_a_number_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
