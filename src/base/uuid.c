#include "base/uuid.h"

#include <stdio.h>

char *uuid7_format(int64_t ms, const unsigned char random[static 10],
		   char ret[static UUID_TEXT_SIZE])
{
	uint64_t t = (uint64_t)ms & UINT64_C(0xffffffffffff);

	snprintf(ret, UUID_TEXT_SIZE, "%08x-%04x-7%03x-%04x-%02x%02x%02x%02x%02x%02x",
		 (unsigned)(t >> 16), (unsigned)(t & 0xffff),
		 ((unsigned)random[0] << 8 | random[1]) & 0xfffu,
		 (((unsigned)random[2] << 8 | random[3]) & 0x3fffu) | 0x8000u, random[4], random[5],
		 random[6], random[7], random[8], random[9]);
	return ret;
}
