/*
 * base/glyph.h - characters as they are shown: how many columns one takes, and
 * whether it does harm.
 */
#ifndef BASE_GLYPH_H
#define BASE_GLYPH_H

#include <stdbool.h>
#include <stdint.h>

/* What stands for bytes that are no character. */
#define GLYPH_REPLACEMENT 0xfffdu

/* Eat one character of UTF-8, or one byte that starts none, which is GLYPH_REPLACEMENT. */
uint32_t glyph_eat(const unsigned char **at);

/* Would it change the terminal, or the order in which the line is read? */
bool glyph_is_harmful(uint32_t c);

/* A blank, or what moves on to another place. */
bool glyph_is_blank(uint32_t c);

/* 0, 1 or 2; 1 for one that does harm, as a '?' is shown for it. */
unsigned glyph_width(uint32_t c);

/* How many columns the text takes on a screen with letters of one width. */
unsigned text_columns(const char *text);

#endif
