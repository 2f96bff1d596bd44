/*
 * libportbook as a program has it: by <portbook.h> alone, from the shared library.
 */
#include "lib/check.h"
#include "lib/folder.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <portbook.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static struct folder folder;
static struct portbook_error error;

/* A book of the test's own, which neither the machine nor its user has a say in. */
static struct portbook *open_at(const char *name)
{
	struct portbook_options options = portbook_at(folder_path(&folder, name));
	struct portbook *book;

	options.isolated = true;
	book = portbook_open(&options, &error);
	CHECK(book, "%s", error.message);
	return book;
}

static struct portbook *open_in_memory(void)
{
	struct portbook_options options = portbook_at("memory:");
	struct portbook *book;

	options.isolated = true;
	book = portbook_open(&options, &error);
	CHECK(book, "%s", error.message);
	return book;
}

static struct portbook_request new_service(const char *project, const char *service)
{
	struct portbook_request r = portbook_service(project, service);

	r.create = true;
	return r;
}

static uint16_t port_of(struct portbook *book, const char *project, const char *service)
{
	struct portbook_request r = new_service(project, service);
	struct portbook_entry *entry = portbook_get(book, &r, &error);
	uint16_t port;

	CHECK(entry, "%s", error.message);
	port = entry->port;
	portbook_free(entry);
	return port;
}

/* The call has failed, with this code, and says why in words that hold `word`. */
static void check_error(const void *answer, int code, const char *word)
{
	CHECK(!answer);
	CHECK(error.code == code, "%d: %s", (int)error.code, error.message);
	CHECK(strstr(error.message, word), "%s", error.message);
}

/* ---- opening ---- */

static void test_open__says_where_the_book_is_and_entering_makes_it(void **state)
{
	struct portbook *book = open_at("made/book.db");

	CHECK(error.code == PORTBOOK_OK && !error.message[0]);
	CHECK_TEXT(portbook_book(book), folder_path(&folder, "made/book.db"));
	CHECK_TEXT(portbook_book_source(book), "the program");
	check_error(portbook_list(book, NULL, &error), PORTBOOK_BOOK, "(the program)");
	CHECK(access(folder_path(&folder, "made/book.db"), F_OK) != 0);
	CHECK(port_of(book, "shop", "web") == 3100);
	CHECK(access(folder_path(&folder, "made/book.db"), F_OK) == 0);
	portbook_close(book);
}

static void test_open__finds_the_book_that_the_command_finds(void **state)
{
	struct portbook *book;

	setenv("PORTBOOK_BOOK", folder_path(&folder, "found.db"), 1);
	book = portbook_open(NULL, &error);
	unsetenv("PORTBOOK_BOOK");
	CHECK(book, "%s", error.message);
	CHECK_TEXT(portbook_book(book), folder_path(&folder, "found.db"));
	CHECK_TEXT(portbook_book_source(book), "PORTBOOK_BOOK");
	portbook_close(book);
}

static void test_open__isolated_takes_no_book_from_a_variable(void **state)
{
	struct portbook_options options = portbook_at(NULL);

	options.isolated = true;
	setenv("PORTBOOK_BOOK", folder_path(&folder, "not-this.db"), 1);
	check_error(portbook_open(&options, &error), PORTBOOK_INVALID, "which book");
	unsetenv("PORTBOOK_BOOK");
	CHECK(access(folder_path(&folder, "not-this.db"), F_OK) != 0);
}

static void test_open__says_what_is_wrong_with_the_book(void **state)
{
	struct portbook_options options = portbook_at("gopher://book");

	check_error(portbook_open(&options, &error), PORTBOOK_INVALID, "gopher://book");
	CHECK(error.hint[0]);
	options.book = folder.path;
	CHECK(!portbook_open(&options, &error) && error.code == PORTBOOK_BOOK, "%s", error.message);
	options.book = "";
	check_error(portbook_open(&options, &error), PORTBOOK_INVALID, "empty");
	options = portbook_at("memory:");
	options.host = "not a name!";
	check_error(portbook_open(&options, &error), PORTBOOK_INVALID, "not a name!");
}

static void test_open__without_a_place_for_the_error_fails_quietly(void **state)
{
	const struct portbook_options options = portbook_at("gopher://book");

	CHECK(!portbook_open(&options, NULL));
	portbook_close(NULL);
	portbook_free(NULL);
}

/* ---- structs of other versions ---- */

