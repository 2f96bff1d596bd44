#include "lib/check.h"

#include "formats/render.h"

static const struct port_value shop[] = {
	{ .variable = "API_PORT", .port = 3101, .service = "api", .nth = 1 },
	{ .variable = "WEB_PORT",
	  .port = 3100,
	  .service = "web",
	  .nth = 1,
	  .unit = "shop.service" },
};
static const struct port_values values = { .project = "shop",
					   .environment = "dev",
					   .instance = 1,
					   .command = "make it",
					   .items = shop,
					   .count = ARRAY_LEN(shop) };

static bool splice(const char *format, const struct port_values *v, const char *old,
		   struct text *ret, struct err *err)
{
	const struct file_bytes file = { "f", old, old ? strlen(old) : 0 };

	return render_splice(render_format_named(format), v, &file, NULL, ret, err);
}

static void test_formats__have_names_of_their_own_and_a_way_into_a_file(void **state)
{
	for (const struct render_format *f = render_formats; f->name; f++) {
		CHECK(render_format_named(f->name) == f, "%s", f->name);
		CHECK(!f->alias || render_format_named(f->alias) == f, "%s", f->name);
		CHECK((f->splice != NULL) != (f->marks != NULL), "%s", f->name);
		CHECK(!f->marks || f->render, "%s", f->name);
		CHECK((f->files != NULL) != (f->path != NULL), "%s", f->name);
	}
	CHECK(render_format_named("MAKEFILE") == render_format_named("make"));
	CHECK(!render_format_named("mak"));
}

