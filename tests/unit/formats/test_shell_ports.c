#include "lib/check.h"

#include "base/arena.h"
#include "base/text.h"
#include "formats/shell_own.h"

/* The scripts of the package.json that the tests have. */
static const struct {
	const char *folder, *name, *command;
} scripts[] = {
	{ "", "dev", "vite" },
	{ "", "dev:web", "vite --port 3000" },
	{ "", "start", "node server.js" },
	{ "", "next", "next dev" },
	{ "", "cross", "cross-env NODE_ENV=development next dev --turbo" },
	{ "", "build", "tsc && vite build" },
	{ "", "test", "jest --watch" },
	{ "", "both", "concurrently \"npm run dev\" \"node api.js --port 4000\"" },
	{ "", "check-first", "tsc --noEmit && vite --host" },
	{ "", "then-more", "vite & node worker.js" },
	{ "", "circle", "npm run circle && npm run circle" },
	{ "", "indirect", "npm run dev" },
	{ "", "db", "psql -p 5432 -h localhost" },
	{ "", "serve", "python3 -m http.server 8000" },
	{ "", "fallback", "vite --port ${PORT:-3000}" },
	{ "apps/web", "dev", "astro dev" },
	{ "~/shop", "dev", "next dev -p 3000" },
};

static const char *find_script(void *arg, const char *folder, const char *name)
{
	(void)arg;
	for (size_t i = 0; i < ARRAY_LEN(scripts); i++)
		if (!strcmp(scripts[i].folder, folder) && !strcmp(scripts[i].name, name))
			return scripts[i].command;
	return NULL;
}

static const char *const hows[SHELL_PORT_HOW_COUNT] = { "var", "opt", "pub", "arg", "def" };

/* "opt:3000", with "-3010" of a range, "/udp", "?" unsure, "~" of a fallback, "=dev" of a script. */
static void say(struct text *t, const struct shell_port *p)
{
	text_addf(t, "%s%s:%u", t->len ? " " : "", hows[p->how], p->port);
	if (p->last != p->port)
		text_addf(t, "-%u", p->last);
	text_addf(t, "%s%s%s", p->protocol == PROTO_UDP ? "/udp" : "", p->is_unsure ? "?" : "",
		  p->is_fallback ? "~" : "");
	if (p->script)
		text_addf(t, "=%s", p->script);
}

static const struct shell_port *fix_at(const struct shell_ports *ports, size_t at)
{
	for (unsigned i = 0; i < ports->count; i++)
		if (ports->items[i].fix.is_known && ports->items[i].fix.at == at)
			return &ports->items[i];
	return NULL;
}

/* The command with all that can be fixed at 3101. */
static void fix(const char *command, const struct shell_ports *ports, struct text *ret)
{
	size_t len = strlen(command);

	for (size_t at = 0; at <= len; at++) {
		const struct shell_port *p = fix_at(ports, at);

		if (p) {
			text_addf(ret, "%s3101%s", p->fix.before, p->fix.after);
			at += p->fix.len;
		}
		if (at < len)
			text_add_bytes(ret, command + at, 1);
	}
}

struct row {
	const char *command;
	const char *want;
	const char *fixed; /* NULL: as it was */
};

static void check_rows(const struct row *rows, size_t count)
{
	const struct shell_scripts known = { find_script, NULL };

	for (size_t i = 0; i < count; i++) {
		CLEANUP(arena_release) struct arena arena = { 0 };
		CLEANUP(text_release) struct text said = { 0 }, fixed = { 0 };
		struct shell_ports ports;
		struct err err = { 0 };
		const char *command = rows[i].command;
		const char *want_fixed = rows[i].fixed ? rows[i].fixed : command;

		CHECK(shell_ports_find(command, strlen(command), &known, &arena, &ports, &err),
		      "%s: %s", command, err.text);
		for (unsigned k = 0; k < ports.count; k++)
			say(&said, &ports.items[k]);
		CHECK(!strcmp(text_str(&said), rows[i].want), "%s: '%s' is not '%s'", command,
		      text_str(&said), rows[i].want);
		fix(command, &ports, &fixed);
		CHECK(!strcmp(text_str(&fixed), want_fixed), "%s: became '%s', not '%s'", command,
		      text_str(&fixed), want_fixed);
	}
}

