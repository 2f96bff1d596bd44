/*
 * formats/render_rows.h - what the rows of the table in render.c are made of.
 *
 * See render.h for what they promise.
 */
#ifndef FORMATS_RENDER_ROWS_H
#define FORMATS_RENDER_ROWS_H

#include "formats/render.h"

render_fn json_render, dotenv_render, direnv_render, make_render, systemd_render, hosts_render,
	markdown_render, nginx_render, caddy_render, haproxy_render, cloudflared_render,
	python_render, express_render, agents_render;

splice_fn json_splice, direnv_splice, package_json_splice, next_splice, procfile_splice,
	compose_splice, supabase_splice, vite_splice, cloudflared_splice;

rest_fn compose_rest;

/* The drop-in of the unit that runs all of the services. */
render_path_fn systemd_path;

/*
 * A .env file in which our variables have our values: each value is replaced
 * where it stands (all of them, where a name stands twice, as readers differ
 * about which counts), and what is missing comes at the end, in order.  All
 * other bytes stay.  It takes any bytes.
 */
splice_fn dotenv_splice;

#endif