static const struct {
	const char *format, *old, *want;
} kept[] = {
	{ "json", "{}", "{\n  \"API_PORT\": 3101,\n  \"WEB_PORT\": 3100\n}" },
	{ "json", "{\"a\": [1, {\"WEB_PORT\": 9}]}",
	  "{\"a\": [1, {\"WEB_PORT\": 9}],\"API_PORT\": 3101,\"WEB_PORT\": 3100}" },
	{ "json", "{\r\n\t\"WEB_PORT\" : \"x\" ,\r\n\t\"b\":1.50\r\n}\r\n",
	  "{\r\n\t\"WEB_PORT\" : 3100 ,\r\n\t\"b\":1.50,\r\n\t\"API_PORT\": 3101\r\n}\r\n" },
	{ "json", " { \"WEB_PORT\" : null,\"API_PORT\":{} } ",
	  " { \"WEB_PORT\" : 3100,\"API_PORT\":3101 } " },
	{ "json", "{\r\n}", "{\r\n  \"API_PORT\": 3101,\r\n  \"WEB_PORT\": 3100\r\n\r\n}" },
	{ "direnv", "layout node\nexport WEB_PORT=\"${WEB_PORT:-1}\" # page\n",
	  "layout node\nexport WEB_PORT=\"3100\" # page\nexport API_PORT=3101\n" },
	{ "direnv", "use nix", "use nix\nexport API_PORT=3101\nexport WEB_PORT=3100\n" },
	/* Somebody's value that is more than a number is none of our business. */
	/* A here-document is what a command reads; its quotes are nobody's. */
	{ "direnv", "cat > .env <<EOF\nWEB_PORT=1\nX='\nEOF\nexport WEB_PORT=2 API_PORT=3\n",
	  "cat > .env <<EOF\nWEB_PORT=1\nX='\nEOF\nexport WEB_PORT=3100 API_PORT=3\n"
	  "export API_PORT=3101\n" },
	{ "direnv", "cat <<-'E' # '\n\tWEB_PORT=1\n\tE\nAPI_PORT=1\r\n<<\\E cat\nAPI_PORT=1\nE\n",
	  "cat <<-'E' # '\n\tWEB_PORT=1\n\tE\nAPI_PORT=3101\r\n<<\\E cat\nAPI_PORT=1\nE\n"
	  "export WEB_PORT=3100\n" },
	/* And this is none: shifted, behind a comment's sign, a here-string, without an end. */
	{ "direnv", "N=$((1<<E))\n# <<E\ncat <<<E\ncat <<F\nWEB_PORT=1\nAPI_PORT=1\nE\n",
	  "N=$((1<<E))\n# <<E\ncat <<<E\ncat <<F\nWEB_PORT=3100\nAPI_PORT=3101\nE\n" },
	/* Nor in arithmetic and in quotes; in what a quote runs it is one. */
	{ "direnv",
	  "N=$(( 1 << 2 << 3 )); echo '<<a b' \"<<$X\" ${X#y} <<E\nWEB_PORT=1\nE\nAPI_PORT=1\n",
	  "N=$(( 1 << 2 << 3 )); echo '<<a b' \"<<$X\" ${X#y} <<E\nWEB_PORT=1\nE\nAPI_PORT=3101\n"
	  "export WEB_PORT=3100\n" },
	{ "direnv", "X=\"$(cat <<'E'\nWEB_PORT=1\nE\n)\"\nAPI_PORT=1\n",
	  "X=\"$(cat <<'E'\nWEB_PORT=1\nE\n)\"\nAPI_PORT=3101\nexport WEB_PORT=3100\n" },
	{ "dotenv", "A=<<E\nWEB_PORT=1\nE\nAPI_PORT=1\n",
	  "A=<<E\nWEB_PORT=3100\nE\nAPI_PORT=3101\n" },
	{ "direnv", "X=$(\ndate\n)\nAPI_PORT=1\nWEB_PORT=\n",
	  "X=$(\ndate\n)\nAPI_PORT=3101\nWEB_PORT=3100\n" },
	{ "package-json",
	  "{\r\n  \"scripts\": {\"build\": \"x -p 1\", \"dev\":\"vite --port=3000 "
	  "\\\"--host\\\"\"},\r\n\t\"a\": 1.0\r\n}",
	  "{\r\n  \"scripts\": {\"build\": \"x -p 1\", \"dev\":\"vite "
	  "--port=${WEB_PORT:-3100} \\\"--host\\\"\"},\r\n\t\"a\": 1.0\r\n}" },
	/* Whose a script is: the service in its name, else web. */
	{ "npm",
	  "{\"scripts\":{\"dev:api\":\"PORT=1 node a\",\"start\":\"x -p ${PORT:-2}\","
	  "\"test\":\"x -p 3\",\"serve\":\"sh -c 'x -p 4'\","
	  "\"develop\":\"sh -c \\\"x \\u002dp -p 4\\\"\"}}",
	  "{\"scripts\":{\"dev:api\":\"PORT=${API_PORT:-3101} node a\",\"start\":\"x -p "
	  "${PORT:-3100}\",\"test\":\"x -p 3\",\"serve\":\"sh -c 'x -p 3100'\","
	  "\"develop\":\"sh -c \\\"x \\u002dp -p ${WEB_PORT:-3100}\\\"\"}}" },
	{ "next",
	  "{\"scripts\":{\"dev\":\"next dev --turbo\",\"start\":\"next start -p 3000\","
	  "\"build\":\"next build\",\"serve\":\"nextdev\"}}",
	  "{\"scripts\":{\"dev\":\"next dev -p ${WEB_PORT:-3100} --turbo\",\"start\":\""
	  "next start -p ${WEB_PORT:-3100}\",\"build\":\"next build\",\"serve\":\""
	  "nextdev\"}}" },
	{ "Procfile",
	  "# ours\r\nrelease: x -p 1\r\nweb: node s.js -p 5000 # p\r\napi:\tx --port \"1\"",
	  "# ours\r\nrelease: x -p 1\r\nweb: node s.js -p ${WEB_PORT:-3100} # p\r\n"
	  "api:\tx --port \"${API_PORT:-3101}\"" },
	{ "hosts", "127.0.0.1\tlocalhost\n",
	  "127.0.0.1\tlocalhost\n\n"
	  "# >>> portbook shop@1 dev (make it) >>>\n"
	  "127.0.0.1\tapi.shop.localhost\t# port 3101\n"
	  "127.0.0.1\tweb.shop.localhost\t# port 3100\n"
	  "# <<< portbook shop@1 dev <<<\n" },
	/* What stands between our marks is ours; another's block is not. */
	{ "hosts",
	  "# >>> portbook shop@2 dev (x) >>>\n# <<< portbook shop@2 dev <<<\n"
	  "  # >>> portbook shop@1 dev (x) >>>\nold\n # <<< portbook shop@1 dev <<< \n"
	  "::1 x",
	  "# >>> portbook shop@2 dev (x) >>>\n# <<< portbook shop@2 dev <<<\n"
	  "# >>> portbook shop@1 dev (make it) >>>\n"
	  "127.0.0.1\tapi.shop.localhost\t# port 3101\n"
	  "127.0.0.1\tweb.shop.localhost\t# port 3100\n"
	  "# <<< portbook shop@1 dev <<<\n"
	  "::1 x" },
	{ "systemd", "[Unit]\r\nAfter=x",
	  "[Unit]\r\nAfter=x\r\n\r\n"
	  "# >>> portbook shop@1 dev (make it) >>>\r\n"
	  "[Service]\r\nEnvironment=API_PORT=3101\r\nEnvironment=WEB_PORT=3100\r\n"
	  "ExecStartPre=-portbook yield shop/api --env dev\r\n"
	  "ExecStartPre=-portbook yield shop/web --env dev\r\n"
	  "# <<< portbook shop@1 dev <<<\r\n" },
	{ "systemd",
	  "\xef\xbb\xbf# >>> portbook shop@1 dev (x) >>>\n"
	  "# <<< portbook shop@1 dev <<<\n",
	  "\xef\xbb\xbf# >>> portbook shop@1 dev (make it) >>>\n"
	  "[Service]\nEnvironment=API_PORT=3101\nEnvironment=WEB_PORT=3100\n"
	  "ExecStartPre=-portbook yield shop/api --env dev\n"
	  "ExecStartPre=-portbook yield shop/web --env dev\n"
	  "# <<< portbook shop@1 dev <<<\n" },
	{ "python", "",
	  "# >>> portbook (make it) >>>\nimport os\n\n"
	  "API_PORT = int(os.environ.get(\"API_PORT\") or 3101)\n"
	  "WEB_PORT = int(os.environ.get(\"WEB_PORT\") or 3100)\n"
	  "# <<< portbook <<<\n" },
};

