#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/cursor.h"

int64_t clock_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * MS_PER_SECOND + now.tv_nsec / 1000000;
}

int64_t clock_steady_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000) + t.tv_nsec / 1000;
}

int64_t clock_steady_ms(void)
{
	return clock_steady_us() / 1000;
}

/*
 * The civil date of a day since 1970-01-01, by eras of 400 years that begin in
 * March, so that the leap day is the last of its year.  gmtime_r would read
 * /etc/localtime first, which is a tenth of a whole `portbook get`.
 */
static void civil_date(int64_t days, int *year, int *month, int *day)
{
	int64_t shifted = days + 719468; /* days from 0000-03-01 to 1970-01-01 */
	int64_t era = shifted / 146097;	 /* days in 400 years */
	int64_t of_era = shifted % 146097;
	int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t march_month = (5 * of_year + 2) / 153;

	*day = (int)(of_year - (153 * march_month + 2) / 5 + 1);
	*month = (int)(march_month < 10 ? march_month + 3 : march_month - 9);
	*year = (int)(year_of_era + era * 400 + (*month <= 2));
}

/* The end of the year 9999: four digits are what RFC 3339 has. */
#define LAST_MS INT64_C(253402300799999)

char *time_format(int64_t ms, char ret[static TIME_TEXT_SIZE])
{
	int64_t of_day = ms % MS_PER_DAY;
	int year, month, day;

	ret[0] = '\0';
	if (ms <= 0 || ms > LAST_MS)
		return ret;
	civil_date(ms / MS_PER_DAY, &year, &month, &day);
	/* Unsigned and short, so that a compiler can see that it fits. */
	snprintf(ret, TIME_TEXT_SIZE, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", (unsigned)year % 10000,
		 (unsigned)month % 100, (unsigned)day % 100, (unsigned)(of_day / MS_PER_HOUR) % 100,
		 (unsigned)(of_day / 60000 % 60), (unsigned)(of_day / MS_PER_SECOND % 60),
		 (unsigned)(ms % MS_PER_SECOND));
	return ret;
}

static bool eat_digits(const char **at, int digits, int *ret)
{
	const char *p = *at;
	int n = 0;

	for (int i = 0; i < digits; i++, p++) {
		if (*p < '0' || *p > '9')
			return false;
		n = n * 10 + (*p - '0');
	}
	*at = p;
	*ret = n;
	return true;
}

static bool eat_fraction(const char **at, int *ret_ms)
{
	int scale = 100;

	*ret_ms = 0;
	if (!eat_char(at, '.'))
		return true;
	if (**at < '0' || **at > '9')
		return false;
	for (; **at >= '0' && **at <= '9'; (*at)++) {
		*ret_ms += (**at - '0') * scale;
		scale /= 10;
	}
	return true;
}

bool time_parse(const char *text, int64_t *ret, struct err *err)
{
	struct tm tm = { .tm_hour = 23, .tm_min = 59, .tm_sec = 59 }, check;
	const char *at = text;
	int ms = 999;
	time_t seconds;

	if (!eat_digits(&at, 4, &tm.tm_year) || !eat_char(&at, '-') ||
	    !eat_digits(&at, 2, &tm.tm_mon) || !eat_char(&at, '-') ||
	    !eat_digits(&at, 2, &tm.tm_mday))
		return fail(err, ERR_INVALID, "'%s' is not a date like 2026-12-31", text);
	if (*at && (!eat_char(&at, 'T') || !eat_digits(&at, 2, &tm.tm_hour) ||
		    !eat_char(&at, ':') || !eat_digits(&at, 2, &tm.tm_min) || !eat_char(&at, ':') ||
		    !eat_digits(&at, 2, &tm.tm_sec) || !eat_fraction(&at, &ms) ||
		    !eat_char(&at, 'Z') || !eat_end(&at)))
		return fail(err, ERR_INVALID, "'%s' is not a time like 2026-12-31T12:00:00Z", text);

	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	check = tm;
	seconds = timegm(&check);
	if (check.tm_mon != tm.tm_mon || check.tm_mday != tm.tm_mday ||
	    check.tm_hour != tm.tm_hour || check.tm_min != tm.tm_min || tm.tm_year < 70)
		return fail(err, ERR_INVALID, "there is no such day or hour as '%s'", text);
	*ret = (int64_t)seconds * MS_PER_SECOND + ms;
	return true;
}

bool duration_parse(const char *text, int64_t *ret_ms, struct err *err)
{
	static const struct {
		char unit;
		int64_t ms;
	} units[] = {
		{ 's', MS_PER_SECOND }, { 'm', 60 * MS_PER_SECOND }, { 'h', MS_PER_HOUR },
		{ 'd', MS_PER_DAY },	{ 'w', 7 * MS_PER_DAY },
	};
	const int64_t longest = 36525 * MS_PER_DAY;
	const char *at = text;
	uint64_t n;

	if (eat_number(&at, INT32_MAX, &n) && n > 0 && at[0] && !at[1])
		for (size_t i = 0; i < ARRAY_LEN(units); i++)
			if (units[i].unit == *at && (int64_t)n <= longest / units[i].ms) {
				*ret_ms = (int64_t)n * units[i].ms;
				return true;
			}
	return fail(err, ERR_INVALID, "'%s' is not a length of time like 90s, 12h or 7d", text);
}