static const struct row told[] = {
	{ "PORT=3000 npm start", "var:3000=start", "PORT=3101 npm start" },
	{ "PORT=3000 ./run.sh", "var:3000", "PORT=3101 ./run.sh" },
	{ "PORT='3000' node server.js", "var:3000", "PORT='3101' node server.js" },
	{ "HOST=0.0.0.0 PORT=\"3000\" node .", "var:3000", "HOST=0.0.0.0 PORT=\"3101\" node ." },
	{ "env PORT=3000 node server.js", "var:3000", "env PORT=3101 node server.js" },
	{ "env -i HOME=/x PORT=3000 ./s", "var:3000", "env -i HOME=/x PORT=3101 ./s" },
	{ "npx cross-env PORT=3000 react-scripts start", "var:3000",
	  "npx cross-env PORT=3101 react-scripts start" },
	{ "export PORT=3000 && npm start", "var:3000=start", "export PORT=3101 && npm start" },
	{ "export PORT=3000; npm start; npm run next", "var:3000=start",
	  "export PORT=3101; npm start; npm run next" },
	{ "PORT=3000; export PORT; node a.js", "var:3000", "PORT=3101; export PORT; node a.js" },
	{ "set -a; PORT=3000; node a.js", "var:3000", "set -a; PORT=3101; node a.js" },
	{ "FLASK_RUN_PORT=5001 flask run", "var:5001", "FLASK_RUN_PORT=3101 flask run" },
	{ "sudo -u www PORT=3000 node a.js", "var:3000", "sudo -u www PORT=3101 node a.js" },
	{ "make dev PORT=3000", "var:3000", "make dev PORT=3101" },
	{ "PORT=3000 next dev", "var:3000", "PORT=3101 next dev" },
	{ "npx next dev -p 3000", "opt:3000", "npx next dev -p 3101" },
	{ "npx --yes next@15 dev --port=3000", "opt:3000", "npx --yes next@15 dev --port=3101" },
	{ "next dev -p3000 --turbo", "opt:3000", "next dev -p3101 --turbo" },
	{ "vite --port 3000", "opt:3000", "vite --port 3101" },
	{ "vite --port \"3000\" --host", "opt:3000", "vite --port \"3101\" --host" },
	{ "vite --port=3000 > dev.log 2>&1 &", "opt:3000", "vite --port=3101 > dev.log 2>&1 &" },
	{ "./node_modules/.bin/vite --port 3000", "opt:3000",
	  "./node_modules/.bin/vite --port 3101" },
	{ "node node_modules/vite/bin/vite.js --port 3000", "opt:3000",
	  "node node_modules/vite/bin/vite.js --port 3101" },
	{ "npm run dev -- --port 3000", "opt:3000=dev", "npm run dev -- --port 3101" },
	{ "npm run dev -- --host --port=3000", "opt:3000=dev",
	  "npm run dev -- --host --port=3101" },
	{ "yarn dev --port 3000", "opt:3000=dev", "yarn dev --port 3101" },
	{ "pnpm run dev --port 3000", "opt:3000=dev", "pnpm run dev --port 3101" },
	{ "bun run dev --port 3000", "opt:3000=dev", "bun run dev --port 3101" },
	/* Of a server that is known the last one counts; what another does with two, who knows. */
	{ "vite --port 3000 --port 3001", "opt:3001", "vite --port 3000 --port 3101" },
	{ "next dev --port 3000 -p3001", "opt:3001", "next dev --port 3000 -p3101" },
	{ "vite --port 3000 --port $P", "", "vite --port 3000 --port $P" },
	/* Behind "--" there is none, unless a manager of packages takes that off. */
	{ "vite --port=3000 -- --port 3001", "opt:3000", "vite --port=3101 -- --port 3001" },
	{ "npm run dev:web -- --port 3001", "opt:3001=dev:web", "npm run dev:web -- --port 3101" },
	{ "npm run dev:web -- -- --port 3001", "opt:3000=dev:web", NULL },
	{ "node a.js --port 3000 --port 3001", "opt:3000 opt:3001",
	  "node a.js --port 3101 --port 3101" },
	{ "pnpm exec vite --port 3000", "opt:3000", "pnpm exec vite --port 3101" },
	{ "pnpm dlx serve -l 3000", "opt:3000", "pnpm dlx serve -l 3101" },
	{ "npx serve -s build -l tcp://0.0.0.0:3000", "opt:3000",
	  "npx serve -s build -l tcp://0.0.0.0:3101" },
	{ "npx http-server ./dist -p 8081", "opt:8081", "npx http-server ./dist -p 3101" },
	{ "npx @11ty/eleventy --serve --port=8081", "opt:8081",
	  "npx @11ty/eleventy --serve --port=3101" },
	{ "uvicorn app:app --host 0.0.0.0 --port 8000", "opt:8000",
	  "uvicorn app:app --host 0.0.0.0 --port 3101" },
	{ "uv run uvicorn app:app --port 8000", "opt:8000", "uv run uvicorn app:app --port 3101" },
	{ "poetry run gunicorn -b 0.0.0.0:8000 app", "opt:8000",
	  "poetry run gunicorn -b 0.0.0.0:3101 app" },
	{ "gunicorn --bind=:8000 app:app", "opt:8000", "gunicorn --bind=:3101 app:app" },
	{ "gunicorn --bind [::]:8000 app:app", "opt:8000", "gunicorn --bind [::]:3101 app:app" },
	{ "python -m uvicorn app:app --port 8000", "opt:8000",
	  "python -m uvicorn app:app --port 3101" },
	{ "flask --app hello run --port 5001", "opt:5001", "flask --app hello run --port 3101" },
	{ "python -m flask run -p 5001", "opt:5001", "python -m flask run -p 3101" },
	{ "streamlit run app.py --server.port 8502", "opt:8502",
	  "streamlit run app.py --server.port 3101" },
	{ "rails s -p 3000", "opt:3000", "rails s -p 3101" },
	{ "bundle exec bin/rails server -p 3000", "opt:3000",
	  "bundle exec bin/rails server -p 3101" },
	{ "php -S localhost:8000 -t public", "opt:8000", "php -S localhost:3101 -t public" },
	{ "php artisan serve --port=8001", "opt:8001", "php artisan serve --port=3101" },
	{ "python3 -m http.server 8000", "arg:8000", "python3 -m http.server 3101" },
	{ "python3.11 -u -m http.server --bind 127.0.0.1 8000", "arg:8000",
	  "python3.11 -u -m http.server --bind 127.0.0.1 3101" },
	{ "python -m SimpleHTTPServer 8000", "arg:8000", "python -m SimpleHTTPServer 3101" },
	{ "cd dist && python3 -m http.server 8000 &", "arg:8000",
	  "cd dist && python3 -m http.server 3101 &" },
	{ "python manage.py runserver 0.0.0.0:8000", "arg:8000",
	  "python manage.py runserver 0.0.0.0:3101" },
	{ "./manage.py runserver 8000", "arg:8000", "./manage.py runserver 3101" },
	{ "django-admin runserver [::]:8000", "arg:8000", "django-admin runserver [::]:3101" },
	{ "docker run -p 8080:80 nginx", "pub:8080", "docker run -p 3101:80 nginx" },
	{ "docker run -dp 8080:80 nginx", "pub:8080", "docker run -dp 3101:80 nginx" },
	{ "docker run -p8080:80 nginx", "pub:8080", "docker run -p3101:80 nginx" },
	{ "docker run --rm -it --publish=127.0.0.1:8080:80/tcp nginx", "pub:8080",
	  "docker run --rm -it --publish=127.0.0.1:3101:80/tcp nginx" },
	{ "docker run -p [::1]:8080:80 nginx", "pub:8080", "docker run -p [::1]:3101:80 nginx" },
	{ "docker run -p 5353:53/udp dns", "pub:5353/udp", "docker run -p 3101:53/udp dns" },
	{ "docker run -p 8080-8090:80-90 nginx", "pub:8080-8090", NULL },
	{ "docker run -p 5433:5432 -p 6380:6379 all", "pub:5433 pub:6380",
	  "docker run -p 3101:5432 -p 3101:6379 all" },
	{ "sudo docker container run -d -p 8080:80 nginx", "pub:8080",
	  "sudo docker container run -d -p 3101:80 nginx" },
	{ "podman create --publish 8080:80 nginx", "pub:8080",
	  "podman create --publish 3101:80 nginx" },
	{ "docker compose -p shop run -p 8080:80 web", "pub:8080",
	  "docker compose -p shop run -p 3101:80 web" },
	{ "nc -l 3000", "arg:3000", "nc -l 3101" },
	{ "nc -lk -p 3000", "arg:3000", "nc -lk -p 3101" },
	{ "ncat -lvnp 3000 < reply", "arg:3000", "ncat -lvnp 3101 < reply" },
	{ "nc -lu 127.0.0.1 3000", "arg:3000/udp", "nc -lu 127.0.0.1 3101" },
	{ "socat TCP-LISTEN:3000,fork,reuseaddr TCP:localhost:3001", "arg:3000",
	  "socat TCP-LISTEN:3101,fork,reuseaddr TCP:localhost:3001" },
	{ "ssh -N -L 5433:localhost:5432 db", "opt:5433", "ssh -N -L 3101:localhost:5432 db" },
	{ "ssh -fNL 127.0.0.1:5433:db:5432 host", "opt:5433",
	  "ssh -fNL 127.0.0.1:3101:db:5432 host" },
	{ "ssh -D 1080 host", "opt:1080", "ssh -D 3101 host" },
	{ "kubectl port-forward svc/web 8080:80", "arg:8080",
	  "kubectl port-forward svc/web 3101:80" },
	{ "kubectl -n x port-forward pod/a 5432", "arg:5432",
	  "kubectl -n x port-forward pod/a 3101" },
	{ "redis-server --port 6380", "opt:6380", "redis-server --port 3101" },
	{ "mongod --dbpath d --port 27018", "opt:27018", "mongod --dbpath d --port 3101" },
	{ "java -Dserver.port=8081 -jar app.jar", "opt:8081",
	  "java -Dserver.port=3101 -jar app.jar" },
	{ "java -jar app.jar --server.port=8081", "opt:8081",
	  "java -jar app.jar --server.port=3101" },
	{ "dotnet run --urls http://localhost:5001", "opt:5001",
	  "dotnet run --urls http://localhost:3101" },
	{ "go run ./cmd/server -port 8080", "opt:8080", "go run ./cmd/server -port 3101" },
	{ "PORT=3000 node --watch server.js", "var:3000", "PORT=3101 node --watch server.js" },
	{ "PORT=3000 nodemon --watch src server.js", "var:3000",
	  "PORT=3101 nodemon --watch src server.js" },
	{ "nohup python3 -m http.server 8000 &", "arg:8000",
	  "nohup python3 -m http.server 3101 &" },
	{ "yarn node server.js --port 3000", "opt:3000", "yarn node server.js --port 3101" },
	{ "DEBUG=* PORT=3000 yarn node server.js", "var:3000",
	  "DEBUG=* PORT=3101 yarn node server.js" },
	{ "tmux new-session -d -s vite 'PORT=3000 npm start'", "var:3000=start",
	  "tmux new-session -d -s vite 'PORT=3101 npm start'" },
	{ "screen -dmS vite bash -c 'vite --port 3000'", "opt:3000",
	  "screen -dmS vite bash -c 'vite --port 3101'" },
	{ "cargo run -- --port 8080", "opt:8080", "cargo run -- --port 3101" },
	{ "node server.js --port 3000", "opt:3000", "node server.js --port 3101" },
	{ "timeout 5 vite --port 3000", "opt:3000", "timeout 5 vite --port 3101" },
	{ "timeout -k 1 5s nice -n 5 vite --port 3000", "opt:3000",
	  "timeout -k 1 5s nice -n 5 vite --port 3101" },
	{ "nohup setsid vite --port 3000", "opt:3000", "nohup setsid vite --port 3101" },
	{ "bash -c 'cd web && vite --port 3000'", "opt:3000",
	  "bash -c 'cd web && vite --port 3101'" },
	{ "bash -lc \"PORT=3000 npm start\"", "var:3000=start",
	  "bash -lc \"PORT=3101 npm start\"" },
	{ "(cd a && vite --port 3000) & (cd b; vite --port 3001)", "opt:3000 opt:3001",
	  "(cd a && vite --port 3101) & (cd b; vite --port 3101)" },
	{ "if true; then vite --port 3000; fi", "opt:3000", "if true; then vite --port 3101; fi" },
	{ "{ vite --port 3000; } | tee log", "opt:3000", "{ vite --port 3101; } | tee log" },
	{ "while ! vite --port 3000; do sleep 1; done", "opt:3000",
	  "while ! vite --port 3101; do sleep 1; done" },
	{ "case $1 in a|b) vite --port 3000;; esac", "opt:3000",
	  "case $1 in a|b) vite --port 3101;; esac" },
	{ "for i in 1 2; do nc -l 3000; done", "arg:3000", "for i in 1 2; do nc -l 3101; done" },
	{ "echo x; : $(vite --port 3000)", "opt:3000", "echo x; : $(vite --port 3101)" },
	{ "x=`nc -l 3000`", "arg:3000", "x=`nc -l 3101`" },
	{ "vite \\\n  --host \\\n  --port 3000", "opt:3000",
	  "vite \\\n  --host \\\n  --port 3101" },
	{ "P=3000; vite --port $P", "opt:3000", "P=3101; vite --port $P" },
	{ "P=3000\nvite --port=${P}", "opt:3000", "P=3101\nvite --port=${P}" },
	{ "vite --port ${PORT:-3000}", "opt:3000~", "vite --port ${PORT:-3101}" },
	/* Also where the word is read as a command, and of that number alone. */
	{ "bash -c \"vite --port ${PORT:-3000}\"", "opt:3000~",
	  "bash -c \"vite --port ${PORT:-3101}\"" },
	{ "bash -c \"sleep ${N:-5}; vite --port 3000\"", "opt:3000",
	  "bash -c \"sleep ${N:-5}; vite --port 3101\"" },
	{ "concurrently \"vite --port ${A:-3000}\" \"vite --port 3001\"", "opt:3000~ opt:3001",
	  "concurrently \"vite --port ${A:-3101}\" \"vite --port 3101\"" },
	{ "P=${PORT:-3000}; sh -c \"vite --port $P\"", "opt:3000~",
	  "P=${PORT:-3101}; sh -c \"vite --port $P\"" },
	{ "npm run dev -- --port ${PORT:-3000}", "opt:3000~=dev",
	  "npm run dev -- --port ${PORT:-3101}" },
	/* What := sets is there from then on. */
	{ "vite --port ${PORT:=3000}", "opt:3000~", "vite --port ${PORT:=3101}" },
	{ ": \"${PORT:=3000}\"; node a.js --port $PORT", "opt:3000~",
	  ": \"${PORT:=3101}\"; node a.js --port $PORT" },
	{ ": ${PORT=3000}; export PORT; npm start", "var:3000~=start",
	  ": ${PORT=3101}; export PORT; npm start" },
	{ "(: ${PORT:=3000}); vite --port $PORT", "", "(: ${PORT:=3000}); vite --port $PORT" },
	{ "PORT=3001; : ${PORT:=3000}; vite --port $PORT", "opt:3001",
	  "PORT=3101; : ${PORT:=3000}; vite --port $PORT" },
	{ ": ${PORT:=x}; vite --port $PORT", "", ": ${PORT:=x}; vite --port $PORT" },
	{ ": ${PORT:-3000}; vite --port $PORT", "", ": ${PORT:-3000}; vite --port $PORT" },
	{ "docker run -p 3000:${IN:-80} x", "pub:3000", "docker run -p 3101:${IN:-80} x" },
	{ "# vite --port 1\nvite --port 3000 # as ever", "opt:3000",
	  "# vite --port 1\nvite --port 3101 # as ever" },
	{ "cat <<EOF > a\nvite --port 1\nEOF\nvite --port 3000", "opt:3000",
	  "cat <<EOF > a\nvite --port 1\nEOF\nvite --port 3101" },
	{ "npm run dev:web", "opt:3000=dev:web", NULL },
	{ "npm run serve", "arg:8000=serve", NULL },
	{ "npm run fallback", "opt:3000~=fallback", NULL },
	{ "vite --port ${PORT:-3000", "", NULL },
	{ "npm run both", "def:5173=dev opt:4000=both", NULL },
	{ "concurrently \"vite --port 3000\" \"node api.js --port 4000\"", "opt:3000 opt:4000",
	  "concurrently \"vite --port 3101\" \"node api.js --port 3101\"" },
	{ "myserver -p 3000", "opt:3000?", "myserver -p 3101" },
	{ "myserver --addr :3000", "opt:3000?", "myserver --addr :3101" },
	{ "DB_PORT=5432 npm run start", "var:5432?=start", "DB_PORT=3101 npm run start" },
	{ "PORT=3000 vite", "var:3000 def:5173", "PORT=3101 vite --strictPort --port 3101" },
};

