#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

/* Decode one character; 0 when the bytes are not one. NUL is never valid here. */
static size_t decode(const unsigned char *p, size_t len, uint32_t *ret)
{
	size_t need = p[0] < 0x80   ? 1
		      : p[0] < 0xc2 ? 0
		      : p[0] < 0xe0 ? 2
		      : p[0] < 0xf0 ? 3
		      : p[0] < 0xf5 ? 4
				    : 0;
	static const unsigned char lead_mask[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t c;

	if (!need || need > len || p[0] == 0)
		return 0;
	c = p[0] & lead_mask[need];
	for (size_t i = 1; i < need; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[need] || (c >= 0xd800 && c <= 0xdfff) || c > 0x10ffff)
		return 0;
	*ret = c;
	return need;
}

static bool each_is(const char *bytes, size_t len, bool controls_allowed)
{
	const unsigned char *p = (const unsigned char *)bytes;

	while (len) {
		uint32_t c;
		size_t n = decode(p, len, &c);

		if (!n)
			return false;
		if (!controls_allowed && (c < 0x20 || (c >= 0x7f && c < 0xa0)))
			return false;
		p += n;
		len -= n;
	}
	return true;
}

bool utf8_is_valid(const char *bytes, size_t len)
{
	return each_is(bytes, len, true);
}

bool utf8_is_printable(const char *bytes, size_t len)
{
	return each_is(bytes, len, false);
}

void utf8_repair(char *text)
{
	unsigned char *p = (unsigned char *)text;
	size_t len = strlen(text);

	while (len) {
		uint32_t c;
		size_t n = decode(p, len, &c);

		if (!n) {
			*p = '?';
			n = 1;
		}
		p += n;
		len -= n;
	}
}

bool text_is_line(const char *text)
{
	return utf8_is_printable(text, strlen(text));
}
