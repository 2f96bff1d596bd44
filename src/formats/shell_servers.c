/*
 * The programs that are started by hand or by agents, as tables.
 *
 * Source: the documents of each program, as of 2026; ../ports/known.c has those that a
 * machine starts.  A row stands above the rows that would fit, too.
 */
#include <string.h>

#include "base/macros.h"
#include "formats/shell_own.h"

#define LONG	   "--port"
#define LONG_SHORT "--port -p"
#define JS(name)   name ".js " name ".ts " name ".mjs " name ".mts " name ".cjs " name ".cts"

/* clang-format off */
const struct shell_server shell_servers[] = {
	/* JavaScript */
	{ "vite preview", 4173, LONG, .gives = "--strictPort --port ", .files = JS("vite.config") },
	{ "vite dev|serve", 5173, LONG, .gives = "--strictPort --port ", .files = JS("vite.config") },
	{ "vite", 5173, LONG, .gives = "--strictPort --port ", .files = JS("vite.config"),
	  .serves_not = "build optimize" },
	{ "next dev|start", 3000, LONG_SHORT, .variable = "PORT", .gives = "-p " },
	{ "next", 3000, LONG_SHORT, .variable = "PORT", .gives = "-p ",
	  .serves_not = "build lint info telemetry export typegen upgrade analyze experimental-test experimental-compile" },
	{ "astro dev|preview", 4321, LONG, .gives = "--port ", .files = JS("astro.config") },
	{ "nuxt|nuxi dev|preview", 3000, LONG_SHORT, .variable = "PORT", .gives = "--port ", .files = JS("nuxt.config") " .env" },
	{ "remix vite:dev", 5173, LONG, .gives = "--port ", .files = JS("vite.config") },
	{ "react-router dev", 5173, LONG, .gives = "--port ", .files = JS("vite.config") },
	{ "remix-serve|react-router-serve", 3000, .variable = "PORT" },
	{ "vinxi dev|start", 3000, LONG, .variable = "PORT", .gives = "--port ", .files = JS("app.config") },
	{ "ng serve|s|dev", 4200, LONG, .gives = "--port ", .files = "angular.json" },
	{ "nx serve|dev", 0, LONG, .gives = "--port " },
	{ "react-scripts|craco|react-app-rewired start", 3000, .variable = "PORT", .files = ".env .env.local .env.development" },
	{ "vue-cli-service serve", 8080, LONG, .gives = "--port ", .files = "vue.config.js .env" },
	{ "webpack serve|server|s", 8080, LONG, .gives = "--port ", .files = JS("webpack.config") },
	{ "webpack-dev-server", 8080, LONG, .gives = "--port ", .files = JS("webpack.config") },
	{ "rspack serve|dev", 8080, LONG, .gives = "--port ", .files = JS("rspack.config") },
	{ "rsbuild dev|preview", 3000, LONG, .gives = "--port ", .files = JS("rsbuild.config") },
	{ "parcel", 1234, LONG_SHORT, .variable = "PORT", .gives = "-p ", .serves_not = "build watch help" },
	{ "storybook dev", 6006, LONG_SHORT, .gives = "-p " },
	{ "start-storybook", 6006, LONG_SHORT, .gives = "-p " },
	{ "gatsby develop", 8000, LONG_SHORT, .variable = "PORT", .gives = "-p ", .files = ".env.development" },
	{ "gatsby serve", 9000, LONG_SHORT, .gives = "-p " },
	{ "docusaurus start|serve", 3000, LONG_SHORT, .variable = "PORT", .gives = "-p " },
	{ "vitepress dev", 5173, LONG, .gives = "--port ", .files = JS("vite.config") },
	{ "vitepress preview|serve", 4173, LONG, .gives = "--port " },
	{ "vuepress dev", 8080, LONG_SHORT, .gives = "-p ", .files = "config.js" },
	{ "expo start", 8081, LONG_SHORT, .variable = "RCT_METRO_PORT", .gives = "--port " },
	{ "react-native start", 8081, LONG, .variable = "RCT_METRO_PORT", .gives = "--port ", .files = "metro.config.js" },
	{ "metro serve", 8080, LONG, .gives = "--port " },
	{ "wrangler pages dev", 8788, LONG, .gives = "--port ", .files = "wrangler.toml wrangler.json wrangler.jsonc" },
	{ "wrangler dev", 8787, LONG, .gives = "--port ", .files = "wrangler.toml wrangler.json wrangler.jsonc" },
	{ "vercel dev", 3000, .binds = "-l --listen", .variable = "PORT", .gives = "--listen " },
	{ "netlify dev", 8888, LONG_SHORT, .gives = "-p ", .files = "netlify.toml" },
	{ "firebase serve", 5000, LONG_SHORT, .gives = "-p " },
	{ "shopify theme dev", 9292, LONG, .gives = "--port " },
	{ "serve", 3000, .options = LONG_SHORT, .binds = "-l --listen", .variable = "PORT", .gives = "-l ",
	  .serves_not = "help" },
	{ "http-server", 8080, LONG_SHORT, .variable = "PORT", .gives = "-p " },
	{ "live-server", 8080, LONG, .variable = "PORT", .gives = "--port=" },
	{ "browser-sync start", 3000, LONG, .gives = "--port " },
	{ "json-server", 3000, LONG_SHORT, .variable = "PORT", .gives = "--port ", .files = "json-server.json" },
	{ "reload", 8080, LONG_SHORT, .gives = "-p " },
	{ "prism mock|proxy", 4010, LONG_SHORT, .gives = "-p " },
	{ "prisma studio", 5555, LONG_SHORT, .gives = "--port " },
	{ "drizzle-kit studio", 4983, LONG, .gives = "--port " },
	{ "graphql-inspector serve", 4000, LONG },
	{ "nest start", 0, .variable = "PORT" },
	{ "strapi develop|start", 1337, .variable = "PORT", .files = ".env server.js server.ts config/server.js config/server.ts" },
	{ "deno serve", 8000, LONG, .gives = "--port " },

	/* Python */
	{ "http.server", 8000, .is_positional = true, .gives = "" },
	{ "SimpleHTTPServer", 8000, .is_positional = true, .gives = "" },
	{ "manage.py runserver|runserver_plus", 8000, .is_positional = true, .gives = "" },
	{ "django-admin runserver|runserver_plus", 8000, .is_positional = true, .gives = "" },
	{ "flask run", 5000, LONG_SHORT, .variable = "FLASK_RUN_PORT", .gives = "--port ",
	  .files = ".flaskenv .env", .valued = "--app -A --env-file -e" },
	{ "uvicorn", 8000, LONG, .variable = "UVICORN_PORT", .gives = "--port " },
	{ "gunicorn", 8000, .binds = "-b --bind", .variable = "PORT", .gives = "-b 127.0.0.1:", .files = "gunicorn.conf.py" },
	{ "hypercorn", 8000, .binds = "-b --bind", .gives = "-b 127.0.0.1:" },
	{ "daphne", 8000, LONG_SHORT, .gives = "-p " },
	{ "granian", 8000, LONG, .variable = "GRANIAN_PORT", .gives = "--port " },
	{ "fastapi dev|run", 8000, LONG, .variable = "PORT", .gives = "--port " },
	{ "litestar run", 8000, LONG_SHORT, .variable = "LITESTAR_PORT", .gives = "--port " },
	{ "sanic", 8000, LONG_SHORT, .gives = "--port " },
	{ "waitress-serve", 8080, LONG, .binds = "--listen", .gives = "--port=" },
	{ "streamlit run", 8501, "--server.port", .variable = "STREAMLIT_SERVER_PORT", .gives = "--server.port ",
	  .files = ".streamlit/config.toml" },
	{ "gradio", 7860, .variable = "GRADIO_SERVER_PORT" },
	{ "chainlit run", 8000, LONG, .variable = "CHAINLIT_PORT", .gives = "--port " },
	{ "panel|bokeh serve", 5006, LONG, .gives = "--port " },
	{ "jupyter notebook|lab|server", 8888, LONG, .gives = "--port " },
	{ "jupyter-lab|jupyter-notebook", 8888, LONG, .gives = "--port " },
	{ "marimo edit|run", 2718, LONG_SHORT, .gives = "--port " },
	{ "mkdocs serve", 8000, .binds = "-a --dev-addr", .gives = "-a 127.0.0.1:", .files = "mkdocs.yml" },
	{ "sphinx-autobuild", 8000, LONG, .gives = "--port " },
	{ "tensorboard", 6006, LONG, .gives = "--port " },
	{ "mlflow ui|server", 5000, LONG_SHORT, .variable = "MLFLOW_PORT", .gives = "--port " },
	{ "airflow webserver|api-server", 8080, LONG_SHORT, .gives = "--port " },
	{ "dagster dev", 3000, LONG_SHORT, .gives = "--port " },
	{ "vllm serve", 8000, LONG, .gives = "--port " },
	{ "locust", 8089, "--web-port -P", .gives = "--web-port " , .files = "locust.conf" },

	/* Ruby, PHP, Elixir */
	{ "rails s|server", 3000, LONG_SHORT, .variable = "PORT", .gives = "-p ", .files = "config/puma.rb .env" },
	{ "puma", 9292, LONG_SHORT, .binds = "-b --bind", .variable = "PORT", .gives = "-p ", .files = "config/puma.rb" },
	{ "rackup", 9292, LONG_SHORT, .gives = "-p ", .files = "config.ru" },
	{ "jekyll serve|s|server", 4000, "--port -P", .gives = "--port ", .files = "_config.yml" },
	{ "middleman server", 4567, LONG_SHORT, .gives = "-p ", .files = "config.rb" },
	{ "bridgetown start|serve|dev", 4000, LONG_SHORT, .variable = "PORT", .gives = "-p ", .files = "config/puma.rb" },
	{ "foreman start", 5000, LONG_SHORT, .variable = "PORT", .gives = "-p ", .files = ".env .foreman" },
	{ "overmind start|s", 5000, LONG_SHORT, .variable = "PORT", .gives = "-p ", .files = ".env .overmind.env" },
	{ "php artisan serve", 8000, LONG, .variable = "SERVER_PORT", .gives = "--port=", .files = ".env" },
	{ "php", 0, .binds = "-S" },
	{ "symfony server:start|serve", 8000, LONG, .gives = "--port=" },
	{ "wp server", 8080, LONG, .gives = "--port=" },
	{ "mix phx.server", 4000, .variable = "PORT", .files = "config/dev.exs" },

	/* Go, Rust, Java, .NET */
	{ "hugo server|serve", 1313, LONG_SHORT, .gives = "--port " },
	{ "zola serve", 1111, LONG_SHORT, .gives = "--port " },
	{ "mdbook serve", 3000, LONG_SHORT, .gives = "--port " },
	{ "trunk serve", 8080, LONG_SHORT, .gives = "--port ", .files = "Trunk.toml" },
	{ "dx serve", 8080, LONG, .gives = "--port " },
	{ "cargo leptos", 3000, .files = "Cargo.toml" },
	{ "elm reactor", 8000, LONG, .gives = "--port=" },
	{ "mvn|mvnw spring-boot:run", 8080, "-Dserver.port", .variable = "SERVER_PORT", .gives = "-Dserver.port=",
	  .files = "src/main/resources/application.properties src/main/resources/application.yml src/main/resources/application.yaml pom.xml" },
	{ "gradle|gradlew bootRun", 8080, .variable = "SERVER_PORT",
	  .files = "src/main/resources/application.properties src/main/resources/application.yml src/main/resources/application.yaml build.gradle build.gradle.kts" },
	{ "java", 0, "--server.port -Dserver.port -Dquarkus.http.port --port", .variable = "SERVER_PORT" },
	{ "go test|build|vet|get|mod|install|generate|tool", 0 },
	{ "cargo build|test|check|clippy|install|bench|doc", 0 },
	{ "dotnet run|watch", 0, .binds = "--urls", .variable = "ASPNETCORE_HTTP_PORTS" },

	/* Servers of data and tools */
	{ "redis-server|valkey-server", 6379, LONG, .gives = "--port ", .files = "redis.conf" },
	{ "mongod", 27017, LONG, .gives = "--port ", .serves_not = "-f --config" },
	{ "memcached", 11211, "-p --port", .gives = "-p " },
	{ "nats-server", 4222, LONG_SHORT, .gives = "-p ", .serves_not = "-c --config" },
	{ "ollama serve", 11434 },
	{ "llama-server", 8080, LONG, .gives = "--port " },
	{ "code-server", 8080, LONG, .binds = "--bind-addr", .gives = "--port " },
	{ "ttyd", 7681, LONG_SHORT, .gives = "-p " },
	{ "temporal server start-dev", 7233, LONG_SHORT, .gives = "--port " },
	{ "minio server", 9000, .binds = "--address", .gives = "--address :" },
	{ "mitmweb|mitmdump|mitmproxy", 8080, "-p --listen-port", .gives = "-p " },
	{ "iperf3 -s", 5201, LONG_SHORT, .gives = "-p " },
	{ "caddy file-server|respond", 0, .binds = "--listen -l" },
	{ "postgres", 0, "-p", .gives = "-p " },
	{ .command = NULL },
};

