/*
 * What observe/ says of real sockets, in a network namespace where nothing
 * else listens.  Where such a namespace is refused all of it is skipped.
 */
#include "lib/check.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include "base/fd.h"
#include "observe/observe.h"
#include "observe/sockets_linux.h"

#define SKIPPED 77 /* meson's word for it */

static const struct port_range any_port;
static const char IPV4_ALL[] = "0.0.0.0", IPV4_LO[] = "127.0.0.1",
		  IPV6_ALL[] = "::", IPV6_LO[] = "::1", IPV6_DUAL[] = "::, and IPv4";

/* A socket that is there until the end of the test, and not otherwise used (clang would warn). */
#define HELD CLEANUP(fd_cleanup) __attribute__((unused))

/* What is asked of the machine, with cmocka's check that it could be asked. */

static void collect(enum protocol protocol, struct port_set *ret)
{
	struct err err = { 0 };

	*ret = (struct port_set){ 0 };
	CHECK(listeners_of_machine.ops->collect(NULL, protocol, ret, &err), "%s", err.text);
}

static bool listens(enum protocol protocol, uint16_t port)
{
	struct port_set set;

	collect(protocol, &set);
	return port_set_has(&set, port);
}

static unsigned count_listening(enum protocol protocol)
{
	struct port_set set;

	collect(protocol, &set);
	return port_set_count(&set, (struct port_range){ 1, UINT16_MAX });
}

/* What the last looks gave lives here until the next test. */
static struct arena looked;

static int forget_looks(void **state)
{
	arena_release(&looked);
	return 0;
}

static void look(const struct look *what, struct listener_list *ret)
{
	struct err err = { 0 };

	CHECK(listeners_of_machine.ops->look(NULL, what, &looked, ret, &err), "%s", err.text);
}

static struct listener look_at(enum protocol protocol, uint16_t port, unsigned learn)
{
	const struct look what = { .protocol = (int)protocol,
				   .ports = { port, port },
				   .learn = learn };
	struct listener_list list;

	look(&what, &list);
	CHECK(list.count == 1);
	return list.items[0];
}

/* One process that listens there, as `check` asks. */
struct seen {
	enum protocol protocol;
	uint16_t port;
	uid_t uid;
	pid_t pid;
	const char *program, *cwd;
};

static bool who(enum protocol protocol, uint16_t port, struct seen *ret)
{
	const struct look what = {
		.protocol = (int)protocol,
		.ports = { port, port },
		.learn = LEARN_PROGRAM | LEARN_FOLDER,
		.one_holder = true,
	};
	struct listener_list list;

	*ret = (struct seen){ 0 };
	look(&what, &list);
	if (!list.count)
		return false;
	CHECK(list.count == 1);
	*ret = (struct seen){ list.items[0].protocol, list.items[0].port, list.items[0].uid };
	if (list.items[0].n_processes) {
		ret->pid = list.items[0].processes[0].pid;
		ret->program = list.items[0].processes[0].program;
		ret->cwd = list.items[0].processes[0].cwd;
	}
	return true;
}

/* Sockets. */

static socklen_t address_of(const char *address, uint16_t port, struct sockaddr_storage *ret)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)ret;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret;

	*ret = (struct sockaddr_storage){ 0 };
	if (address == IPV6_ALL || address == IPV6_LO || address == IPV6_DUAL) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		v6->sin6_addr = address == IPV6_LO ? in6addr_loopback : in6addr_any;
		return sizeof(*v6);
	}
	v4->sin_family = AF_INET;
	v4->sin_port = htons(port);
	v4->sin_addr.s_addr = address == IPV4_LO ? htonl(INADDR_LOOPBACK) : INADDR_ANY;
	return sizeof(*v4);
}

static int bound_socket(int type, const char *address, uint16_t port)
{
	struct sockaddr_storage at;
	socklen_t len = address_of(address, port, &at);
	int fd = socket(at.ss_family, type | SOCK_CLOEXEC, 0);
	int on = 1;

	CHECK(fd >= 0);
	CHECK(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0);
	if (address == IPV6_ALL || address == IPV6_LO)
		CHECK(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) == 0);
	CHECK(bind(fd, (struct sockaddr *)&at, len) == 0);
	return fd;
}

static int listening_socket(const char *address, uint16_t port)
{
	int fd = bound_socket(SOCK_STREAM, address, port);

	CHECK(listen(fd, 8) == 0);
	return fd;
}

static void connect_to(int fd, uint16_t port)
{
	struct sockaddr_storage at;
	socklen_t len = address_of(IPV4_LO, port, &at);

	CHECK(connect(fd, (struct sockaddr *)&at, len) == 0);
}

