/*
 * sql/value.h - what is bound to a statement's $1, $2 ...
 */
#ifndef STORE_SQL_VALUE_H
#define STORE_SQL_VALUE_H

#include <stdint.h>

struct sql_value {
	enum { SQL_VALUE_NULL, SQL_VALUE_INT, SQL_VALUE_TEXT } kind;
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

/* A time or a number of which 0 means none: it is NULL. */
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