/* As a header of a later version would have it. */
struct later_request {
	struct portbook_request now;
	uint64_t later;
};

static void test_request__of_a_later_header_is_fine_while_it_says_nothing_new(void **state)
{
	struct portbook *book = open_in_memory();
	struct later_request r = { .now = new_service("shop", "web") };
	struct portbook_entry *entry;

	r.now.size = sizeof(r);
	entry = portbook_get(book, &r.now, &error);
	CHECK(entry, "%s", error.message);
	portbook_free(entry);
	r.later = 1;
	check_error(portbook_get(book, &r.now, &error), PORTBOOK_INVALID, "does not know");
	portbook_close(book);
}

static void test_request__of_an_earlier_header_says_nothing_beyond_its_end(void **state)
{
	struct portbook *book = open_in_memory();
	struct portbook_request r = new_service("shop", "web");
	struct portbook_entry *entry;

	r.size = offsetof(struct portbook_request, type);
	r.type = (const char *)1; /* whatever lies there */
	entry = portbook_get(book, &r, &error);
	CHECK(entry, "%s", error.message);
	CHECK_TEXT(entry->service, "web");
	portbook_free(entry);
	portbook_close(book);
}

static void test_request__without_its_size_is_refused(void **state)
{
	static const size_t sizes[] = { 0, 1, sizeof(size_t), 5000, SIZE_MAX };
	struct portbook *book = open_in_memory();
	struct portbook_request r = new_service("shop", "web");
	struct portbook_options options = portbook_at("memory:");

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		r.size = sizes[i];
		check_error(portbook_get(book, &r, &error), PORTBOOK_INVALID, "size of struct");
		CHECK(strstr(error.hint, "sizeof(struct portbook_request)"), "%s", error.hint);
	}
	options.size = 0;
	check_error(portbook_open(&options, &error), PORTBOOK_INVALID, "portbook_options");
	portbook_close(book);
}

static void test_request__with_a_field_that_the_function_does_not_take_is_refused(void **state)
{
	struct portbook *book = open_in_memory();
	struct portbook_request r = new_service("shop", "web");

	portbook_free(portbook_get(book, &r, &error));
	check_error(portbook_release(book, &r, &error), PORTBOOK_INVALID, "takes no 'create'");
	r = portbook_service("shop", "web");
	r.limit = 1;
	check_error(portbook_get(book, &r, &error), PORTBOOK_INVALID, "takes no 'limit'");
	r = portbook_service("shop", "web");
	check_error(portbook_summary(book, &r, &error), PORTBOOK_INVALID, "takes no 'serviceName'");
	r.port = 3100;
	check_error(portbook_verify(book, &r, &error), PORTBOOK_INVALID, "takes no 'serviceName'");
	check_error(portbook_get(book, NULL, &error), PORTBOOK_INVALID, "needs 'serviceName'");
	portbook_close(book);
}

static void test_request__with_what_is_no_text_or_no_word_is_refused(void **state)
{
	static const struct portbook_fact unnamed = { NULL, "x" }, broken = { "a", "\xff" };
	struct portbook *book = open_in_memory();
	struct portbook_request r = new_service("sh\xffop", "web");

	check_error(portbook_get(book, &r, &error), PORTBOOK_INVALID, "UTF-8");
	r = new_service("shop", "web");
	r.protocol = 17;
	check_error(portbook_get(book, &r, &error), PORTBOOK_INVALID, "17");
	r.protocol = 0;
	r.metadata = (struct portbook_facts){ 1, &unnamed };
	check_error(portbook_get(book, &r, &error), PORTBOOK_INVALID, "no name");
	r.metadata.items = &broken;
	check_error(portbook_get(book, &r, &error), PORTBOOK_INVALID, "UTF-8");
	r.metadata.items = NULL;
	check_error(portbook_get(book, &r, &error), PORTBOOK_INVALID, "NULL");
	portbook_close(book);
}

/* ---- asking ---- */

