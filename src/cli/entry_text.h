/*
 * cli/entry_text.h - an entry of an answer, as people write it.
 */
#ifndef CLI_ENTRY_TEXT_H
#define CLI_ENTRY_TEXT_H

#include "base/json.h"
#include "base/text.h"
#include "cli/colour.h"

/* "consilio/web", "consilio@2/web", "consilio/web (test)": what is not usual is said. */
void entry_add_name(struct text *t, const json_t *entry);

/* " (test)"; nothing for dev, and where the object names no environment. */
void entry_add_environment(struct text *t, const json_t *entry);

/* "3100", "3100/udp" */
void entry_add_port(struct text *t, const json_t *entry);

/* "2026-11-28 12:00", "expired 2026-11-21 12:00", or nothing: when a temporary port ends. */
void entry_add_expiry(const json_t *entry, struct text *t);

/* "  on build1": where the entry is not this host's. */
void entry_add_host(struct text *t, const json_t *entry, const char *host);

/* "  web: 3100 (consilio.example.org)", the environment unless it is dev, and when it expires. */
void entry_add_text(struct text *t, const json_t *entry, unsigned indent);

/* The same, and the end of the line. */
void entry_add_line(struct text *t, const json_t *entry, unsigned indent);

/* "shop-db-1", "0123456789ab": its name, or as much of its id as engines show. */
void container_add(struct text *t, const char *container);

/*
 * "node (pid 4711, user eva) in /home/eva/shop", "container shop-db-1 (user root)": who
 * listens, as far as it can be seen.
 */
void listener_add(struct text *t, const json_t *listener);

/* "3100-3199"; nothing where the object has no rangeStart. */
void span_add(struct text *t, const json_t *object);

/* The same, as a cell of a table. */
void span_show(const json_t *row, struct text *t);

/* "4/100 (4%)", and "over 80%" where it is. */
void usage_add(struct text *t, const json_t *summary);
enum style usage_style(const json_t *summary);

/* Text that may be absent: `otherwise` for null. */
const char *text_or(const json_t *object, const char *field, const char *otherwise);

#endif
