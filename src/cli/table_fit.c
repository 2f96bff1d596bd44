#include "cli/table_fit.h"

#include <stdbool.h>

/* Rationale: a port, two names so long and what tells rows apart have room in 80 columns. */
#define LONG 24

struct fitting {
	const struct column *columns;
	unsigned screen; /* columns of it */
	struct table_layout *l;
};

static unsigned largest(unsigned a, unsigned b)
{
	return a > b ? a : b;
}

static unsigned total_width(const struct table_layout *l)
{
	unsigned total = 0;

	for (unsigned i = 0; i < l->n; i++)
		if (l->width[i])
			total += l->width[i] + (total ? TABLE_GAP : 0);
	return total;
}

/* The least important column that is still there; f->l->n: there is no other. */
static unsigned least_important(const struct fitting *f)
{
	unsigned found = f->l->n;

	for (unsigned i = 0; i < f->l->n; i++)
		if (f->l->width[i] && f->columns[i].importance &&
		    (found == f->l->n || f->columns[i].importance >= f->columns[found].importance))
			found = i;
	return found;
}

static unsigned excess(const struct fitting *f)
{
	unsigned total = total_width(f->l);

	return total > f->screen ? total - f->screen : 0;
}

/* Take from the width what is too much, but leave `least`. */
static void cut(unsigned *width, unsigned least, unsigned over)
{
	if (*width > least)
		*width = over < *width - least ? *width - over : least;
}

/* Only what has to stay is left: cut what may be cut, and then, from the right, the rest. */
static void cut_all(const struct fitting *f)
{
	for (unsigned i = f->l->n; i-- > 0;)
		if (f->columns[i].least)
			cut(&f->l->width[i], f->columns[i].least, excess(f));
	for (unsigned i = f->l->n; i-- > 0;)
		cut(&f->l->width[i], 1, excess(f));
}

/* The widest that has to stay and is longer than it needs to be read; f->l->n: there is none. */
static unsigned longest(const struct fitting *f)
{
	unsigned found = f->l->n;

	for (unsigned i = 0; i < f->l->n; i++)
		if (!f->columns[i].importance && f->columns[i].least &&
		    f->l->width[i] > largest(LONG, f->columns[i].least) &&
		    (found == f->l->n || f->l->width[i] > f->l->width[found]))
			found = i;
	return found;
}

/* False: no column that stays is long. */
static bool cut_long(const struct fitting *f)
{
	unsigned at = longest(f);
	bool any = at != f->l->n;

	for (; at != f->l->n && excess(f); at = longest(f))
		f->l->width[at]--;
	return any;
}

void table_fit(const struct column *columns, unsigned width, struct table_layout *l)
{
	const struct fitting f = { columns, width, l };

	while (width && excess(&f)) {
		unsigned last = least_important(&f), over = excess(&f);
		const struct column *c = &columns[last];

		if (last == l->n) {
			cut_all(&f);
			return;
		}
		if (c->least && l->width[last] >= c->least + over)
			l->width[last] -= over;
		else if (c->importance > TABLE_TELLS_APART || !cut_long(&f))
			l->width[last] = 0;
	}
}