static void test_splice__keeps_what_is_not_ours(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
		CLEANUP(text_release) struct text once = { 0 }, twice = { 0 };
		struct err err = { 0 };

		CHECK(splice(kept[i].format, &values, kept[i].old, &once, &err), "row %zu: %s", i,
		      err.text);
		CHECK(!strcmp(text_str(&once), kept[i].want), "row %zu: %s", i, text_str(&once));
		CHECK(splice(kept[i].format, &values, text_str(&once), &twice, &err), "row %zu", i);
		CHECK_TEXT(text_str(&twice), kept[i].want);
	}
}

static void test_vite__gets_the_port_of_the_page(void **state)
{
	static const struct {
		const char *old, *want;
	} row[] = {
		{ "export default defineConfig({\n  // server: { port: 1 }\n  server: {\n"
		  "    port: 3000, // page\n  },\n})\n",
		  "export default defineConfig({\n  // server: { port: 1 }\n  server: {\n"
		  "    strictPort: true, port: Number(process.env.WEB_PORT) || 3100, // page\n  },\n})\n" },
		{ "export default { 'server': { strictPort: false, \"port\": x.PORT ?? 1 } }",
		  "export default { 'server': { strictPort: true, \"port\": x.PORT ?? 3100 } }" },
		{ "export default defineConfig({\r\n  plugins: [a({ server: { port: 1 } })],\r\n})",
		  "export default defineConfig({\r\n  server: { port: Number(process.env.WEB_PORT) "
		  "|| 3100, strictPort: true },\r\n  plugins: [a({ server: { port: 1 } })],\r\n})" },
		{ "const s = { server: { port: 2 } }\nexport default { server: { open: /[/}]/ } }",
		  "const s = { server: { port: 2 } }\nexport default { server: { port: "
		  "Number(process.env.WEB_PORT) || 3100, strictPort: true, open: /[/}]/ } }" },
		{ "module.exports = () => { return { server: {} } } // `",
		  "module.exports = () => { return { server: { port: Number(process.env.WEB_PORT) "
		  "|| 3100, strictPort: true } } } // `" },
		/* Neither is of the configuration itself. */
		{ "import { server } from 'x'\nexport default { ...y, server: { a: [...z], port: 5 } }",
		  "import { server } from 'x'\nexport default { ...y, server: { a: [...z], strictPort: "
		  "true, port: Number(process.env.WEB_PORT) || 3100 } }" },
		{ "export default { a: `}${ {b: `${1}`} }{`, server: { port: 5, strictPort: true } }",
		  "export default { a: `}${ {b: `${1}`} }{`, server: { port: "
		  "Number(process.env.WEB_PORT) || 3100, strictPort: true } }" },
	};
	static const struct {
		const char *old, *text;
	} wrong[] = {
		{ "export default { server: {\nport: parseInt(x, 10) } }",
		  "f:2: the port of 'server' is computed" },
		{ "export default {\nserver: { ...common } }",
		  "f:2: the port of 'server' is computed" },
		{ "export default { server: { port } }", "f:1: the port of 'server' is computed" },
		{ "export default x\n", "f:1: no configuration that is written out, as in "
					"defineConfig({ server: { port: 5173 } })" },
		{ "export default {\n server: { port: 1 }", "f:2: a bracket is not closed" },
		{ "a = 'x\n'", "f:1: a text without its end" },
		{ "f({server: {}}); g({\nserver: {}})", "f:2: a second 'server'" },
		{ "export default {\nserver: common }", "f:2: 'server' is not written out here" },
		{ "export default {\nserver, b: 1 }", "f:2: 'server' is not written out here" },
		{ "export default { b: 1,\nserver }", "f:2: 'server' is not written out here" },
		{ "export default { b: 1,\n...common }",
		  "f:2: what is spread here may have a 'server' of its own" },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		CLEANUP(text_release) struct text text = { 0 };
		struct err err = { 0 };

		CHECK(splice("vite", &values, row[i].old, &text, &err), "row %zu: %s", i, err.text);
		CHECK(!strcmp(text_str(&text), row[i].want), "row %zu:\n%s", i, text_str(&text));
	}
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		CLEANUP(text_release) struct text text = { 0 };
		struct err err = { 0 };

		CHECK(!splice("vite", &values, wrong[i].old, &text, &err), "%zu", i);
		CHECK_TEXT(err.text, wrong[i].text);
	}
}