static void test_ports__that_a_command_is_told_are_found(void **state)
{
	(void)state;
	check_rows(told, ARRAY_LEN(told));
}

static void test_ports__that_a_server_takes_unasked_are_found(void **state)
{
	static const struct row rows[] = {
		{ "vite", "def:5173", "vite --strictPort --port 3101" },
		{ "npx vite .", "def:5173", "npx vite --strictPort --port 3101 ." },
		{ "vite dev --host > log 2>&1 &", "def:5173",
		  "vite dev --strictPort --port 3101 --host > log 2>&1 &" },
		{ "vite preview", "def:4173", "vite preview --strictPort --port 3101" },
		{ "npm run dev", "def:5173=dev", "npm run dev -- --strictPort --port 3101" },
		{ "npm run dev -- --host", "def:5173=dev",
		  "npm run dev -- --host --strictPort --port 3101" },
		{ "npm run --silent dev", "def:5173=dev",
		  "npm run --silent dev -- --strictPort --port 3101" },
		{ "yarn dev", "def:5173=dev", "yarn dev --strictPort --port 3101" },
		{ "pnpm dev &", "def:5173=dev", "pnpm dev --strictPort --port 3101 &" },
		{ "bun dev", "def:5173=dev", "bun dev --strictPort --port 3101" },
		{ "npm run check-first", "def:5173=check-first",
		  "npm run check-first -- --strictPort --port 3101" },
		{ "npm run then-more", "def:5173=then-more", NULL },
		{ "npm run indirect", "def:5173=dev", NULL },
		{ "npm run next", "def:3000=next", "PORT=3101 npm run next" },
		{ "npm run cross", "def:3000=cross", "PORT=3101 npm run cross" },
		{ "cd apps/web && npm run dev", "def:4321=dev",
		  "cd apps/web && npm run dev -- --port 3101" },
		{ "npm --prefix apps/web run dev", "def:4321=dev",
		  "npm --prefix apps/web run dev -- --port 3101" },
		{ "pnpm -C apps/web dev", "def:4321=dev", "pnpm -C apps/web dev --port 3101" },
		{ "cd ~/shop && npm run dev", "opt:3000=dev", NULL },
		{ "(cd apps/web; npm run dev); npm run dev", "def:4321=dev def:5173=dev",
		  "(cd apps/web; npm run dev -- --port 3101); npm run dev -- --strictPort --port 3101" },
		{ "yarn vite", "def:5173", "yarn vite --strictPort --port 3101" },
		{ "pnpm astro dev", "def:4321", "pnpm astro dev --port 3101" },
		{ "next dev", "def:3000", "next dev -p 3101" },
		{ "npx next start", "def:3000", "npx next start -p 3101" },
		{ "astro dev", "def:4321", "astro dev --port 3101" },
		{ "npx nuxi dev", "def:3000", "npx nuxi dev --port 3101" },
		{ "npx react-scripts start", "def:3000", "PORT=3101 npx react-scripts start" },
		{ "ng serve --open", "def:4200", "ng serve --port 3101 --open" },
		{ "npx webpack serve", "def:8080", "npx webpack serve --port 3101" },
		{ "npx webpack-dev-server", "def:8080", "npx webpack-dev-server --port 3101" },
		{ "npx storybook dev", "def:6006", "npx storybook dev -p 3101" },
		{ "gatsby develop", "def:8000", "gatsby develop -p 3101" },
		{ "npx expo start", "def:8081", "npx expo start --port 3101" },
		{ "npx wrangler dev", "def:8787", "npx wrangler dev --port 3101" },
		{ "wrangler pages dev dist", "def:8788", "wrangler pages dev --port 3101 dist" },
		{ "npx serve dist", "def:3000", "npx serve -l 3101 dist" },
		{ "npx prisma studio", "def:5555", "npx prisma studio --port 3101" },
		{ "python3 -m http.server", "def:8000", "python3 -m http.server 3101" },
		{ "python3 -m http.server --directory dist", "def:8000",
		  "python3 -m http.server 3101 --directory dist" },
		{ "python manage.py runserver", "def:8000", "python manage.py runserver 3101" },
		{ "uv run python backend/manage.py runserver", "def:8000",
		  "uv run python backend/manage.py runserver 3101" },
		{ "flask run --debug", "def:5000", "flask run --port 3101 --debug" },
		{ "flask --app hello run", "def:5000", "flask --app hello run --port 3101" },
		{ "uvicorn main:app --reload", "def:8000",
		  "uvicorn --port 3101 main:app --reload" },
		{ "gunicorn app:app", "def:8000", "gunicorn -b 127.0.0.1:3101 app:app" },
		{ "fastapi dev main.py", "def:8000", "fastapi dev --port 3101 main.py" },
		{ "streamlit run app.py", "def:8501", "streamlit run --server.port 3101 app.py" },
		{ "jupyter lab --no-browser", "def:8888", "jupyter lab --port 3101 --no-browser" },
		{ "mkdocs serve", "def:8000", "mkdocs serve -a 127.0.0.1:3101" },
		{ "bin/rails s", "def:3000", "bin/rails s -p 3101" },
		{ "bundle exec jekyll serve --livereload", "def:4000",
		  "bundle exec jekyll serve --port 3101 --livereload" },
		{ "php artisan serve", "def:8000", "php artisan serve --port=3101" },
		{ "iex -S mix phx.server", "", NULL },
		{ "mix phx.server", "def:4000", "PORT=3101 mix phx.server" },
		{ "hugo server -D", "def:1313", "hugo server --port 3101 -D" },
		{ "./mvnw spring-boot:run", "def:8080",
		  "./mvnw spring-boot:run -Dserver.port=3101" },
		{ "redis-server", "def:6379", "redis-server --port 3101" },
		{ "bash -c 'npx vite'", "def:5173", "bash -c 'npx vite --strictPort --port 3101'" },
		{ "source .env && vite", "def:5173",
		  "source .env && vite --strictPort --port 3101" },
	};

	(void)state;
	check_rows(rows, ARRAY_LEN(rows));
}