/* Processes: a child does its part, says so, and stays until it is ended. */

typedef void child_fn(void *arg);

static pid_t child_start(child_fn *fn, void *arg)
{
	int ready[2];
	char byte;

	CHECK(pipe(ready) == 0);

	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		fn(arg);
		if (write(ready[1], "", 1) == 1)
			pause();
		_exit(0);
	}
	close(ready[1]);
	CHECK(read(ready[0], &byte, 1) == 1);
	close(ready[0]);
	return pid;
}

static void child_end(pid_t pid)
{
	kill(pid, SIGKILL);
	CHECK(waitpid(pid, NULL, 0) == pid);
}

/* For children: cmocka's checks would run the rest of the tests a second time. */
static void require(bool ok)
{
	if (!ok)
		_exit(1);
}

static void listen_on(uint16_t port)
{
	struct sockaddr_storage at;
	socklen_t len = address_of(IPV4_LO, port, &at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	require(bind(fd, (struct sockaddr *)&at, len) == 0 && listen(fd, 8) == 0);
}

static void test_collect__finds_nothing_where_nothing_listens(void **state)
{
	CHECK(count_listening(PROTO_TCP) == 0);
	CHECK(count_listening(PROTO_UDP) == 0);
}

static void test_collect__finds_listeners_on_every_kind_of_address(void **state)
{
	HELD int all = listening_socket(IPV4_ALL, 3000);
	HELD int six = listening_socket(IPV6_ALL, 3001);
	HELD int lo = listening_socket(IPV4_LO, 65535);

	CHECK(listens(PROTO_TCP, 3000));
	CHECK(listens(PROTO_TCP, 3001));
	CHECK(listens(PROTO_TCP, 65535));
	CHECK(count_listening(PROTO_TCP) == 3);
	CHECK(count_listening(PROTO_UDP) == 0);
}

static void test_collect__counts_udp_that_is_bound_and_not_udp_that_is_connected(void **state)
{
	HELD int bound = bound_socket(SOCK_DGRAM, IPV4_ALL, 4000);
	HELD int six = bound_socket(SOCK_DGRAM, IPV6_ALL, 4001);
	HELD int client = bound_socket(SOCK_DGRAM, IPV4_ALL, 4002);

	connect_to(client, 4000);
	CHECK(listens(PROTO_UDP, 4000));
	CHECK(listens(PROTO_UDP, 4001));
	CHECK(!listens(PROTO_UDP, 4002));
	CHECK(count_listening(PROTO_UDP) == 2);
	CHECK(count_listening(PROTO_TCP) == 0);
}

static void test_collect__counts_neither_connections_nor_what_is_only_bound(void **state)
{
	HELD int server = listening_socket(IPV4_ALL, 3000);
	HELD int client = bound_socket(SOCK_STREAM, IPV4_ALL, 3001);
	HELD int held = bound_socket(SOCK_STREAM, IPV4_ALL, 3002);

	connect_to(client, 3000);
	CHECK(listens(PROTO_TCP, 3000));
	CHECK(count_listening(PROTO_TCP) == 1);
}

static void test_collect__leaves_what_is_in_the_set(void **state)
{
	HELD int fd = listening_socket(IPV4_ALL, 3000);
	struct port_set set = { 0 };

	port_set_add(&set, 9);
	CHECK(listeners_of_machine.ops->collect(NULL, PROTO_TCP, &set, NULL));
	CHECK(port_set_has(&set, 9));
	CHECK(port_set_has(&set, 3000));
}

/* Refuse netlink sockets, as systemd's RestrictAddressFamilies= does, from here on. */
static void refuse_netlink(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAFNOSUPPORT),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { .len = ARRAY_LEN(code), .filter = code };

	require(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0);
}

static void collect_without_netlink(void *arg)
{
	struct port_set tcp = { 0 }, udp = { 0 };

	refuse_netlink();
	require(!sockets_each_netlink(PROTO_TCP, any_port, NULL, NULL, NULL));
	require(listeners_of_machine.ops->collect(NULL, PROTO_TCP, &tcp, NULL));
	require(listeners_of_machine.ops->collect(NULL, PROTO_UDP, &udp, NULL));
	require(port_set_has(&tcp, 3000) && !port_set_has(&tcp, 4000));
	require(port_set_has(&udp, 4000) && !port_set_has(&udp, 3000));
}