static void test_vite__gets_the_ports_of_preview_and_hmr_where_these_are_services(void **state)
{
	static const struct port_value parts[] = {
		{ .variable = "HMR_PORT", .port = 3101, .service = "hmr", .nth = 1 },
		{ .variable = "PREVIEW_PORT", .port = 3102, .service = "preview", .nth = 1 },
		{ .variable = "WEB_PORT", .port = 3100, .service = "web", .nth = 1 },
	};
	const struct port_values v = { .project = "shop",
				       .environment = "dev",
				       .instance = 1,
				       .command = "make it",
				       .items = parts,
				       .count = ARRAY_LEN(parts) };
	static const struct {
		const char *old, *want;
	} row[] = {
		{ "export default { preview: { port: 4173 }, server: { hmr: { host: 'x', port: 24678 }, "
		  "port: 5173, strictPort: true } }",
		  "export default { preview: { strictPort: true, port: Number(process.env.PREVIEW_PORT) || "
		  "3102 }, server: { hmr: { host: 'x', port: Number(process.env.HMR_PORT) || 3101 }, "
		  "port: Number(process.env.WEB_PORT) || 3100, strictPort: true } }" },
		{ "export default { server: {}, preview: common }",
		  "export default { server: { hmr: { port: Number(process.env.HMR_PORT) || 3101 }, "
		  "port: Number(process.env.WEB_PORT) || 3100, strictPort: true }, preview: common }" },
		{ "export default {\n  a: 1 }",
		  "export default {\n  server: { hmr: { port: Number(process.env.HMR_PORT) || 3101 }, port: "
		  "Number(process.env.WEB_PORT) || 3100, strictPort: true },\n  preview: { port: "
		  "Number(process.env.PREVIEW_PORT) || 3102, strictPort: true },\n  a: 1 }" },
		/* What is switched off, or somebody's own, stays. */
		{ "export default { preview: { port: x() || 1, strictPort: true }, server: { hmr: false, port: 5173, "
		  "strictPort: true } }",
		  "export default { preview: { port: x() || 3102, strictPort: true }, server: { hmr: false, port: "
		  "Number(process.env.WEB_PORT) || 3100, strictPort: true } }" },
		{ "export default { server: { hmr: { }, port: 1, strictPort: true }, preview: { } }",
		  "export default { server: { hmr: { port: Number(process.env.HMR_PORT) || 3101  }, port: "
		  "Number(process.env.WEB_PORT) || 3100, strictPort: true }, preview: { port: "
		  "Number(process.env.PREVIEW_PORT) || 3102, strictPort: true  } }" },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		CLEANUP(text_release) struct text text = { 0 };
		struct err err = { 0 };

		CHECK(splice("vite", &v, row[i].old, &text, &err), "row %zu: %s", i, err.text);
		CHECK(!strcmp(text_str(&text), row[i].want), "row %zu:\n%s", i, text_str(&text));
	}
}