static const char *const harmless[] = {
	"",
	" ",
	"\n;\n",
	"&&",
	"|",
	"ls -la",
	"true",
	/* These connect. */
	"curl localhost:3000",
	"curl -s http://localhost:3000/health --port 3000",
	"psql -p 5432 -h localhost",
	"PGPORT=5432 psql",
	"PORT=3000 curl localhost:$PORT",
	"ssh -p 22 host",
	"ssh -p 2222 host 'vite --port 3000'",
	"ssh -R 8080:localhost:3000 host",
	"scp -P 2222 a b:",
	"mysql --port 3306",
	"redis-cli -p 6379 ping",
	"nc localhost 3000",
	"nc -z localhost 3000",
	"nc -vz localhost 5432",
	"telnet localhost 3000",
	"npx wait-on tcp:3000 && curl localhost:3000",
	"npx playwright test --port 3000",
	"npm run db",
	"ngrok http 3000",
	"cloudflared tunnel --url http://localhost:3000",
	"adb connect x:5555",
	"kubectl get pods",
	/* These end or look. */
	"kill $(lsof -ti:3000)",
	"lsof -ti:3000 | xargs kill -9",
	"fuser -k 3000/tcp",
	"pkill -f 'vite --port 3000'",
	"pkill -f vite",
	"npx kill-port 3000",
	"ss -tlnp | grep 3000",
	"ps -p 3000",
	"docker ps --filter publish=3000",
	"docker exec -it web npm run dev -- --port 3000",
	"docker logs web",
	"docker port web 3000",
	"docker compose up -d",
	"docker compose -p 3000:3000 up",
	"docker build -t vite .",
	/* These print, search, edit. */
	"echo vite --port 3000",
	"echo 'PORT=3000 npm start' >> README.md",
	"grep -rn 'port 3000' src",
	"grep -r PORT=3000 .",
	"rg --port 3000",
	"git commit -m 'vite --port 3000'",
	"git log -p 3000",
	"sed -i 's/3000/3101/' vite.config.ts",
	"sed -n 3000p log",
	"cat <<'EOF' > run.sh\nPORT=3000 vite --port 3000\nEOF",
	"cat <<-EOF\n\tvite\n\tEOF\nls",
	"git commit -m \"$(cat <<'EOF'\nvite --port 3000\nEOF\n)\"",
	"tee run.sh <<EOF\nvite\nEOF",
	"printf 'PORT=%s' 3000",
	"awk '{print $1} # vite' file",
	"test -n vite",
	"[ \"$x\" = vite ]",
	"[[ $x == vite ]]",
	"which vite",
	"man vite",
	"cat <<< 'vite --port 3000'",
	"# vite --port 3000",
	"mkdir -p 3000",
	"cp -p 3000 4000",
	"tail -f vite.log",
	"jq '.scripts.dev = \"vite --port 3000\"' package.json",
	"code vite",
	"export PORT=3000",
	"PORT=3000",
	/* These build, install, test. */
	"vite build",
	"npx vite optimize",
	"next build",
	"PORT=3000 next build",
	"npm install vite",
	"npm i -D vite",
	"npm create vite@latest shop",
	"npm init vite",
	"pnpm add next",
	"yarn add vite",
	"bun add vite",
	"npm run build",
	"PORT=3000 npm run build",
	"npm test",
	"npm run test -- --port 3000",
	"PORT=3000 npx jest",
	"npx vitest --port 3000",
	"pytest -p 3000",
	"python -m pytest -p no:cacheprovider",
	"pip install flask",
	"python -m pip install uvicorn",
	"python -c 'print(8000)' --port 3000",
	"node -e 'require(\"http\")' --port 3000",
	"php artisan migrate",
	"python manage.py migrate",
	"flask db upgrade",
	"rails db:migrate",
	"hugo new site server",
	"hugo",
	"ng build",
	"ng new serve",
	"gatsby build",
	"storybook build",
	"mkdocs build",
	"jekyll build",
	"npx wrangler deploy",
	"expo build",
	"cargo build --release",
	"go build ./...",
	"go test ./... -p 4",
	"docusaurus build",
	"vite --help",
	"vite --version",
	"next --version",
	"vite -v",
	"uvicorn --version",
	"redis-server --version",
	"serve --help",
	/* These have their port from elsewhere. */
	"vite --port $PORT",
	"vite --port \"$WEB_PORT\" --strictPort",
	"vite --port $(portbook get web)",
	"PORT=$(portbook get web) next dev",
	"vite --port 0",
	"vite $ARGS",
	"vite --config other.ts",
	"source .ports.env && next dev",
	". ./.ports.env; npm run next",
	"eval \"$(portbook env)\" && next dev",
	"PORT=$WEB_PORT npm start",
	"doppler run -- next dev",
	"direnv exec . next dev",
	"portbook run web -- vite --port 3000",
	"redis-server /etc/redis.conf",
	"gunicorn -b unix:/run/a.sock app",
	"gunicorn -c gunicorn.py app",
	"docker run -p 80 nginx",
	"docker run -p 127.0.0.1::80 nginx",
	"docker run -P nginx",
	"docker run -e PORT=3000 node npm start",
	"docker run -p $PORT:80 nginx",
	"docker run nginx",
	"python -m http.server $PORT",
	"php -S $ADDR",
	"nc -l $PORT",
	"npm start",
	"npm run nothing",
	"npm run circle",
	"npm -w web run dev",
	"pnpm --filter web dev",
	"cd \"$DIR\" && npm run dev",
	"cd - && npm run dev",
	"case x in vite) echo;; esac",
	"for vite in a b; do echo; done",
	"function vite { :; }",
	"vite() { :; }",
	"arr=(vite --port 3000)",
	"((PORT=3000))",
	"echo $((3000 + 1))",
	"PORT=abc npm start",
	"PORT=99999 npm start",
	"vite --port 99999",
	"vite --port 3000x",
	"vite --port",
	"PORT= npm start",
	"FOO=3000 node a.js",
};