static void test_get__gives_the_same_port_twice_and_says_why(void **state)
{
	struct portbook *book = open_at("get.db");
	struct portbook_request r = new_service("Shop", "web");
	struct portbook_entry *first, *second;

	r.description = "the shop's \"front\"";
	first = portbook_get(book, &r, &error);
	CHECK(first, "%s", error.message);
	CHECK(first->created && first->primary && first->why[0]);
	CHECK(first->port == 3100 && first->protocol == PORTBOOK_TCP);
	CHECK(first->status == PORTBOOK_ALLOCATED && first->instance == 1);
	CHECK(first->project_number == 1 && first->allocated_at_ms > INT64_C(1600000000000));
	CHECK(first->released_at_ms == 0 && first->expires_at_ms == 0);
	CHECK_TEXT(first->project, "shop");
	CHECK_TEXT(first->service, "web");
	CHECK_TEXT(first->environment, "dev");
	CHECK_TEXT(first->host, "localhost");
	CHECK_TEXT(first->description, "the shop's \"front\"");
	CHECK_TEXT(first->notes, "");
	CHECK_TEXT(first->tunnel_hostname, "");
	CHECK(strlen(first->id) == 36 && first->allocated_by[0]);
	second = portbook_get(book, &r, &error);
	CHECK(second, "%s", error.message);
	CHECK(!second->created && second->port == first->port);
	CHECK_TEXT(second->id, first->id);
	portbook_free(second);
	portbook_close(book);
	/* It is the caller's: it outlives the handle. */
	CHECK_TEXT(first->service, "web");
	portbook_free(first);
}

static void test_get__names_who_holds_the_port(void **state)
{
	struct portbook *book = open_in_memory();
	uint16_t port = port_of(book, "shop", "web");
	struct portbook_request r = new_service("blog", "api");

	r.port = port;
	check_error(portbook_get(book, &r, &error), PORTBOOK_TAKEN, "shop/web");
	CHECK(error.holder.port == port && error.holder.instance == 1);
	CHECK(error.holder.protocol == PORTBOOK_TCP && error.holder.status == PORTBOOK_ALLOCATED);
	CHECK_TEXT(error.holder.project, "shop");
	CHECK_TEXT(error.holder.service, "web");
	CHECK_TEXT(error.holder.environment, "dev");
	CHECK_TEXT(error.holder.host, "localhost");
	CHECK(error.holder.pid == 0 && !error.holder.program[0]);
	/* What went wrong before is not left behind. */
	CHECK(port_of(book, "shop", "web") == port);
	CHECK(error.code == PORTBOOK_OK && !error.message[0] && !error.holder.port);
	portbook_close(book);
}

static void test_get__names_a_project_that_the_book_does_not_know(void **state)
{
	struct portbook *book = open_in_memory();
	struct portbook_request r = portbook_service("shop", "web");

	check_error(portbook_get(book, &r, &error), PORTBOOK_NOT_FOUND, "shop");
	CHECK(error.hint[0]);
	CHECK_TEXT(portbook_code_name(error.code), "not-found");
	portbook_close(book);
}

static void test_get__a_trial_run_enters_nothing(void **state)
{
	struct portbook *book = open_in_memory();
	struct portbook_request r = new_service("shop", "web");
	struct portbook_entry *entry;
	struct portbook_entries *all;

	r.dry_run = true;
	entry = portbook_get(book, &r, &error);
	CHECK(entry, "%s", error.message);
	CHECK(entry->port == 3100 && entry->notices.count > 0);
	portbook_free(entry);
	all = portbook_list(book, NULL, &error);
	CHECK(all, "%s", error.message);
	CHECK(all->count == 0);
	portbook_free(all);
	portbook_close(book);
}

static void test_get__takes_the_environment_from_the_variable_unless_isolated(void **state)
{
	struct portbook_options options = portbook_at("memory:");
	struct portbook_request r = new_service("shop", "web");
	struct portbook_entry *entry;

	setenv("PORTBOOK_ENV", "test", 1);
	for (int isolated = 0; isolated < 2; isolated++) {
		struct portbook *book;

		options.isolated = isolated;
		book = portbook_open(&options, &error);
		CHECK(book, "%s", error.message);
		entry = portbook_get(book, &r, &error);
		CHECK(entry, "%s", error.message);
		CHECK_TEXT(entry->environment, isolated ? "dev" : "test");
		portbook_free(entry);
		portbook_close(book);
	}
	unsetenv("PORTBOOK_ENV");
}