static void test_supabase__gets_the_numbers_of_its_parts(void **state)
{
	static const struct port_value parts[] = {
		{ .variable = "DB_PORT", .port = 3101, .service = "db", .nth = 1 },
		{ .variable = "POOLER_PORT", .port = 3102, .service = "pooler", .nth = 1 },
		{ .variable = "SHADOW_PORT", .port = 3103, .service = "shadow", .nth = 1 },
		{ .variable = "SUPABASE_API_PORT",
		  .port = 3104,
		  .service = "supabase-api",
		  .nth = 1 },
		{ .variable = "WEB_PORT", .port = 3100, .service = "web", .nth = 1 },
	};
	static const struct {
		unsigned instance;
		const char *old, *want;
	} row[] = {
		{ 1,
		  "project_id = \"shop\"\n[api]\nenabled = true\n# ours\nport = 54_321 # api\n"
		  "[db]\nport=54322\nshadow_port = 1\n[studio]\nport = 54323\n",
		  "project_id = \"shop\"\n[api]\nenabled = true\n# ours\nport = 3104 # api\n"
		  "[db]\nport=3101\nshadow_port = 3103\n[studio]\nport = 54323\n" },
		/* What is missing in a part comes behind its head; a part that is missing does not. */
		{ 1, "[ db ]\r\n# port = 1\r\n[db.seed]\r\na = [\r\n'port = 2',\r\n]\r\n",
		  "[ db ]\r\nport = 3101\r\nshadow_port = 3103\r\n# port = 1\r\n[db.seed]\r\n"
		  "a = [\r\n'port = 2',\r\n]\r\n" },
		{ 2,
		  "project_id = \"shop\"\n[auth]\nsite_url = \"http://127.0.0.1:3000/x\"\n"
		  "[db.pooler]\nport = \"env(P)\"\n",
		  "project_id = \"shop-2\"\n[auth]\nsite_url = \"http://127.0.0.1:3100/x\"\n"
		  "[db.pooler]\nport = \"env(P)\"\n" },
		/* No plain text in quotes. */
		{ 2, "project_id = \"\"\"\"a\nb\"\"\"\n[db.pooler]\nport = 1\n",
		  "project_id = \"\"\"\"a\nb\"\"\"\n[db.pooler]\nport = 3102\n" },
		{ 2, "project_id = \"a\\\"b\"\n[db.pooler]\nport = 1\n",
		  "project_id = \"a\\\"b\"\n[db.pooler]\nport = 3102\n" },
	};
	struct port_values v = values;

	v.items = parts;
	v.count = ARRAY_LEN(parts);
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		CLEANUP(text_release) struct text text = { 0 };
		struct err err = { 0 };

		v.instance = row[i].instance;
		CHECK(splice("supabase", &v, row[i].old, &text, &err), "row %zu: %s", i, err.text);
		CHECK(!strcmp(text_str(&text), row[i].want), "row %zu:\n%s", i, text_str(&text));
	}
	{
		CLEANUP(text_release) struct text text = { 0 };
		struct err err = { 0 };

		CHECK(!splice("supabase", &v, "\n[api]\nport = x\n", &text, &err));
		CHECK_TEXT(err.text, "f:3: the port is neither a number nor \"env(NAME)\"");
	}
}