const struct shell_wrapper shell_wrappers[] = {
	{ "sudo", "-u -g -h -p -C -D -R -T -U -r -t --user --group --chdir", .takes_assignments = true },
	{ "doas", "-u -C" },
	{ "env", "-u -C --unset --chdir", .takes_assignments = true },
	{ "cross-env|cross-env-shell", "", .takes_assignments = true },
	{ "timeout|gtimeout", "-k -s --kill-after --signal", 1 },
	{ "nice", "-n --adjustment" },
	{ "ionice", "-c -n" },
	{ "chrt|taskset", "", 1 },
	{ "nohup|setsid|command|exec|builtin|time", "-a -f -o" },
	{ "unbuffer|caffeinate|xvfb-run|strace|ltrace", "-e -o -n -s" },
	{ "screen", "-S -dmS -DmS -t -c" },
	{ "tmux", "", .has_shell_texts = true },
	{ "stdbuf", "-i -o -e" },
	{ "npx|bunx|pnpx|uvx", "-p --package -w --workspace --from --with" },
	{ "npm|pnpm|yarn exec|dlx|x", "-p --package -w --workspace --filter" },
	{ "bun x", "" },
	{ "uv|poetry|pipenv|pdm|rye|hatch run", "--with --extra --group --python -p --directory --project --env-file" },
	{ "pipx run", "--spec" },
	{ "conda|mamba|micromamba run", "-n --name -p --prefix" },
	{ "bundle exec", "" },
	{ "doppler run", "-p --project -c --config", .is_opaque_env = true },
	{ "op run", "--env-file", .is_opaque_env = true },
	{ "infisical run", "--env --path", .is_opaque_env = true },
	{ "dotenv|dotenvx|env-cmd", "-e -f -v -c --env --file", .is_opaque_env = true },
	{ "dotenvx run", "-f --env-file", .is_opaque_env = true },
	{ "direnv exec", "", 1, .is_opaque_env = true },
	{ "mise exec|x", "", .is_opaque_env = true },
	{ "foreman run", "", .is_opaque_env = true },
	{ "python", "-W -X", .is_interpreter = true },
	{ "nodemon", "--watch -w --ext -e --ignore -i --delay", .is_interpreter = true },
	{ "node|nodejs|ruby|perl|tsx|ts-node", "-r --require --import --loader -I -C --conditions --env-file", .is_interpreter = true },
	{ "deno run", "-c --config", .is_interpreter = true },
	{ "bash|sh|zsh|dash|ksh", "", .has_shell_text = true },
	{ "concurrently", "-n --names -c --prefix-colors -p --prefix", .has_shell_texts = true },
	{ .command = NULL },
};