static void test_nothing__is_found_where_nothing_would_listen(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(harmless); i++) {
		const struct row row = { harmless[i], "", NULL };

		check_rows(&row, 1);
	}
}

static void test_folder__is_where_the_command_would_run(void **state)
{
	static const struct {
		const char *command, *folder; /* NULL: nobody knows */
	} rows[] = {
		{ "vite", "" },
		{ "cd web && vite", "web" },
		{ "cd /srv/web; cd app; vite", "/srv/web/app" },
		{ "cd 'my web' && vite", "my web" },
		{ "pushd web > /dev/null && vite", "web" },
		{ "(cd web); vite", "" },
		{ "cd web && (cd a; true) && vite", "web" },
		{ "cd $X && vite", NULL },
		{ "cd $X; cd /srv && vite", "/srv" },
		{ "cd && vite", NULL },
		{ "X=web; cd $X && vite", "web" },
		{ "cd ~/web && vite", "~/web" },
		{ "npm --prefix apps/web run dev", "apps/web" },
	};
	const struct shell_scripts known = { find_script, NULL };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(arena_release) struct arena arena = { 0 };
		struct shell_ports ports;
		const char *c = rows[i].command, *folder;

		CHECK(shell_ports_find(c, strlen(c), &known, &arena, &ports, NULL), "%s", c);
		CHECK(ports.count == 1, "%s: %u ports", c, ports.count);
		folder = ports.items[0].folder;
		CHECK(rows[i].folder ? folder && !strcmp(folder, rows[i].folder) : !folder,
		      "%s: '%s'", c, folder ? folder : "NULL");
	}
}

