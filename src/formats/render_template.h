/*
 * formats/render_template.h - a template of somebody's own, filled with an instance's ports.
 *
 * May include: ports, base.
 */
#ifndef FORMATS_RENDER_TEMPLATE_H
#define FORMATS_RENDER_TEMPLATE_H

#include "formats/render.h"

/*
 * Append the template (mustache.h) with the values of docs/guide.md, "Templates":
 * project, instance, environment, command, port, ports and services.
 * Errors: ERR_INVALID "file:line: ..." it is no such template; ERR_MEMORY
 */
MUST_CHECK bool template_render(const struct port_values *v, const struct file_bytes *template,
				struct text *ret, struct err *err);

#endif
