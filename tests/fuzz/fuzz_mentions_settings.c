/* Files of settings, each read as all kinds of them. */
#include "fuzz_mentions.h"

static void fuzz_one(const char *text, size_t size)
{
	fuzz_mentions(mentions_dotenv, text, size);
	fuzz_mentions(mentions_compose, text, size);
	fuzz_mentions(mentions_supabase, text, size);
	fuzz_mentions(mentions_systemd, text, size);
	fuzz_mentions(mentions_nginx, text, size);
	fuzz_mentions(mentions_caddy, text, size);
	fuzz_mentions(mentions_cloudflared, text, size);
	fuzz_mentions(mentions_perhaps_cloudflared, text, size);
}
