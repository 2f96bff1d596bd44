/*
 * sql/value.h - what is bound to a statement's $1, $2 ...
 */
#ifndef STORE_SQL_VALUE_H
#define STORE_SQL_VALUE_H

#include <stdint.h>

struct sql_value {
	enum {
		SQL_VALUE_NULL,
		SQL_VALUE_INT,
		SQL_VALUE_TEXT,
		SQL_VALUE_ID,	/* a text that is a UUID to an engine that knows such */
		SQL_VALUE_TIME, /* a number of ms since 1970, likewise a time */
	} kind;
	int64_t number;
	const char *text; /* borrowed until the statement is done */
};

static inline struct sql_value sql_int(int64_t number)
{
	return (struct sql_value){ .kind = SQL_VALUE_INT, .number = number };
}

/* Exactly this text, which is not NULL. */
static inline struct sql_value sql_exact(const char *text)
{
	return (struct sql_value){ .kind = SQL_VALUE_TEXT, .text = text };
}

/* Part of a key: no text is "", as NULLs would all differ from one another. */
static inline struct sql_value sql_key(const char *text)
{
	return sql_exact(text ? text : "");
}

/* No text (NULL or "") is NULL. */
static inline struct sql_value sql_text(const char *text)
{
	return text && *text ? sql_exact(text) : (struct sql_value){ .kind = SQL_VALUE_NULL };
}

/* Part of a key, as sql_key. */
static inline struct sql_value sql_id(const char *id)
{
	return (struct sql_value){ .kind = SQL_VALUE_ID, .text = id ? id : "" };
}

/* No id is NULL. */
static inline struct sql_value sql_some_id(const char *id)
{
	return id && *id ? sql_id(id) : (struct sql_value){ .kind = SQL_VALUE_NULL };
}

static inline struct sql_value sql_time(int64_t ms)
{
	return (struct sql_value){ .kind = SQL_VALUE_TIME, .number = ms };
}

/* Never (0) is NULL. */
static inline struct sql_value sql_some_time(int64_t ms)
{
	return ms ? sql_time(ms) : (struct sql_value){ .kind = SQL_VALUE_NULL };
}

/* A number of which 0 means none: it is NULL. */
static inline struct sql_value sql_some(int64_t number)
{
	return number ? sql_int(number) : (struct sql_value){ .kind = SQL_VALUE_NULL };
}

/* None (-1) is NULL. */
static inline struct sql_value sql_number(int number)
{
	return number >= 0 ? sql_int(number) : (struct sql_value){ .kind = SQL_VALUE_NULL };
}

#endif