static void test_get__without_a_project_asks_for_that_of_the_path(void **state)
{
	struct portbook *book = open_in_memory();
	struct portbook_request r = portbook_service(NULL, "web");
	struct portbook_entry *entry;
	const char *path = folder_path(&folder, "basket");

	check_error(portbook_get(book, &r, &error), PORTBOOK_INVALID, "project");
	CHECK(mkdir(path, 0700) == 0);
	r.path = path;
	entry = portbook_get(book, &r, &error);
	CHECK(entry, "%s", error.message);
	CHECK_TEXT(entry->project, "basket");
	CHECK(entry->notices.count > 0 && strstr(entry->notices.items[0], "basket"));
	portbook_free(entry);
	portbook_close(book);
}

static void test_allocate__enters_one_more_and_replace_moves(void **state)
{
	struct portbook *book = open_in_memory();
	uint16_t first = port_of(book, "shop", "web");
	struct portbook_request r = portbook_service("shop", "web");
	struct portbook_entry *entry = portbook_allocate(book, &r, &error);

	CHECK(entry, "%s", error.message);
	CHECK(entry->created && !entry->primary && entry->port == first + 1);
	CHECK(entry->replaced.count == 0);
	portbook_free(entry);
	r = new_service("blog", "web");
	portbook_free(portbook_get(book, &r, &error));
	r.create = false;
	r.replace = true;
	entry = portbook_allocate(book, &r, &error);
	CHECK(entry, "%s", error.message);
	CHECK(entry->replaced.count == 1);
	CHECK(entry->replaced.items[0] == 3200 && entry->port == 3201);
	portbook_free(entry);
	portbook_close(book);
}

static void test_once__the_same_request_is_done_once(void **state)
{
	struct portbook *book = open_at("once.db");
	struct portbook_request r = portbook_service("shop", "web");
	struct portbook_entry *first, *again;

	r.create = true;
	r.once = "deploy-1";
	first = portbook_allocate(book, &r, &error);
	again = portbook_allocate(book, &r, &error);
	CHECK(first && again && first->port == 3100 && again->port == 3100, "%s", error.message);
	CHECK_TEXT(first->id, again->id);
	portbook_free(first);
	portbook_free(again);
	r.service = "api";
	check_error(portbook_allocate(book, &r, &error), PORTBOOK_INVALID, "another call");
	check_error(portbook_list(book, &r, &error), PORTBOOK_INVALID, "takes no");
	r = (struct portbook_request){ .size = sizeof(r), .once = "deploy-1" };
	check_error(portbook_list(book, &r, &error), PORTBOOK_INVALID, "'list' takes no 'once'");
	check_error(portbook_verify(book, &r, &error), PORTBOOK_INVALID, "'check' takes no 'once'");
	portbook_close(book);
}

static void test_update__changes_what_is_said_and_forgets_what_is_empty(void **state)
{
	static const struct portbook_fact facts[] = { { "colour", "blue" }, { "size", "12" } };
	static const struct portbook_fact less[] = { { "size", NULL },
						     { "\xc3\xa9t\xc3\xa9", "" } };
	struct portbook *book = open_in_memory();
	uint16_t port = port_of(book, "shop", "web");
	struct portbook_request r = portbook_service("shop", "web");
	struct portbook_entry *entry;

	r.notes = "a note";
	r.tunnel_hostname = "shop.example.org";
	r.metadata = (struct portbook_facts){ ARRAY_LEN(facts), facts };
	entry = portbook_update(book, &r, &error);
	CHECK(entry, "%s", error.message);
	CHECK(entry->port == port && entry->metadata.count == 2 && entry->changed);
	portbook_free(entry);
	entry = portbook_update(book, &r, &error);
	CHECK(entry, "%s", error.message);
	CHECK(!entry->changed);
	CHECK_TEXT(entry->notes, "a note");
	CHECK_TEXT(entry->tunnel_hostname, "shop.example.org");
	CHECK_TEXT(entry->metadata.items[0].name, "colour");
	CHECK_TEXT(entry->metadata.items[0].value, "blue");
	portbook_free(entry);
	r.notes = "";
	r.tunnel_hostname = NULL;
	r.metadata = (struct portbook_facts){ ARRAY_LEN(less), less };
	entry = portbook_update(book, &r, &error);
	CHECK(entry, "%s", error.message);
	CHECK(entry->metadata.count == 2);
	CHECK_TEXT(entry->notes, "");
	CHECK_TEXT(entry->tunnel_hostname, "shop.example.org");
	CHECK_TEXT(entry->metadata.items[1].name, "\xc3\xa9t\xc3\xa9");
	CHECK_TEXT(entry->metadata.items[1].value, "");
	portbook_free(entry);
	portbook_close(book);
}

