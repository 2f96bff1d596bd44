#include "lib/check.h"

#include "base/arena.h"
#include "formats/claim_write.h"
#include "formats/declaration_yaml.h"
#include "formats/render.h"
#include "formats/policy_builtin.h"
#include "formats/policy_yaml.h"
#include "formats/scan.h"
#include "lib/fault.h"
#include "lib/folder.h"
#include "project/declaration.h"
#include "project/services.h"

/* Run `step` with every allocation failing in turn; it must fail with ERR_MEMORY or be done. */
static void fail_each(bool (*step)(struct err *err))
{
	for (long n = 0;; n++) {
		struct err err = { 0 };
		bool ok;

		allocations_left = n;
		ok = step(&err);
		allocations_left = ALLOCATIONS_UNLIMITED;
		if (ok)
			return;
		CHECK(err.code == ERR_MEMORY, "allocation %ld: %s", n, err.text);
	}
}

static struct policy policy;

static bool parse_policy(struct err *err)
{
	const struct policy_file *file = policy_builtin("blocks");

	return policy_yaml_parse(file->text, file->len, file->name, &policy, err);
}

static bool parse_declaration(struct err *err)
{
	static const char text[] =
		"project: a\n"
		"owner: b\n"
		"services: {c: {hostname: d.e, notes: f, metadata: {g: h}}, i: }\n";
	CLEANUP(arena_release) struct arena arena = { 0 };
	const struct declaration *d;

	return declaration_yaml_parse(text, sizeof(text) - 1, "f", &arena, &d, err);
}

static struct findings findings;

static bool scan_a_compose_file(struct err *err)
{
	static const char text[] = "services:\n  a:\n    ports: ['1:1', {published: 2}]\n";

	findings.count = 0;
	return scan_compose(text, sizeof(text) - 1, "f", &findings, err);
}

static bool scan_commands(struct err *err)
{
	static const char procfile[] = "web: x -p 1\n";
	static const char package[] = "{\"scripts\": {\"dev\": \"x -p 1\"}}";

	findings.count = 0;
	return scan_procfile(procfile, sizeof(procfile) - 1, "f", &findings, err) &&
	       scan_package_json(package, sizeof(package) - 1, "f", &findings, err);
}

static bool splice(struct err *err)
{
	static const struct port_value ports[] = {
		{ .variable = "WEB_PORT",
		  .port = 3100,
		  .service = "web",
		  .nth = 1,
		  .hostname = "web.org" },
		{ .variable = "DB_PORT", .port = 3101, .service = "db", .nth = 1 },
	};
	static const struct port_values values = { .project = "p",
						   .environment = "dev",
						   .instance = 1,
						   .command = "make it",
						   .items = ports,
						   .count = ARRAY_LEN(ports) };
	/* What only changes numbers has to have one. */
	static const struct {
		const char *format, *bytes;
	} files[] = {
		{ "docker-compose", "services: {web: {ports: [{target: 80}]}}\n" },
		{ "package-json", "{\"scripts\":{\"dev\":\"x -p 1\"}}" },
		{ "next", "{\"scripts\":{\"dev\":\"next dev\"}}" },
		{ "Procfile", "web: x -p 1\n" },
		{ "vite", "export default { server: { port: 1 } }\n" },
		{ "supabase", "[db]\nport = 1\n" },
		{ "cloudflared", "ingress:\n  - hostname: a.b\n    service: http://localhost:1\n" },
	};

	for (const struct render_format *f = render_formats; f->name; f++) {
		CLEANUP(text_release) struct text text = { 0 };
		struct file_bytes file = { "f", "{}\n", 3 };

		for (size_t i = 0; i < ARRAY_LEN(files); i++)
			if (!strcmp(files[i].format, f->name))
				file = (struct file_bytes){ "f", files[i].bytes,
							    strlen(files[i].bytes) };
		if (!render_splice(f, &values, &file, NULL, &text, err))
			return false;
	}
	return true;
}