static void test_collect__works_where_netlink_is_refused(void **state)
{
	HELD int tcp = listening_socket(IPV6_ALL, 3000);
	HELD int udp = bound_socket(SOCK_DGRAM, IPV4_ALL, 4000);

	child_end(child_start(collect_without_netlink, NULL));
}

/* Both ways of looking give the same rows. */

struct rows {
	struct socket_row at[64];
	size_t count;
};

static void add_row(const struct socket_row *row, void *arg)
{
	struct rows *rows = arg;

	CHECK(rows->count < ARRAY_LEN(rows->at));
	rows->at[rows->count++] = *row;
}

static int by_inode(const void *a, const void *b)
{
	ino_t left = ((const struct socket_row *)a)->inode;
	ino_t right = ((const struct socket_row *)b)->inode;

	return left < right ? -1 : left > right;
}

static void assert_same_rows(enum protocol protocol, size_t expected)
{
	struct rows netlink = { 0 }, proc = { 0 };

	CHECK(sockets_each_netlink(protocol, any_port, add_row, &netlink, NULL));
	CHECK(sockets_each_proc(protocol, add_row, &proc, NULL));
	CHECK(netlink.count == expected);
	CHECK(proc.count == expected);
	qsort(netlink.at, expected, sizeof(netlink.at[0]), by_inode);
	qsort(proc.at, expected, sizeof(proc.at[0]), by_inode);
	for (size_t i = 0; i < expected; i++) {
		CHECK(netlink.at[i].protocol == proc.at[i].protocol);
		CHECK(netlink.at[i].port == proc.at[i].port);
		CHECK(netlink.at[i].uid == proc.at[i].uid);
		CHECK(netlink.at[i].inode == proc.at[i].inode);
		CHECK(proc.at[i].inode > 0);
	}
}

static void test_sockets__are_the_same_by_netlink_and_by_proc(void **state)
{
	int fds[] = {
		listening_socket(IPV4_ALL, 3000),	   listening_socket(IPV4_ALL, 3000),
		listening_socket(IPV6_ALL, 3000),	   listening_socket(IPV4_LO, 43981),
		bound_socket(SOCK_STREAM, IPV4_ALL, 3002), bound_socket(SOCK_DGRAM, IPV4_ALL, 4000),
		bound_socket(SOCK_DGRAM, IPV6_ALL, 4001),  bound_socket(SOCK_DGRAM, IPV4_ALL, 4002),
	};

	connect_to(fds[ARRAY_LEN(fds) - 1], 4000);
	assert_same_rows(PROTO_TCP, 4);
	assert_same_rows(PROTO_UDP, 2);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		close(fds[i]);
}

static size_t count_on(enum protocol protocol, uint16_t first, uint16_t last)
{
	struct rows rows = { 0 };

	CHECK(sockets_each_netlink(protocol, (struct port_range){ first, last }, add_row, &rows,
				   NULL));
	for (size_t i = 0; i < rows.count; i++)
		CHECK(rows.at[i].port >= first && rows.at[i].port <= last);
	return rows.count;
}

