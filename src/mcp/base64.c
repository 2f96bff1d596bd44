#include "mcp/base64.h"

#include <stdint.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void text_add_base64(struct text *t, const unsigned char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i += 3) {
		size_t here = len - i < 3 ? len - i : 3;
		uint32_t n = 0;
		char group[4];

		for (size_t k = 0; k < 3; k++)
			n = n << 8 | (k < here ? bytes[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			group[k] = k <= here ? alphabet[n >> (18 - 6 * k) & 63] : '=';
		text_add_bytes(t, group, sizeof(group));
	}
}

static bool decode_letter(char c, uint32_t *n)
{
	const char *at = c ? strchr(alphabet, c) : NULL;

	if (at)
		*n = *n << 6 | (uint32_t)(at - alphabet);
	return at != NULL;
}

/* Four letters, of which the last `padding` are "=": 3 - padding bytes. */
static bool decode_group(const char *group, size_t padding, unsigned char ret[static 3])
{
	uint32_t n = 0;

	for (size_t k = 0; k < 4 - padding; k++)
		if (!decode_letter(group[k], &n))
			return false;
	n <<= 6 * padding;
	for (size_t k = 0; k < 3; k++)
		ret[k] = (unsigned char)(n >> (16 - 8 * k));
	/* Bits that stand for nothing are zero: a text has one form. */
	return !padding || (padding == 1 ? !ret[2] : !ret[1] && !ret[2]);
}

static size_t padding_of(const char *text, size_t len)
{
	if (len < 4 || text[len - 1] != '=')
		return 0;
	return text[len - 2] == '=' ? 2 : 1;
}

bool base64_decode(const char *text, size_t len, unsigned char *ret, size_t size, size_t *ret_len)
{
	size_t padding = padding_of(text, len), n = 0;
	unsigned char group[3];

	if (len % 4 || len / 4 * 3 - padding > size)
		return false;
	for (size_t i = 0; i < len; i += 4) {
		size_t here = i + 4 == len ? padding : 0;

		if (!decode_group(text + i, here, group))
			return false;
		memcpy(ret + n, group, 3 - here);
		n += 3 - here;
	}
	*ret_len = n;
	return true;
}