static void test_release__says_what_it_released_and_that_there_was_nothing(void **state)
{
	struct portbook *book = open_in_memory();
	uint16_t port = port_of(book, "shop", "web");
	struct portbook_request r = portbook_service("shop", "web");
	struct portbook_entries *released;

	released = portbook_release(book, &r, &error);
	CHECK(released, "%s", error.message);
	CHECK(released->count == 1);
	CHECK(released->items[0]->port == port);
	CHECK(released->items[0]->status == PORTBOOK_RELEASED);
	CHECK(released->items[0]->released_at_ms >= released->items[0]->allocated_at_ms);
	portbook_free(released);
	check_error(portbook_release(book, &r, &error), PORTBOOK_NOTHING, "nothing to release");
	CHECK_TEXT(portbook_code_name(error.code), "nothing-to-release");
	r = portbook_service("shop", NULL);
	r.status = PORTBOOK_RELEASED;
	released = portbook_list(book, &r, &error);
	CHECK(released, "%s", error.message);
	CHECK(released->count == 1 && released->items[0]->port == port);
	portbook_free(released);
	portbook_close(book);
}

static void test_list__gives_all_or_page_by_page(void **state)
{
	struct portbook *book = open_in_memory();
	struct portbook_request r = portbook_service("shop", NULL);
	struct portbook_entries *page;
	char name[8];
	unsigned seen = 0;

	for (unsigned i = 0; i < 5; i++) {
		snprintf(name, sizeof(name), "s%u", i);
		port_of(book, "shop", name);
	}
	port_of(book, "blog", "web");
	page = portbook_list(book, NULL, &error);
	CHECK(page, "%s", error.message);
	CHECK(page->count == 6 && page->next == 0);
	portbook_free(page);
	r.limit = 2;
	do {
		page = portbook_list(book, &r, &error);
		CHECK(page, "%s", error.message);
		CHECK(page->count == (seen < 4 ? 2 : 1));
		CHECK(page->items[0]->port == 3100 + seen);
		seen += (unsigned)page->count;
		r.after = page->next;
		portbook_free(page);
	} while (r.after);
	CHECK(seen == 5);
	portbook_close(book);
}

static void test_summary__counts_the_book_and_a_project(void **state)
{
	struct portbook *book = open_in_memory();
	struct portbook_request r = portbook_service("shop", NULL);
	struct portbook_usages *u;

	port_of(book, "shop", "web");
	u = portbook_summary(book, &r, &error);
	CHECK(u, "%s", error.message);
	CHECK(u->count == 1);
	CHECK(u->sum->first == 3100 && u->sum->last == 3199 && u->sum->total == 100);
	CHECK(u->sum->allocated == 1 && u->sum->available == 99 && u->sum->percent == 1);
	CHECK_TEXT(u->sum->range, "");
	CHECK(u->items[0]->range[0] && u->items[0]->gaps.count == 1);
	CHECK(u->items[0]->gaps.items[0].first == 3101 && u->items[0]->gaps.items[0].last == 3199);
	portbook_free(u);
	u = portbook_summary(book, NULL, &error);
	CHECK(u, "%s", error.message);
	CHECK(u->count >= 1 && u->sum->allocated == 1 && u->sum->total > 1000);
	portbook_free(u);
	portbook_close(book);
}

/* ---- verify ---- */

static int listen_anywhere(uint16_t *ret_port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&at, len) == 0 && listen(fd, 1) == 0);
	CHECK(getsockname(fd, (struct sockaddr *)&at, &len) == 0);
	*ret_port = ntohs(at.sin_port);
	return fd;
}

static const struct portbook_finding *only(const struct portbook_findings *f)
{
	CHECK(f, "%s", error.message);
	CHECK(f->count == 1);
	return f->items[0];
}