static void test_sockets__the_kernel_tells_of_the_ports_that_are_meant_alone(void **state)
{
	HELD int at_1024 = listening_socket(IPV4_ALL, 1024);
	HELD int at_3000 = listening_socket(IPV6_ALL, 3000);
	HELD int at_3001 = listening_socket(IPV4_LO, 3001);
	HELD int at_65535 = listening_socket(IPV6_DUAL, 65535);
	HELD int udp_3000 = bound_socket(SOCK_DGRAM, IPV4_ALL, 3000);
	HELD int udp_3001 = bound_socket(SOCK_DGRAM, IPV6_LO, 3001);
	static const struct {
		uint16_t first, last;
		size_t tcp, udp;
	} row[] = {
		{ 3000, 3000, 1, 1 }, { 3001, 3001, 1, 1 },   { 3000, 3001, 2, 2 },
		{ 3002, 3999, 0, 0 }, { 65535, 65535, 1, 0 }, { 1, UINT16_MAX, 4, 2 },
		{ 1, 1023, 0, 0 },    { 1, 1024, 1, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		CHECK(count_on(PROTO_TCP, row[i].first, row[i].last) == row[i].tcp, "row %zu", i);
		CHECK(count_on(PROTO_UDP, row[i].first, row[i].last) == row[i].udp, "row %zu", i);
	}
}

static void test_socket_row_parse__takes_only_sockets_that_hold_a_port(void **state)
{
	static const struct {
		const char *line;
		enum protocol protocol;
		bool ok;
		struct socket_row want;
	} row[] = {
		{ "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000"
		  "  1000        0 4711 1 00000000e791fea6 100 0 0 10 0\n",
		  PROTO_TCP,
		  true,
		  { PROTO_TCP, 8080, 1000, 4711 } },
		/* The numbers outgrow their columns. */
		{ "123456: 00000000000000000000000000000000:FFFF 00000000000000000000000000000000:0000"
		  " 0A 00000000:00000000 00:123456789A 00000000 4294967294 0 4294967295 1 0\n",
		  PROTO_TCP,
		  true,
		  { PROTO_TCP, 65535, 4294967294, 4294967295 } },
		{ " 5958: 0100007F:15B3 00000000:0000 07 00000000:00000000 00:00000000 00000000"
		  "     0        0 26349 2 00000000c64dbc2d 0         \n",
		  PROTO_UDP,
		  true,
		  { PROTO_UDP, 5555, 0, 26349 } },
		/* A connection, each. */
		{ "   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000"
		  "  1000        0 4711 1 0\n",
		  PROTO_TCP, false },
		{ " 7468: 0100007F:DB99 0100007F:15B3 01 00000000:00000000 00:00000000 00000000"
		  "     0        0 26350 2 0\n",
		  PROTO_UDP, false },
		/* The states of the other protocol. */
		{ "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000"
		  "  1000        0 4711 1 0\n",
		  PROTO_UDP, false },
		/* Not bound. */
		{ "   0: 00000000:0000 00000000:0000 07 00000000:00000000 00:00000000 00000000"
		  "  1000        0 4711 1 0\n",
		  PROTO_UDP, false },
		{ "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt"
		  "   uid  timeout inode\n",
		  PROTO_TCP, false },
		{ "   0: 0100007F:11F90 00000000:0000 0A 0:0 0:0 0 1000 0 4711\n", PROTO_TCP,
		  false },
		{ "   0: 0100007F 00000000:0000 0A 0:0 0:0 0 1000 0 4711\n", PROTO_TCP, false },
		{ "   0: 0100007F:1F90 00000000:0000 0A 0:0 0:0 0 1000 0\n", PROTO_TCP, false },
		{ "", PROTO_TCP, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct socket_row got = { 0 };

		CHECK(socket_row_parse(row[i].protocol, row[i].line, &got) == row[i].ok, "row %zu",
		      i);
		CHECK(got.protocol == row[i].want.protocol, "row %zu", i);
		CHECK(got.port == row[i].want.port, "row %zu", i);
		CHECK(got.uid == row[i].want.uid, "row %zu", i);
		CHECK(got.inode == row[i].want.inode, "row %zu", i);
	}
}

static void test_who__names_this_process_its_program_and_its_folder(void **state)
{
	HELD int tcp = listening_socket(IPV4_LO, 3000);
	HELD int udp = bound_socket(SOCK_DGRAM, IPV6_ALL, 3000);
	char cwd[PATH_MAX], name[16];

	CHECK(getcwd(cwd, sizeof(cwd)));
	prctl(PR_GET_NAME, name);
	for (enum protocol p = PROTO_TCP; p <= PROTO_UDP; p++) {
		struct seen found;

		CHECK(who(p, 3000, &found));
		CHECK(found.protocol == p);
		CHECK(found.port == 3000);
		CHECK(found.uid == geteuid());
		CHECK(found.pid == getpid());
		CHECK_TEXT(found.program, name);
		CHECK_TEXT(found.cwd, cwd);
	}
}

static void test_who__finds_nobody_on_a_port_without_listener(void **state)
{
	HELD int other = listening_socket(IPV4_ALL, 3001);
	HELD int udp = bound_socket(SOCK_DGRAM, IPV4_ALL, 3000);
	struct seen found;

	CHECK(!who(PROTO_TCP, 3000, &found));
}

static void test_who__finds_one_of_two_that_share_a_port(void **state)
{
	HELD int one = listening_socket(IPV4_ALL, 3000);
	HELD int two = listening_socket(IPV4_ALL, 3000);
	struct seen found;

	CHECK(count_listening(PROTO_TCP) == 1);
	CHECK(who(PROTO_TCP, 3000, &found));
	CHECK(found.pid == getpid());
}

static void listen_on_3000(void *arg)
{
	listen_on(3000);
}

static void test_who__forgets_a_process_that_has_ended(void **state)
{
	pid_t pid = child_start(listen_on_3000, NULL);
	struct seen found;

	CHECK(who(PROTO_TCP, 3000, &found));
	CHECK(found.pid == pid);
	child_end(pid);
	CHECK(!who(PROTO_TCP, 3000, &found));
	CHECK(!listens(PROTO_TCP, 3000));
}

/* A process that starts others that end at once. */
static void breed(void *arg)
{
	signal(SIGCHLD, SIG_IGN);
	if (fork() != 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		if (fork() == 0)
			_exit(0);
}

static void test_who__is_not_disturbed_by_processes_that_end_meanwhile(void **state)
{
	pid_t holder = child_start(listen_on_3000, NULL);
	pid_t breeder = child_start(breed, NULL);

	for (unsigned i = 0; i < 200; i++) {
		struct seen found;

		CHECK(who(PROTO_TCP, 3000, &found));
		CHECK(found.pid == holder);
	}
	child_end(breeder);
	child_end(holder);
}

static void listen_under_a_bad_name(void *arg)
{
	prctl(PR_SET_NAME, "no\033[31m\377de");
	listen_on(3000);
}

static void test_who__shows_no_control_characters_of_a_program(void **state)
{
	pid_t pid = child_start(listen_under_a_bad_name, NULL);
	struct seen found;

	CHECK(who(PROTO_TCP, 3000, &found));
	CHECK_TEXT(found.program, "no?[31m?de");
	child_end(pid);
}

static void listen_in_a_deleted_folder(void *arg)
{
	require(chdir(arg) == 0 && rmdir(arg) == 0);
	listen_on(3000);
}

static void test_who__names_a_folder_that_was_deleted(void **state)
{
	char folder[] = "/tmp/portbook-test-XXXXXX";
	struct seen found;

	CHECK(mkdtemp(folder));

	pid_t pid = child_start(listen_in_a_deleted_folder, folder);

	CHECK(who(PROTO_TCP, 3000, &found));
	CHECK_TEXT(found.cwd, folder);
	child_end(pid);
}

/* In a mount namespace of its own, in a folder that is the same one outside of it. */
static void listen_in_a_private_mount_namespace(void *arg)
{
	require(chdir(arg) == 0 && unshare(CLONE_NEWNS) == 0);
	listen_on(3000);
}

/* As before, but its folder lies on a file system that is mounted in there only. */
static void listen_in_a_container(void *arg)
{
	require(unshare(CLONE_NEWNS) == 0 &&
		mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
		mount("none", arg, "tmpfs", 0, NULL) == 0 && chdir(arg) == 0);
	listen_on(3000);
}

static void test_who__names_a_folder_only_where_the_name_means_the_same_to_us(void **state)
{
	char folder[] = "/tmp/portbook-test-XXXXXX";
	struct seen found;

	CHECK(mkdtemp(folder));

	pid_t pid = child_start(listen_in_a_private_mount_namespace, folder);

	CHECK(who(PROTO_TCP, 3000, &found));
	CHECK_TEXT(found.cwd, folder);
	child_end(pid);
	pid = child_start(listen_in_a_container, folder);
	CHECK(who(PROTO_TCP, 3000, &found));
	CHECK(found.pid == pid);
	CHECK(!found.cwd);
	child_end(pid);
	rmdir(folder);
}

static void ask_as_another_user(void *arg)
{
	const int *inherited = arg;
	struct look what = LOOK_ALL;
	struct listener_list list;

	what.learn = LEARN_ALL;
	require(close(*inherited) == 0 && setuid(65534) == 0);
	require(listeners_of_machine.ops->look(NULL, &what, &looked, &list, NULL));
	require(list.count == 1 && list.items[0].uid == 0 && list.items[0].inode > 0);
	require(list.items[0].n_processes == 0 && list.items[0].partly_known);
	require(!strcmp(list.items[0].user, "root"));
}

static void test_who__knows_the_user_of_a_process_that_may_not_be_read(void **state)
{
	CLEANUP(fd_cleanup) int fd = listening_socket(IPV4_ALL, 3000);

	if (geteuid() != 0) {
		print_message("only root can become another user\n");
		skip();
	}
	child_end(child_start(ask_as_another_user, &fd));
}

static void listen_as_another_user(void *arg)
{
	require(setuid(65534) == 0);
	listen_on(3000);
}

static void test_who__finds_a_process_of_another_user_as_root(void **state)
{
	struct seen found;

	if (geteuid() != 0) {
		print_message("only root can become another user\n");
		skip();
	}

	pid_t pid = child_start(listen_as_another_user, NULL);

	CHECK(who(PROTO_TCP, 3000, &found));
	CHECK(found.pid == pid);
	CHECK(found.uid == 65534);
	child_end(pid);
}

static void test_look__tells_where_a_port_can_be_reached(void **state)
{
	static const struct {
		const char *first, *second; /* bound */
		const char *addresses[2];
		bool ipv4, ipv6, loopback_only;
	} row[] = {
		{ IPV4_ALL, NULL, { "0.0.0.0" }, true, false, false },
		{ IPV4_LO, NULL, { "127.0.0.1" }, true, false, true },
		{ IPV6_ALL, NULL, { "::" }, false, true, false },
		{ IPV6_LO, NULL, { "::1" }, false, true, true },
		{ IPV6_DUAL, NULL, { "::" }, true, true, false },
		{ IPV4_LO, IPV6_LO, { "127.0.0.1", "::1" }, true, true, true },
		{ IPV4_LO, IPV6_ALL, { "127.0.0.1", "::" }, true, true, false },
		{ IPV4_ALL, IPV4_ALL, { "0.0.0.0" }, true, false, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		HELD int one = listening_socket(row[i].first, 3000);
		HELD int two = row[i].second ? listening_socket(row[i].second, 3000) : -1;
		struct listener l = look_at(PROTO_TCP, 3000, 0);

		CHECK(l.ipv4 == row[i].ipv4, "row %zu", i);
		CHECK(l.ipv6 == row[i].ipv6, "row %zu", i);
		CHECK(l.loopback_only == row[i].loopback_only, "row %zu", i);
		CHECK(l.n_addresses == (row[i].addresses[1] ? 2 : 1), "row %zu", i);
		for (unsigned n = 0; n < l.n_addresses; n++)
			CHECK_TEXT(l.addresses[n], row[i].addresses[n]);
	}
}

static void test_look__orders_by_port_and_protocol_and_takes_those_asked_for(void **state)
{
	HELD int high = listening_socket(IPV4_LO, 3002);
	HELD int low = listening_socket(IPV4_LO, 3000);
	HELD int udp = bound_socket(SOCK_DGRAM, IPV4_LO, 3000);
	const struct look all = LOOK_ALL;
	const struct look some = { .protocol = PROTO_TCP, .ports = { 3001, 3005 } };
	struct listener_list list;

	look(&all, &list);
	CHECK(list.count == 3 && !list.notice && list.took_us > 0);
	CHECK(list.items[0].port == 3000 && list.items[0].protocol == PROTO_TCP);
	CHECK(list.items[1].port == 3000 && list.items[1].protocol == PROTO_UDP);
	CHECK(list.items[2].port == 3002);
	look(&some, &list);
	CHECK(list.count == 1 && list.items[0].port == 3002);
}

static void share_3000(void *arg)
{
	int fd = listening_socket(IPV4_LO, 3000);

	require(fd >= 0);
}

static void test_look__names_both_processes_that_share_a_port_by_reuseport(void **state)
{
	pid_t one = child_start(share_3000, NULL);
	pid_t two = child_start(share_3000, NULL);
	struct listener l = look_at(PROTO_TCP, 3000, LEARN_PROGRAM);

	CHECK(l.n_processes == 2 && !l.partly_known);
	CHECK(l.processes[0].pid == one || l.processes[0].pid == two);
	CHECK(l.processes[0].pid + l.processes[1].pid == one + two);
	CHECK(l.processes[0].socket != l.processes[1].socket);
	child_end(two);
	l = look_at(PROTO_TCP, 3000, LEARN_PROGRAM);
	CHECK(l.n_processes == 1 && l.processes[0].pid == one);
	child_end(one);
}

static void wait_for_parent(void *arg)
{
}

/* Opens the socket, then starts three workers that share it. */
static void serve_by_forks(void *arg)
{
	listen_on(3000);
	for (int i = 0; i < 3; i++)
		child_start(wait_for_parent, NULL);
}

static void test_look__finds_all_of_a_server_that_forks_its_parent_first(void **state)
{
	/* Its workers become ours when it ends, so that their end can be waited for. */
	CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);

	pid_t parent = child_start(serve_by_forks, NULL);
	struct listener l = look_at(PROTO_TCP, 3000, LEARN_START);
	struct seen found;

	CHECK(l.n_processes == 4);
	CHECK(l.processes[0].pid == parent);
	for (unsigned i = 1; i < l.n_processes; i++)
		CHECK(l.processes[i].parent == parent);
	/* The short way finds the newest first, and climbs. */
	CHECK(who(PROTO_TCP, 3000, &found));
	CHECK(found.pid == parent);
	child_end(parent);
	while (waitpid(-1, NULL, 0) > 0)
		;
}

static void test_look__learns_what_is_asked_for(void **state)
{
	HELD int fd = listening_socket(IPV4_LO, 3000);
	struct timespec now = { 0 };
	char cwd[PATH_MAX];

	CHECK(getcwd(cwd, sizeof(cwd)) && clock_gettime(CLOCK_REALTIME, &now) == 0);

	struct listener l = look_at(PROTO_TCP, 3000, 0);

	CHECK(l.n_processes == 1 && l.processes[0].pid == getpid() && l.processes[0].fd == fd);
	CHECK(!l.processes[0].program && !l.processes[0].cwd && !l.processes[0].start);
	l = look_at(PROTO_TCP, 3000, LEARN_ALL);

	const struct process *p = &l.processes[0];

	CHECK_TEXT(p->cwd, cwd);
	CHECK(strstr(p->command, "test_listeners"), "'%s'", p->command);
	CHECK(p->cgroup && p->cgroup[0] == '/');
	CHECK(p->parent == getppid() && p->user && l.user);
	CHECK(p->start > 0 && p->started_at_ms <= now.tv_sec * 1000 + 1000);
	CHECK(p->started_at_ms > now.tv_sec * 1000 - 600000);
}

static void test_look__names_the_parents_of_a_process(void **state)
{
	pid_t pid = child_start(listen_on_3000, NULL);
	struct listener l = look_at(PROTO_TCP, 3000, LEARN_LINEAGE);
	char cwd[PATH_MAX];

	CHECK(getcwd(cwd, sizeof(cwd)));
	CHECK(l.processes[0].pid == pid && l.processes[0].n_ancestors > 0);
	CHECK(l.processes[0].ancestors[0].pid == getpid());
	CHECK_TEXT(l.processes[0].ancestors[0].cwd, cwd);
	child_end(pid);
}

static void test_learn__knows_that_a_process_has_ended_or_has_closed_its_socket(void **state)
{
	int fd = listening_socket(IPV4_LO, 3001);
	pid_t pid = child_start(listen_on_3000, NULL);
	struct process own = look_at(PROTO_TCP, 3001, 0).processes[0];
	struct process other = look_at(PROTO_TCP, 3000, 0).processes[0];
	const struct listeners_ops *ops = listeners_of_machine.ops;

	CHECK(own.pid == getpid() && other.pid == pid);
	CHECK(ops->learn(NULL, LEARN_ALL, &looked, &own) && own.start > 0 && own.user);
	CHECK(ops->learn(NULL, LEARN_START, &looked, &other) && other.parent == getpid());
	close(fd);
	child_end(pid);
	CHECK(!ops->learn(NULL, LEARN_COMMAND, &looked, &own));
	CHECK(!ops->learn(NULL, LEARN_COMMAND, &looked, &other));
	CHECK(!other.command && other.parent == getpid());
}

static void test_look__is_not_disturbed_by_processes_that_end_meanwhile(void **state)
{
	pid_t holder = child_start(listen_on_3000, NULL);
	pid_t breeder = child_start(breed, NULL);

	for (unsigned i = 0; i < 200; i++) {
		struct listener l = look_at(PROTO_TCP, 3000, LEARN_ALL);

		CHECK(l.n_processes == 1 && l.processes[0].pid == holder);
		arena_release(&looked);
	}
	child_end(breeder);
	child_end(holder);
}

static void look_without_netlink(void *arg)
{
	struct look what = LOOK_ALL;
	struct listener_list list;

	refuse_netlink();
	require(listeners_of_machine.ops->look(NULL, &what, &looked, &list, NULL));
	require(list.count == 1 && list.items[0].port == 3000 && list.items[0].ipv6);
	require(list.items[0].loopback_only && !strcmp(list.items[0].addresses[0], "::1"));
	require(list.notice && strstr(list.notice, "/proc/net"));
}

static void test_look__says_that_netlink_is_refused(void **state)
{
	HELD int tcp = listening_socket(IPV6_LO, 3000);

	child_end(child_start(look_without_netlink, NULL));
}

static void test_ephemeral__is_what_the_kernel_uses(void **state)
{
	CLEANUP(fd_cleanup) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);
	struct port_range range;
	struct err err = { 0 };

	CHECK(listeners_of_machine.ops->ephemeral(NULL, &range, &err), "%s", err.text);
	CHECK(range.first <= range.last && range.last - range.first < UINT16_MAX - 1);
	CHECK(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
	CHECK(getsockname(fd, (struct sockaddr *)&at, &len) == 0);
	CHECK(port_range_has(range, ntohs(at.sin_port)));
}

/* Of this network namespace, which is the test's own. */
static bool spare(const char *ports)
{
	FILE *f = fopen("/proc/sys/net/ipv4/ip_local_reserved_ports", "we");
	bool ok = f && fprintf(f, "%s\n", ports) > 0;

	return f && fclose(f) == 0 && ok;
}

static void test_spared__is_what_the_kernel_was_told(void **state)
{
	static const struct {
		const char *ports;
		unsigned count;
		uint16_t first, last;
	} rows[] = {
		{ "", 0, 0, 0 },
		{ "8080", 1, 8080, 8080 },
		{ "8080,9148-9150", 4, 8080, 9150 },
		{ "1-65535", 65535, 1, 65535 },
	};
	const struct port_range all = { 1, UINT16_MAX };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct port_set set = { 0 };
		struct err err = { 0 };

		if (!spare(rows[i].ports))
			skip();
		CHECK(listeners_of_machine.ops->spared(NULL, &set, &err), "%s", err.text);
		CHECK(port_set_count(&set, all) == rows[i].count, "row %zu", i);
		CHECK(!rows[i].count ||
		      (port_set_has(&set, rows[i].first) && port_set_has(&set, rows[i].last)));
	}
	CHECK(spare(""));
}

static bool set_lo_up(void)
{
	CLEANUP(fd_cleanup) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq lo = { .ifr_name = "lo" };

	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &lo) < 0)
		return false;
	lo.ifr_flags |= IFF_UP;
	return ioctl(fd, SIOCSIFFLAGS, &lo) == 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_collect__finds_nothing_where_nothing_listens),
		cmocka_unit_test(test_collect__finds_listeners_on_every_kind_of_address),
		cmocka_unit_test(
			test_collect__counts_udp_that_is_bound_and_not_udp_that_is_connected),
		cmocka_unit_test(test_collect__counts_neither_connections_nor_what_is_only_bound),
		cmocka_unit_test(test_collect__leaves_what_is_in_the_set),
		cmocka_unit_test(test_collect__works_where_netlink_is_refused),
		cmocka_unit_test(test_sockets__are_the_same_by_netlink_and_by_proc),
		cmocka_unit_test(test_sockets__the_kernel_tells_of_the_ports_that_are_meant_alone),
		cmocka_unit_test(test_socket_row_parse__takes_only_sockets_that_hold_a_port),
		cmocka_unit_test(test_who__names_this_process_its_program_and_its_folder),
		cmocka_unit_test(test_who__finds_nobody_on_a_port_without_listener),
		cmocka_unit_test(test_who__finds_one_of_two_that_share_a_port),
		cmocka_unit_test(test_who__forgets_a_process_that_has_ended),
		cmocka_unit_test(test_who__is_not_disturbed_by_processes_that_end_meanwhile),
		cmocka_unit_test(test_who__shows_no_control_characters_of_a_program),
		cmocka_unit_test(test_who__names_a_folder_that_was_deleted),
		cmocka_unit_test(test_who__names_a_folder_only_where_the_name_means_the_same_to_us),
		cmocka_unit_test(test_who__knows_the_user_of_a_process_that_may_not_be_read),
		cmocka_unit_test(test_who__finds_a_process_of_another_user_as_root),
		cmocka_unit_test(test_look__tells_where_a_port_can_be_reached),
		cmocka_unit_test(test_look__orders_by_port_and_protocol_and_takes_those_asked_for),
		cmocka_unit_test(test_look__names_both_processes_that_share_a_port_by_reuseport),
		cmocka_unit_test(test_look__finds_all_of_a_server_that_forks_its_parent_first),
		cmocka_unit_test(test_look__learns_what_is_asked_for),
		cmocka_unit_test(test_look__names_the_parents_of_a_process),
		cmocka_unit_test(
			test_learn__knows_that_a_process_has_ended_or_has_closed_its_socket),
		cmocka_unit_test(test_look__is_not_disturbed_by_processes_that_end_meanwhile),
		cmocka_unit_test(test_look__says_that_netlink_is_refused),
		cmocka_unit_test(test_ephemeral__is_what_the_kernel_uses),
		cmocka_unit_test(test_spared__is_what_the_kernel_was_told),
	};

	if (unshare(geteuid() == 0 ? CLONE_NEWNET : CLONE_NEWUSER | CLONE_NEWNET) < 0 ||
	    !set_lo_up()) {
		printf("1..0 # SKIP no network namespace for the test: %s\n", strerror(errno));
		return SKIPPED;
	}
	return cmocka_run_group_tests(tests, NULL, forget_looks);
}