/* A longer one would fit nothing. */
static void test_tables__have_commands_that_fit(void **state)
{
	(void)state;
	for (const struct shell_server *s = shell_servers; s->command; s++)
		CHECK(strcspn(s->command, " ") < 96, "%s", s->command);
	for (const struct shell_wrapper *w = shell_wrappers; w->command; w++)
		CHECK(strcspn(w->command, " ") < 96, "%s", w->command);
}

static void test_a_long_command__is_read_to_its_end_or_left(void **state)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	CLEANUP(text_release) struct text deep = { 0 }, wide = { 0 };
	struct shell_ports ports;
	struct err err = { 0 };

	(void)state;
	for (unsigned i = 0; i < 10000; i++)
		text_add(&deep, "$(");
	CHECK(shell_ports_find(deep.s, deep.len, NULL, &arena, &ports, &err), "%s", err.text);
	for (unsigned i = 0; i < 1000; i++)
		text_addf(&wide, "vite --port %u;", 3000 + i);
	CHECK(shell_ports_find(wide.s, wide.len, NULL, &arena, &ports, &err), "%s", err.text);
	CHECK(ports.count == SHELL_PORTS_MAX, "%u ports", ports.count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ports__that_a_command_is_told_are_found),
		cmocka_unit_test(test_ports__that_a_server_takes_unasked_are_found),
		cmocka_unit_test(test_nothing__is_found_where_nothing_would_listen),
		cmocka_unit_test(test_folder__is_where_the_command_would_run),
		cmocka_unit_test(test_tables__have_commands_that_fit),
		cmocka_unit_test(test_a_long_command__is_read_to_its_end_or_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