static void test_verify__says_whose_a_port_is_and_who_sits_there(void **state)
{
	struct portbook *book = open_in_memory();
	struct portbook_request r = portbook_service(NULL, NULL);
	struct portbook_findings *f;
	const struct portbook_finding *one;
	uint16_t port;
	int fd = listen_anywhere(&port);

	r.port = port;
	f = portbook_verify(book, &r, &error);
	one = only(f);
	CHECK(one->verdict == PORTBOOK_IS_LISTENED_ON && one->port == port && !one->holder);
	CHECK(one->listener, "%s", error.message);
	CHECK(one->listener->pid == getpid() && one->listener->port == port);
	CHECK(one->listener->program[0] && one->message[0]);
	CHECK(one->listener->uid == (int64_t)getuid() && one->listener->started_at_ms > 0);
	CHECK(one->listener->loopback_only && one->listener->ipv4 && !one->listener->ipv6);
	CHECK(one->listener->addresses.count == 1 && one->listener->processes.count == 1);
	CHECK_TEXT(one->listener->addresses.items[0], "127.0.0.1");
	CHECK(one->listener->processes.items[0]->pid == getpid());
	CHECK(one->protocol == PORTBOOK_TCP);
	CHECK_TEXT(one->host, "localhost");
	portbook_free(f);
	close(fd);
	f = portbook_verify(book, &r, &error);
	one = only(f);
	CHECK(one->verdict == PORTBOOK_IS_FREE && !one->listener && !one->holder);
	portbook_free(f);
	portbook_close(book);
}

static void test_verify__of_an_entry_says_whether_it_is_yours(void **state)
{
	struct portbook *book = open_in_memory();
	uint16_t port = port_of(book, "shop", "web");
	struct portbook_request r = portbook_service("shop", NULL);
	struct portbook_findings *f;

	port_of(book, "blog", "web");
	r.port = port;
	f = portbook_verify(book, &r, &error);
	CHECK(only(f)->verdict == PORTBOOK_IS_YOURS);
	CHECK_TEXT(only(f)->holder->service, "web");
	portbook_free(f);
	r.project = "blog";
	f = portbook_verify(book, &r, &error);
	CHECK(only(f)->verdict == PORTBOOK_IS_ENTERED && only(f)->instead == 3201);
	CHECK_TEXT(only(f)->holder->project, "shop");
	portbook_free(f);
	r.port = (uint16_t)(port + 1);
	f = portbook_verify(book, &r, &error);
	CHECK(only(f)->verdict == PORTBOOK_IS_IN_BLOCK && !only(f)->holder);
	portbook_free(f);
	r.port = 5432;
	f = portbook_verify(book, &r, &error);
	CHECK(only(f)->verdict == PORTBOOK_IS_RESERVED);
	portbook_free(f);
	portbook_close(book);
}

/* More than one question to the book holds, and both protocols. */
static void test_verify__of_all_looks_at_each_entry_once(void **state)
{
	struct portbook *book = open_in_memory();
	struct portbook_findings *f;
	struct portbook_request r;
	char name[8];
	unsigned i;

	for (i = 0; i < 70; i++) {
		snprintf(name, sizeof(name), "s%u", i);
		r = new_service("shop", name);
		r.protocol = i % 10 ? PORTBOOK_TCP : PORTBOOK_UDP;
		portbook_free(portbook_get(book, &r, &error));
		CHECK(error.code == PORTBOOK_OK, "%s", error.message);
	}
	f = portbook_verify(book, NULL, &error);
	CHECK(f, "%s", error.message);
	CHECK(f->count == 70);
	for (i = 0; i < f->count; i++) {
		const struct portbook_entry *holder = f->items[i]->holder;

		CHECK(f->items[i]->verdict == PORTBOOK_IS_ENTERED && holder);
		CHECK(holder->port == f->items[i]->port);
		CHECK(holder->protocol == f->items[i]->protocol);
	}
	portbook_free(f);
	r = portbook_service("shop", "s10");
	f = portbook_verify(book, &r, &error);
	CHECK(only(f)->protocol == PORTBOOK_UDP && only(f)->verdict == PORTBOOK_IS_YOURS);
	portbook_free(f);
	portbook_close(book);
}

static void test_verify__of_nothing_finds_nothing(void **state)
{
	struct portbook *book = open_in_memory();
	struct portbook_findings *f = portbook_verify(book, NULL, &error);

	CHECK(f, "%s", error.message);
	CHECK(f->count == 0);
	portbook_free(f);
	portbook_close(book);
}

/* ---- processes and threads ---- */

/* What the child saw, as its exit status: 0 when all was as it has to be. */
static int ask_in_child(struct portbook *book)
{
	struct portbook_request r = portbook_service("shop", "web");
	struct portbook *own;

	if (portbook_get(book, &r, &error) || error.code != PORTBOOK_INVALID ||
	    !strstr(error.message, "fork"))
		return 1;
	portbook_close(book);
	own = open_at("fork.db");
	if (port_of(own, "shop", "web") != 3100)
		return 2;
	portbook_close(own);
	return 0;
}