static void test_splice__leaves_alone_what_it_does_not_understand(void **state)
{
	static const struct {
		const char *format, *old, *text;
	} row[] = {
		{ "dotenv", "A=1\n\xff\n", "f:2: bytes that are not text" },
		{ "dotenv", "\nWEB_PORT=`cat port`\n",
		  "f:2: a command gives the value of WEB_PORT: put a number there" },
		{ "dotenv", "WEB_PORT=\"$(cat port)\"\n",
		  "f:1: a command gives the value of WEB_PORT: put a number there" },
		{ "dotenv", "WEB_PORT=1`cat port`\n",
		  "f:1: a command gives the value of WEB_PORT: put a number there" },
		{ "dotenv", "\nA=\"x\nWEB_PORT=3000\n",
		  "f:2: the quote that opens here is not closed" },
		{ "json", "[1]", "f:1: an object was expected, {\"NAME_PORT\": 1234}" },
		{ "json", "{\"a\": 1,\n // ours\n}",
		  "f:2:2: not JSON: string or '}' expected near '/'" },
		{ "json", "{\"WEB\\u005fPORT\": 1}",
		  "f:1:47: not JSON: duplicate object key near '\"WEB_PORT\"'" },
		{ "direnv", "\ncat <<A <<B\nA\nWEB_PORT=1\nB\nexport WEB_PORT=2\n",
		  "f:2: here-documents open here: one on a line, up to a plain word, is "
		  "understood" },
		{ "direnv", "cat <<\"A B\"\nWEB_PORT=1\nA B\n",
		  "f:1: here-documents open here: one on a line, up to a plain word, is "
		  "understood" },
		{ "direnv", "\n\ncat <<'A'-1\nA\nWEB_PORT=1\nA-1\n",
		  "f:3: here-documents open here: one on a line, up to a plain word, is "
		  "understood" },
		{ "direnv", "\nexport WEB_PORT=$(cat port)\n",
		  "f:2: the value of WEB_PORT is more than a number or a variable" },
		{ "direnv", "export WEB_PORT=31\\\n00\n",
		  "f:1: the value of WEB_PORT is more than a number or a variable" },
		{ "package-json", "{\n\n\"scripts\": {\"dev\": \"vite\"}}",
		  "f:3: no script gives its program a port of these services" },
		{ "package-json", "{}",
		  "f:1: no script gives its program a port of these services" },
		{ "package-json", "{\"scripts\": 1}",
		  "f:1: no script gives its program a port of these services" },
		{ "Procfile", "web: bin/rails server\n",
		  "f:1: no process of these services gives its program a port" },
		{ "Makefile", "\n# >>> portbook (x) >>>\nall:\n",
		  "f:2: our lines start here, and do not end" },
		{ "Makefile", "# <<< portbook <<<\n",
		  "f:1: our lines end here, and do not start before" },
		{ "Makefile", "# >>> portbook (x) >>>\n# <<< portbook <<<\n\n# >>> portbook (",
		  "f:4: our lines start here, as they do in line 1 already" },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		CLEANUP(text_release) struct text text = { 0 };
		struct err err = { 0 };

		CHECK(!splice(row[i].format, &values, row[i].old, &text, &err), "row %zu: %s", i,
		      text_str(&text));
		CHECK(err.code == ERR_INVALID, "row %zu", i);
		CHECK_TEXT(err.text, row[i].text);
		CHECK(!text.len, "row %zu", i);
	}
}

static void test_render__says_in_a_new_file_what_it_says_in_an_empty_one(void **state)
{
	for (const struct render_format *f = render_formats; f->name; f++) {
		CLEANUP(text_release) struct text new = { 0 }, empty = { 0 };
		struct err err = { 0 };

		if (!f->marks)
			continue;
		CHECK(splice(f->name, &values, NULL, &new, &err), "%s: %s", f->name, err.text);
		CHECK(splice(f->name, &values, "", &empty, &err), "%s: %s", f->name, err.text);
		CHECK_TEXT(text_str(&new), text_str(&empty));
	}
}

