#include "lib/check.h"

#include <sys/stat.h>

#include "lib/folder.h"
#include "project/named_ports.h"

struct said {
	struct text text, warnings;
	size_t root; /* this much of each file's path is left out */
	unsigned left;
};

/* "service:port source; ", with "/udp", "@path" and "(hostname)" where they are said. */
static bool add(const struct named_port *p, void *arg)
{
	const struct claim *c = &p->claim;
	struct said *s = arg;

	text_addf(&s->text, "%s:%u%s %s:%u", c->service, c->ports.first,
		  c->protocol == PROTO_UDP ? "/udp" : "", p->file + s->root, c->line);
	if (c->path)
		text_addf(&s->text, " @%s", c->path);
	if (c->tunnel_hostname)
		text_addf(&s->text, " (%s)", c->tunnel_hostname);
	text_add(&s->text, "; ");
	return s->left-- > 1;
}

static void add_warning(const char *text, void *arg)
{
	struct said *s = arg;

	text_addf(&s->warnings, "%s; ", text + s->root);
}

static void check(const struct folder *f, bool of_machine, unsigned most, const char *want,
		  const char *warnings)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct said said = { .root = strlen(f->path) + 1, .left = most };
	const struct named_port_search s = { add, add_warning, &said, &arena };
	struct err err = { 0 };
	bool ok = of_machine ? named_ports_of_machine(&s, f->path, NULL, &err)
			     : named_ports_of_folder(&s, f->path, &err);

	CHECK(ok == (said.left > 0), "%s", err.text);
	CHECK_TEXT(text_str(&said.text), want);
	CHECK_TEXT(text_str(&said.warnings), warnings);
	text_release(&said.text);
	text_release(&said.warnings);
}

static void test_folder__every_kind_of_file_is_read(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();

	folder_write(&f, ".env", "PORT=3000\nDB_PORT=5433\n");
	folder_write(&f, ".env.local", "API_PORT=3001\n");
	folder_write(&f, ".env.example", "NO_PORT=1\n");
	folder_write(&f, ".ports.env", "WEB_PORT=3100\n");
	folder_write(&f, "compose.yaml", "services: {db: {ports: ['5433:5432']}, x: {}}\n");
	folder_write(&f, "Procfile", "worker: x -p 3002\nother: y\n");
	folder_write(&f, "package.json", "{\"scripts\": {\"dev\": \"next dev -p 3003\"}}");
	folder_write(&f, "supabase/config.toml", "[api]\nport = 54321\n");
	folder_write(&f, "deploy/shop.service", "WorkingDirectory=/srv/x\nListenStream=3004\n");
	folder_write(&f, "deploy/nginx/shop.conf", "proxy_pass http://localhost:3005;\n");
	folder_write(&f, "deploy/cloudflared/config.yml",
		     "ingress: [{hostname: a.b, service: 'http://localhost:3006'}]\n");
	folder_write(&f, "Caddyfile", "a.b\nreverse_proxy :3007\n");
	folder_write(&f, "README.md", "PORT=9\n");
	folder_write(&f, "app.conf", "proxy_pass http://localhost:9;\n");
	check(&f, false, 99,
	      "web:3000 .env:1; db:5433 .env:2; api:3001 .env.local:1; web:3100 .ports.env:1; "
	      "a:3007 Caddyfile:2; worker:3002 Procfile:1; db:5433 compose.yaml:1; "
	      "web:3003 package.json:1; shop:3004 deploy/shop.service:2 @/srv/x; "
	      "supabase-api:54321 supabase/config.toml:2; "
	      "a:3006 deploy/cloudflared/config.yml:1 (a.b); main:3005 deploy/nginx/shop.conf:1; ",
	      "");
	check(&f, false, 1, "web:3000 .env:1; ", "");
}

static void test_folder__a_program_below_the_top_is_called_by_its_folder(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();

	folder_write(&f, "apps/api/.env", "PORT=3000\nDB_PORT=5433\n");
	folder_write(&f, "apps/site/package.json",
		     "{\"scripts\": {\"dev\": \"vite --port 3001\"}}");
	check(&f, false, 99,
	      "api:3000 apps/api/.env:1; db:5433 apps/api/.env:2; "
	      "site:3001 apps/site/package.json:1; ",
	      "");
}

