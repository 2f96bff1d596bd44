/*
 * libfyaml 0.7.12 does not outlive a failed allocation: it writes through NULL
 * or loses memory, depending on which one fails (formats/yaml.c says what is
 * done about it).  Here its calls are let through, so that what fails are our
 * own allocations.
 */
#include <libfyaml.h>

#include "lib/fault.h"

struct fy_parser *__real_fy_parser_create(const struct fy_parse_cfg *cfg);
struct fy_parser *__wrap_fy_parser_create(const struct fy_parse_cfg *cfg);
int __real_fy_parser_set_string(struct fy_parser *parser, const char *s, size_t len);
int __wrap_fy_parser_set_string(struct fy_parser *parser, const char *s, size_t len);
struct fy_event *__real_fy_parser_parse(struct fy_parser *parser);
struct fy_event *__wrap_fy_parser_parse(struct fy_parser *parser);

struct fy_parser *__wrap_fy_parser_create(const struct fy_parse_cfg *cfg)
{
	long kept = allocations_left;
	struct fy_parser *parser;

	allocations_left = ALLOCATIONS_UNLIMITED;
	parser = __real_fy_parser_create(cfg);
	allocations_left = kept;
	return parser;
}

int __wrap_fy_parser_set_string(struct fy_parser *parser, const char *s, size_t len)
{
	long kept = allocations_left;
	int answer;

	allocations_left = ALLOCATIONS_UNLIMITED;
	answer = __real_fy_parser_set_string(parser, s, len);
	allocations_left = kept;
	return answer;
}

struct fy_event *__wrap_fy_parser_parse(struct fy_parser *parser)
{
	long kept = allocations_left;
	struct fy_event *event;

	allocations_left = ALLOCATIONS_UNLIMITED;
	event = __real_fy_parser_parse(parser);
	allocations_left = kept;
	return event;
}