static const struct {
	claims_fn *scan;
	const char *text;
} claim_files[] = {
	{ claims_md, "## Project: a\n|Service|Port|Domain|\n|-|-|-|\n|**b**|x:1-2|c.d|\n" },
	{ claims_ports_md, "|Project|Block|Ports|\n|-|-|-|\n|a|1|30100-30199|\n" },
	{ claims_ports_md, "|Project|Instance|Ports|\n|-|-|-|\n|a|1|30100-30109|\n" },
	{ claims_dotenv, "A_PORT=1\n" },
	{ claims_cloudflared, "ingress: [{hostname: a.b, service: 'http://localhost:1'}]" },
	{ claims_env, "PORT=1\nA_PORT=2\nB_HOST=b\nB_PORT=3\n" },
	{ claims_nginx, "proxy_pass http://localhost:1;" },
	{ claims_caddy, "reverse_proxy :1" },
	{ claims_systemd, "ListenStream=1\nExecStart=x \\\n-p 2\n" },
	{ claims_lsof, "a 1 u 3u IPv4 1 0t0 TCP *:1 (LISTEN)" },
	{ claims_ss, "LISTEN 0 0 *:1 *:* users:((\"a\"" },
	{ claims_devports, "{\"allocations\":[{\"port\":1,\"project\":\"a\",\"service\":\"b\"}]}" },
	{ claims_portkeeper,
	  "{\"ports\":[{\"number\":1,\"projectName\":\"a\",\"tags\":[\"b\"]}]}" },
	{ claims_port_manager,
	  "{\"leases\":[{\"port\":1,\"pool\":\"a\",\"tag\":\"b\",\"worktreePath\":\"/c\"}]}" },
};
static unsigned n_claim_file;
static unsigned n_claims;

static bool count_claim(const struct claim *c, void *arg)
{
	n_claims++;
	return true;
}

static bool scan_claims(struct err *err)
{
	const char *text = claim_files[n_claim_file].text;

	n_claims = 0;
	return claim_files[n_claim_file].scan(text, strlen(text), "f", count_claim, NULL, err);
}

static claims_write_fn *const claim_writers[] = { claims_write_md, claims_write_ports_md,
						  claims_write_portkeeper };

static bool write_claims(struct err *err)
{
	CLEANUP(text_release) struct text text = { 0 };
	struct claim claims[] = { claim_of(CLAIM_PROJECT, 1), claim_of(CLAIM_INSTANCE, 2),
				  claim_of(CLAIM_ENTRY, 3) };

	for (size_t i = 0; i < ARRAY_LEN(claims); i++) {
		claims[i].project = "a";
		claims[i].ports = (struct port_range){ 3100, 3100 };
		claims[i].service = claims[i].description = "b";
	}
	return claim_writers[n_claim_file](claims, ARRAY_LEN(claims), 1, &text, err);
}

static struct folder folder;
static struct found_services found;

static bool scan_services(struct err *err)
{
	return services_scan(folder.path, &found, err);
}

static bool read_declaration(struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	const struct declaration *d;

	return declaration_read(folder.path, &arena, &d, err);
}

static void test_fault__a_policy_is_read_or_there_is_no_memory(void **state)
{
	fail_each(parse_policy);
}

static void test_fault__a_declaration_is_read_or_there_is_no_memory(void **state)
{
	fail_each(parse_declaration);
}

static void test_fault__files_are_scanned_or_there_is_no_memory(void **state)
{
	fail_each(scan_a_compose_file);
	fail_each(scan_commands);
	CHECK(findings.count == 2);
}

static void test_fault__a_splice_is_whole_or_fails(void **state)
{
	fail_each(splice);
}

static void test_fault__claims_are_all_told_or_it_fails(void **state)
{
	for (n_claim_file = 0; n_claim_file < ARRAY_LEN(claim_files); n_claim_file++) {
		fail_each(scan_claims);
		CHECK(n_claims >= 1, "file %u", n_claim_file);
	}
}

static void test_fault__claims_are_written_or_it_fails(void **state)
{
	for (n_claim_file = 0; n_claim_file < ARRAY_LEN(claim_writers); n_claim_file++)
		fail_each(write_claims);
}

static void test_fault__services_are_all_found_or_it_fails(void **state)
{
	folder = folder_make();
	folder_write(&folder, "compose.yaml", "services: {a: {ports: ['1:1']}}\n");
	folder_write(&folder, ".env.example", "B_PORT=2\n");
	fail_each(scan_services);
	CHECK(found.count == 2 && !found.n_warnings);
	folder_cleanup(&folder);
}

static void test_fault__a_folders_declaration_is_read_or_there_is_no_memory(void **state)
{
	folder = folder_make();
	folder_write(&folder, "portbook.yaml", "services: {a: {description: b}}\n");
	fail_each(read_declaration);
	folder_cleanup(&folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fault__a_policy_is_read_or_there_is_no_memory),
		cmocka_unit_test(test_fault__a_declaration_is_read_or_there_is_no_memory),
		cmocka_unit_test(test_fault__files_are_scanned_or_there_is_no_memory),
		cmocka_unit_test(test_fault__a_splice_is_whole_or_fails),
		cmocka_unit_test(test_fault__claims_are_all_told_or_it_fails),
		cmocka_unit_test(test_fault__claims_are_written_or_it_fails),
		cmocka_unit_test(test_fault__services_are_all_found_or_it_fails),
		cmocka_unit_test(test_fault__a_folders_declaration_is_read_or_there_is_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
