#include "http/metrics.h"

#include <inttypes.h>
#include <string.h>

#include "operations/operation.h"

static const int64_t bounds_us[METRICS_BUCKETS] = {
	500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 5000000,
};

static struct operation_metrics *metrics_of(struct metrics *m, const char *operation)
{
	unsigned i = 0;

	while (i < METRICS_OPERATIONS - 1 && operations[i] &&
	       strcmp(operations[i]->schema->name, operation) != 0)
		i++;
	return &m->operations[i];
}

void metrics_note(struct metrics *m, const char *operation, enum err_code code, int64_t took_us)
{
	struct operation_metrics *o = metrics_of(m, operation);
	unsigned i = 0;

	while (i < METRICS_BUCKETS && took_us > bounds_us[i])
		i++;
	o->by_code[code]++;
	o->buckets[i]++;
	o->sum_us += (uint64_t)took_us;
}

void metrics_note_reply(struct metrics *m, unsigned status)
{
	unsigned digit = status / 100;

	if (digit < ARRAY_LEN(m->replies))
		m->replies[digit]++;
}

static void add_head(struct text *t, const char *name, const char *type, const char *help)
{
	text_addf(t, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static uint64_t count_of(const struct operation_metrics *o)
{
	uint64_t count = 0;

	for (unsigned i = 0; i < ERR_CODE_COUNT; i++)
		count += o->by_code[i];
	return count;
}

static void add_counts(const struct operation_metrics *o, const char *name, struct text *t)
{
	for (unsigned code = 0; code < ERR_CODE_COUNT; code++)
		if (o->by_code[code])
			text_addf(t,
				  "portbook_operations_total{operation=\"%s\",result=\"%s\"} "
				  "%" PRIu64 "\n",
				  name, code ? err_name((enum err_code)code) : "ok",
				  o->by_code[code]);
}

#define SECONDS "portbook_operation_duration_seconds"

static void add_histogram(const struct operation_metrics *o, const char *name, struct text *t)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < METRICS_BUCKETS; i++) {
		sum += o->buckets[i];
		text_addf(t, SECONDS "_bucket{operation=\"%s\",le=\"%g\"} %" PRIu64 "\n", name,
			  (double)bounds_us[i] / 1e6, sum);
	}
	text_addf(t, SECONDS "_bucket{operation=\"%s\",le=\"+Inf\"} %" PRIu64 "\n", name,
		  count_of(o));
	text_addf(t, SECONDS "_sum{operation=\"%s\"} %g\n", name, (double)o->sum_us / 1e6);
	text_addf(t, SECONDS "_count{operation=\"%s\"} %" PRIu64 "\n", name, count_of(o));
}

/* Those that were asked for. */
static void add_each(const struct metrics *m, struct text *t,
		     void (*add)(const struct operation_metrics *o, const char *name,
				 struct text *t))
{
	for (unsigned i = 0; i < METRICS_OPERATIONS && operations[i]; i++)
		if (count_of(&m->operations[i]))
			add(&m->operations[i], operations[i]->schema->name, t);
}

void metrics_add(const struct metrics *m, struct text *ret)
{
	add_head(ret, "portbook_info", "gauge", "Which portbook this is.");
	text_add(ret, "portbook_info{version=\"" PORTBOOK_VERSION "\"} 1\n");
	add_head(ret, "portbook_http_replies_total", "counter", "Replies, by their status.");
	for (unsigned i = 1; i < ARRAY_LEN(m->replies); i++)
		text_addf(ret, "portbook_http_replies_total{status=\"%uxx\"} %" PRIu64 "\n", i,
			  m->replies[i]);
	add_head(ret, "portbook_operations_total", "counter",
		 "What the book was asked by this server, and how it ended.");
	add_each(m, ret, add_counts);
	add_head(ret, SECONDS, "histogram", "How long that took, with the time it waited.");
	add_each(m, ret, add_histogram);
}