static void test_handle__of_the_parent_is_refused_in_a_child_and_stays_good(void **state)
{
	struct portbook *book = open_at("fork.db");
	pid_t child;
	int status = 0;

	CHECK(port_of(book, "shop", "web") == 3100);
	child = fork();
	if (child == 0)
		_exit(ask_in_child(book));
	CHECK(child > 0 && waitpid(child, &status, 0) == child);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", (unsigned)status);
	CHECK(port_of(book, "shop", "web") == 3100);
	CHECK(port_of(book, "shop", "api") == 3101);
	portbook_close(book);
}

#define WRITERS 4
#define EACH	15

struct writer {
	pthread_t thread;
	const char *path;
	unsigned number;
	uint16_t ports[EACH];
};

/* Assertions are the main thread's: a port that stays 0 tells it. */
static void *write_some(void *arg)
{
	struct writer *w = arg;
	struct portbook_options options = portbook_at(w->path);
	struct portbook_error err;
	struct portbook *book;
	char name[16];

	options.isolated = true;
	book = portbook_open(&options, &err);
	for (unsigned i = 0; book && i < EACH; i++) {
		struct portbook_request r;
		struct portbook_entry *entry;

		snprintf(name, sizeof(name), "s%u-%u", w->number, i);
		r = new_service("shop", name);
		entry = portbook_get(book, &r, &err);
		w->ports[i] = entry ? entry->port : 0;
		portbook_free(entry);
	}
	portbook_close(book);
	return NULL;
}

static void test_threads__with_a_handle_each_share_one_set_of_ports(void **state)
{
	const char *path = folder_path(&folder, "threads.db");
	struct writer w[WRITERS] = { 0 };
	bool seen[100] = { false };

	for (unsigned i = 0; i < WRITERS; i++) {
		w[i].path = path;
		w[i].number = i;
		CHECK(pthread_create(&w[i].thread, NULL, write_some, &w[i]) == 0);
	}
	for (unsigned i = 0; i < WRITERS; i++)
		CHECK(pthread_join(w[i].thread, NULL) == 0);
	for (unsigned i = 0; i < WRITERS * EACH; i++) {
		uint16_t port = w[i / EACH].ports[i % EACH];

		CHECK(port >= 3100 && port <= 3199, "port %u", port);
		CHECK(!seen[port - 3100], "%u was given twice", port);
		seen[port - 3100] = true;
	}
}

/*
 * Source: https://sqlite.org/walformat.html section 2.2, "WAL-Index Locking
 * Protocol": whoever writes holds byte 120 of the -shm file.
 */
#define WAL_WRITE_LOCK 120

/* Another process that writes to the book until `until` is closed. */
static void hold_the_book(const char *shm, int ready, int until)
{
	struct flock lock = { .l_type = F_WRLCK, .l_start = WAL_WRITE_LOCK, .l_len = 1 };
	int fd = open(shm, O_RDWR | O_CLOEXEC);
	char c = 'x';

	if (fd < 0 || fcntl(fd, F_SETLKW, &lock) != 0 || write(ready, &c, 1) != 1)
		_exit(1);
	(void)!read(until, &c, 1);
	_exit(0);
}

struct waiter {
	struct portbook *book;
	uint16_t port;
	int code;
};

/* The main thread may be inside when this one comes: then once more. */
static void *wait_for_the_book(void *arg)
{
	struct waiter *w = arg;
	struct portbook_request r = new_service("shop", "web");
	struct portbook_error err;
	struct portbook_entry *entry;

	do {
		entry = portbook_get(w->book, &r, &err);
	} while (!entry && err.code == PORTBOOK_INVALID && strstr(err.message, "another thread"));
	w->port = entry ? entry->port : 0;
	w->code = err.code;
	portbook_free(entry);
	return NULL;
}

static void ask_until_refused(struct portbook *book)
{
	struct portbook_entries *all;

	do {
		all = portbook_list(book, NULL, &error);
		portbook_free(all);
	} while (all);
	check_error(NULL, PORTBOOK_INVALID, "another thread");
}