static void test_folder__what_is_not_the_projects_is_stepped_over(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();

	folder_write(&f, "node_modules/x/.env", "PORT=1\n");
	folder_write(&f, ".cache/.env", "PORT=2\n");
	folder_write(&f, "other/.git/HEAD", "ref: refs/heads/main\n");
	folder_write(&f, "other/.env", "PORT=3\n");
	folder_write(&f, "a/b/c/.env", "PORT=4\n");
	folder_write(&f, "a/b/c/d/.env", "PORT=5\n");
	CHECK(!symlink(folder_path(&f, "a"), folder_path(&f, "link")));
	CHECK(!mkfifo(folder_path(&f, ".env"), 0600));
	check(&f, false, 99, "c:4 a/b/c/.env:1; ", "");
}

static void test_folder__with_too_many_files_is_read_from_the_top(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	char name[32];

	folder_write(&f, "a/.env", "PORT=3000\n");
	folder_write(&f, ".env", "PORT=3002\n");
	CHECK(!mkdir(folder_path(&f, "a/b"), 0700));
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "a/b/%u", i);
		CHECK(!mknod(folder_path(&f, name), S_IFREG | 0600, 0));
	}
	folder_write(&f, "c/.env", "PORT=3003\n");
	folder_write(&f, "c/d/.env", "PORT=3004\n");
	check(&f, false, 99, "web:3002 .env:1; a:3000 a/.env:1; c:3003 c/.env:1; ",
	      "has more than 5000 files and folders: not all of them were looked at; ");
}

static void test_folder__a_file_that_cannot_be_read_is_said(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();

	folder_write(&f, ".env", "PORT=\xff\n");
	folder_write(&f, "package.json", "{");
	folder_write(&f, "Procfile", "web: x -p 3000\n");
	check(&f, false, 99, "web:3000 Procfile:1; ",
	      ".env:1: bytes that are not text; "
	      "package.json:1:1: not JSON: string or '}' expected near end of file; ");
}

static void test_folder__that_is_not_there_names_nothing(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	struct folder gone = f;

	snprintf(gone.path, sizeof(gone.path), "%.200s/gone", f.path);
	check(&gone, false, 99, "", "");
}

static void test_machine__its_own_places_are_read(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();

	folder_write(&f, "etc/systemd/system/shop.service",
		     "WorkingDirectory=/srv/shop\nEnvironment=PORT=3000\n");
	folder_write(&f, "etc/systemd/system/x.wants/no.service", "Environment=PORT=1\n");
	folder_write(&f, "etc/cloudflared/config.yml",
		     "ingress: [{hostname: a.b, service: 'http://localhost:3001'}]\n");
	folder_write(&f, "etc/nginx/sites-available/shop", "proxy_pass http://localhost:3002;\n");
	CHECK(!mkdir(folder_path(&f, "etc/nginx/sites-enabled"), 0700));
	CHECK(!symlink("../sites-available/shop", folder_path(&f, "etc/nginx/sites-enabled/shop")));
	folder_write(&f, "etc/caddy/Caddyfile", "a.b\nreverse_proxy :3003\n");
	folder_write(&f, "home/.env", "PORT=1\n");
	check(&f, true, 99,
	      "shop:3000 etc/systemd/system/shop.service:2 @/srv/shop; "
	      "a:3001 etc/cloudflared/config.yml:1 (a.b); "
	      "main:3002 etc/nginx/sites-enabled/shop:1; a:3003 etc/caddy/Caddyfile:2; ",
	      "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_folder__every_kind_of_file_is_read),
		cmocka_unit_test(test_folder__a_program_below_the_top_is_called_by_its_folder),
		cmocka_unit_test(test_folder__what_is_not_the_projects_is_stepped_over),
		cmocka_unit_test(test_folder__with_too_many_files_is_read_from_the_top),
		cmocka_unit_test(test_folder__a_file_that_cannot_be_read_is_said),
		cmocka_unit_test(test_folder__that_is_not_there_names_nothing),
		cmocka_unit_test(test_machine__its_own_places_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