/* Connect, look, print, edit, end, build or test. */
static const char *const for_none =
	"curl wget http https xh httpie hey ab wrk k6 autocannon oha vegeta siege telnet ping nmap "
	"psql pg_dump pg_restore pg_isready createdb dropdb pgcli mysql mysqldump mysqladmin mycli "
	"redis-cli valkey-cli mongo mongosh mongodump mongorestore mongoexport sqlcmd clickhouse-client "
	"cqlsh influx etcdctl nats kcat scp sftp rsync autossh mosh ssh-copy-id ssh-keyscan git gh hub "
	"glab svn hg jj grep egrep fgrep rg ag ack echo printf cat bat less more head tail sed awk gawk tr "
	"cut sort uniq wc diff comm tee find fd ls tree stat file mkdir rmdir rm cp mv ln touch chmod chown "
	"install kill pkill killall fuser lsof ss netstat ps pgrep top htop ip ifconfig iptables ufw nft "
	"firewall-cmd tcpdump test [ [[ true false sleep wait jobs fg bg disown trap read set unset "
	"alias type which whereis hash declare local readonly typeset let return exit break continue shift "
	"wait-on wait-for wait-for-it wait-for-it.sh wait-port start-server-and-test xargs parallel jq yq "
	"open xdg-open code vim vi nano emacs playwright cypress jest vitest mocha ava tap pytest tox nox "
	"phpunit rspec newman lighthouse puppeteer tsc eslint prettier biome ruff black mypy pip pip3 "
	"apt apt-get brew dnf yum pacman snap gem composer make-dir ngrok cloudflared lt localtunnel "
	"tailscale adb xcrun systemctl service journalctl crontab tar zip unzip gzip base64 openssl date "
	"portbook get-port release-port lsof ansible ansible-playbook terraform aws gcloud az heroku fly "
	"flyctl supabase gcloud helm man help history export pm2-logs tmux-ls createuser vacuumdb";
/* clang-format on */

bool shell_words_have(const char *words, const char *word, size_t len)
{
	while (words && *words) {
		size_t size = strcspn(words, " |");

		if (size == len && !memcmp(words, word, len))
			return true;
		words += size + (words[size] != '\0');
	}
	return false;
}

bool shell_asks_for_none(const char *program)
{
	return shell_words_have(for_none, program, strlen(program));
}

bool shell_port_is_usual(uint16_t port)
{
	for (const struct shell_server *s = shell_servers; s->command; s++)
		if (s->port == port)
			return true;
	return false;
}