static void test_handle__that_another_thread_is_asking_is_refused(void **state)
{
	struct waiter w = { .book = open_at("busy.db") };
	const uint16_t first = port_of(w.book, "shop", "api");
	const char *shm = folder_path(&folder, "busy.db-shm");
	int ready[2] = { -1, -1 }, until[2] = { -1, -1 }, status = 0;
	pthread_t thread;
	pid_t child;
	char c;

	CHECK(pipe(ready) == 0 && pipe(until) == 0);
	child = fork();
	if (child == 0) {
		close(until[1]);
		hold_the_book(shm, ready[1], until[0]);
	}
	CHECK(child > 0 && read(ready[0], &c, 1) == 1);
	CHECK(pthread_create(&thread, NULL, wait_for_the_book, &w) == 0);
	ask_until_refused(w.book);
	close(until[1]);
	CHECK(waitpid(child, &status, 0) == child && status == 0);
	CHECK(pthread_join(thread, NULL) == 0);
	CHECK(w.code == PORTBOOK_OK && w.port == first + 1, "code %d, port %u", w.code, w.port);
	portbook_close(w.book);
	close(ready[0]);
	close(ready[1]);
	close(until[0]);
}

static void test_handle__that_is_null_is_an_error(void **state)
{
	check_error(portbook_list(NULL, NULL, &error), PORTBOOK_INVALID, "NULL");
}

/* ---- words ---- */

static void test_code_name__knows_every_code_and_no_other(void **state)
{
	CHECK_TEXT(portbook_code_name(PORTBOOK_OK), "none");
	for (int code = PORTBOOK_INVALID; code <= PORTBOOK_INTERRUPTED; code++)
		CHECK(strcmp(portbook_code_name(code), "unknown") != 0, "%d", code);
	CHECK_TEXT(portbook_code_name(PORTBOOK_INTERRUPTED), "interrupted");
	CHECK_TEXT(portbook_code_name(PORTBOOK_INTERRUPTED + 1), "unknown");
	CHECK_TEXT(portbook_code_name(-1), "unknown");
}

static int make(void **state)
{
	folder = folder_make();
	unsetenv("PORTBOOK_BOOK");
	unsetenv("PORTBOOK_ENV");
	return setenv("HOME", folder.path, 1);
}

static int clear(void **state)
{
	folder_cleanup(&folder);
	return 0;
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_open__says_where_the_book_is_and_entering_makes_it),
		TEST(test_open__finds_the_book_that_the_command_finds),
		TEST(test_open__isolated_takes_no_book_from_a_variable),
		TEST(test_open__says_what_is_wrong_with_the_book),
		TEST(test_open__without_a_place_for_the_error_fails_quietly),
		TEST(test_request__of_a_later_header_is_fine_while_it_says_nothing_new),
		TEST(test_request__of_an_earlier_header_says_nothing_beyond_its_end),
		TEST(test_request__without_its_size_is_refused),
		TEST(test_request__with_a_field_that_the_function_does_not_take_is_refused),
		TEST(test_request__with_what_is_no_text_or_no_word_is_refused),
		TEST(test_get__gives_the_same_port_twice_and_says_why),
		TEST(test_get__names_who_holds_the_port),
		TEST(test_get__names_a_project_that_the_book_does_not_know),
		TEST(test_get__a_trial_run_enters_nothing),
		TEST(test_get__takes_the_environment_from_the_variable_unless_isolated),
		TEST(test_get__without_a_project_asks_for_that_of_the_path),
		TEST(test_allocate__enters_one_more_and_replace_moves),
		TEST(test_once__the_same_request_is_done_once),
		TEST(test_update__changes_what_is_said_and_forgets_what_is_empty),
		TEST(test_release__says_what_it_released_and_that_there_was_nothing),
		TEST(test_list__gives_all_or_page_by_page),
		TEST(test_summary__counts_the_book_and_a_project),
		TEST(test_verify__says_whose_a_port_is_and_who_sits_there),
		TEST(test_verify__of_an_entry_says_whether_it_is_yours),
		TEST(test_verify__of_all_looks_at_each_entry_once),
		TEST(test_verify__of_nothing_finds_nothing),
		TEST(test_handle__of_the_parent_is_refused_in_a_child_and_stays_good),
		TEST(test_threads__with_a_handle_each_share_one_set_of_ports),
		TEST(test_handle__that_another_thread_is_asking_is_refused),
		TEST(test_handle__that_is_null_is_an_error),
		TEST(test_code_name__knows_every_code_and_no_other),
	};

	return cmocka_run_group_tests(tests, make, clear);
}