static void test_names__tell_instances_and_environments_apart(void **state)
{
	struct port_value p = { .service = "My_web.v2-", .nth = 2 };
	struct port_values v = { .project = "shop_1", .environment = "test", .instance = 3 };
	char host[LOCAL_NAME_SIZE], name[SCOPED_NAME_SIZE];

	local_hostname(&v, &p, host);
	CHECK_TEXT(host, "My-web-v2.test.shop-1-3.localhost");
	scoped_name(&v, &p, name);
	CHECK_TEXT(name, "shop_1-3_test_My_web.v2-_2");
	v.environment = "dev";
	v.instance = p.nth = 1;
	local_hostname(&v, &p, host);
	CHECK_TEXT(host, "My-web-v2.shop-1.localhost");
	scoped_name(&v, &p, name);
	CHECK_TEXT(name, "shop_1_My_web.v2-");
}

static void test_local_hostname__is_a_name_of_dns_however_long_ours_are(void **state)
{
	char longest[NAME_SIZE] = "", host[LOCAL_NAME_SIZE];
	struct port_value p = { .service = longest, .nth = 1 };
	struct port_values v = { .project = longest, .environment = longest, .instance = 9999 };

	memset(longest, 'a', NAME_SIZE - 1);
	local_hostname(&v, &p, host);
	CHECK(name_is_dns(host), "%s", host);
}

static void test_systemd__belongs_to_the_unit_of_all_its_services(void **state)
{
	const struct render_format *f = render_format_named("systemd");
	struct port_value p = { .unit = "shop.service" }, evil = { .unit = "../x" };
	struct port_values one = { .items = &p, .count = 1 },
			   other = { .items = &evil, .count = 1 };
	char path[PATH_MAX];

	CHECK(f->path(&one, path));
	CHECK_TEXT(path, "/etc/systemd/system/shop.service.d/portbook.conf");
	CHECK(!f->path(&values, path)); /* api has none */
	CHECK(!f->path(&other, path));
}

static void test_http__is_told_by_the_type_and_without_one_by_the_name(void **state)
{
	static const struct {
		const char *service, *type;
		bool want;
	} row[] = {
		{ "web", NULL, true },
		{ "db", NULL, false },
		{ "shop-db", NULL, false },
		{ "redis", "misc", false },
		{ "db", "web", true },
		{ "store", "postgres", false },
		{ "redis-commander", NULL, true },
		{ "dbs", NULL, true },
		{ "db-admin", NULL, true },
		{ "web", "misc", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		const struct port_value p = { .service = row[i].service, .type = row[i].type };

		CHECK(port_is_http(&p) == row[i].want, "row %zu: %s", i, row[i].service);
	}
}

static void test_proxies__refuse_what_speaks_no_http(void **state)
{
	struct port_value db = {
		.variable = "DB_PORT", .service = "db", .type = "db", .nth = 1, .port = 3102
	};
	struct port_values v = values;
	CLEANUP(text_release) struct text text = { 0 };
	struct err err = { 0 };

	v.items = &db;
	v.count = 1;
	CHECK(!splice("nginx", &v, "", &text, &err) && err.code == ERR_INVALID);
	CHECK(!splice("caddy", &v, "", &text, &err) && err.code == ERR_INVALID);
	CHECK(splice("haproxy", &v, "", &text, &err) && strstr(text_str(&text), "mode tcp"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats__have_names_of_their_own_and_a_way_into_a_file),
		cmocka_unit_test(test_http__is_told_by_the_type_and_without_one_by_the_name),
		cmocka_unit_test(test_splice__keeps_what_is_not_ours),
		cmocka_unit_test(test_vite__gets_the_port_of_the_page),
		cmocka_unit_test(
			test_vite__gets_the_ports_of_preview_and_hmr_where_these_are_services),
		cmocka_unit_test(test_supabase__gets_the_numbers_of_its_parts),
		cmocka_unit_test(test_splice__leaves_alone_what_it_does_not_understand),
		cmocka_unit_test(test_render__says_in_a_new_file_what_it_says_in_an_empty_one),
		cmocka_unit_test(test_names__tell_instances_and_environments_apart),
		cmocka_unit_test(test_local_hostname__is_a_name_of_dns_however_long_ours_are),
		cmocka_unit_test(test_systemd__belongs_to_the_unit_of_all_its_services),
		cmocka_unit_test(test_proxies__refuse_what_speaks_no_http),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
