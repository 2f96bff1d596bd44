/*
 * Linked into portbook-serve alone, which has libgnutls.
 *
 * Syscalls: open, stat, fstat, read, close
 */
#include "trust/certificate.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/fd.h"

/* Rationale: a chain of a few, 2 kB each, and what people write around them. */
#define PEM_MAX ((size_t)1 << 20)

struct certificate {
	char file[PATH_MAX], key_file[PATH_MAX];
	struct text chain, key;
	gnutls_x509_crt_t own;
	char warning[ERR_TEXT_SIZE];
};

static gnutls_datum_t datum_of(struct text *t)
{
	return (gnutls_datum_t){ .data = (unsigned char *)t->s, .size = (unsigned)t->len };
}

static bool read_pem(const char *file, const char *what, struct text *ret, struct err *err)
{
	if (!file_read(file, PEM_MAX, ret, err))
		return fail_while(err, "the %s '%.600s'", what, file);
	if (ret->len && strlen(text_str(ret)) == ret->len)
		return true;
	return fail(err, ERR_INVALID, "the %s '%.600s' is empty, or is no PEM", what, file);
}

/* The first is the server's own. */
static bool take_own(struct certificate *c, struct err *err)
{
	const gnutls_datum_t pem = datum_of(&c->chain);
	int status = gnutls_x509_crt_init(&c->own);

	if (status == 0)
		status = gnutls_x509_crt_import(c->own, &pem, GNUTLS_X509_FMT_PEM);
	return status == 0 || fail(err, ERR_INVALID, "'%.600s' is no certificate in PEM: %s",
				   c->file, gnutls_strerror(status));
}

static bool check_key(struct certificate *c, struct err *err)
{
	const gnutls_datum_t pem = datum_of(&c->key);
	gnutls_x509_privkey_t key;
	int status = gnutls_x509_privkey_init(&key);

	if (status != 0)
		return fail_memory(err);
	status = gnutls_x509_privkey_import2(key, &pem, GNUTLS_X509_FMT_PEM, NULL, 0);
	gnutls_x509_privkey_deinit(key);
	if (status == 0)
		return true;
	fail(err, ERR_INVALID, "'%.600s' is no key in PEM: %s", c->key_file,
	     gnutls_strerror(status));
	return status == GNUTLS_E_DECRYPTION_FAILED
		       ? fail_hint(err, "it has to be without a password")
		       : false;
}

/* The whole chain, and whether the key is the first one's. */
static bool check_both(struct certificate *c, struct err *err)
{
	const gnutls_datum_t chain = datum_of(&c->chain), key = datum_of(&c->key);
	gnutls_certificate_credentials_t both;
	int status;

	if (gnutls_certificate_allocate_credentials(&both) != 0)
		return fail_memory(err);
	status = gnutls_certificate_set_x509_key_mem(both, &chain, &key, GNUTLS_X509_FMT_PEM);
	gnutls_certificate_free_credentials(both);
	if (status >= 0)
		return true;
	if (status == GNUTLS_E_CERTIFICATE_KEY_MISMATCH)
		return fail(err, ERR_INVALID, "the key '%.400s' is not that of '%.400s'",
			    c->key_file, c->file);
	return fail(err, ERR_INVALID, "'%.600s' cannot be used: %s", c->file,
		    gnutls_strerror(status));
}

static void look_at_key_file(struct certificate *c)
{
	struct stat st;

	if (stat(c->key_file, &st) == 0 && (st.st_mode & S_IROTH))
		snprintf(c->warning, sizeof(c->warning),
			 "everyone on this machine may read the key '%.600s': chmod o-r it",
			 c->key_file);
}

static void look_at_times(struct certificate *c)
{
	time_t now = time(NULL);

	if (now > gnutls_x509_crt_get_expiration_time(c->own))
		snprintf(c->warning, sizeof(c->warning),
			 "the certificate '%.600s' is no longer good: its time is over", c->file);
	else if (now < gnutls_x509_crt_get_activation_time(c->own))
		snprintf(c->warning, sizeof(c->warning),
			 "the certificate '%.600s' is not good yet: its time comes", c->file);
}

static bool fill(struct certificate *c, const char *file, const char *key_file, struct err *err)
{
	if (snprintf(c->file, sizeof(c->file), "%s", file) >= (int)sizeof(c->file) ||
	    snprintf(c->key_file, sizeof(c->key_file), "%s", key_file) >= (int)sizeof(c->key_file))
		return fail(err, ERR_INVALID, "the path of the certificate or key is too long");
	if (!read_pem(file, "certificate", &c->chain, err) || !take_own(c, err) ||
	    !read_pem(key_file, "key", &c->key, err) || !check_key(c, err) || !check_both(c, err))
		return false;
	look_at_times(c);
	look_at_key_file(c);
	return true;
}

bool certificate_read(const char *file, const char *key_file, struct certificate **ret,
		      struct err *err)
{
	struct certificate *c = calloc(1, sizeof(*c));

	if (!c)
		return fail_memory(err);
	if (!fill(c, file, key_file, err)) {
		certificate_free(c);
		return false;
	}
	*ret = c;
	return true;
}

bool certificate_read_again(const struct certificate *c, struct certificate **ret, struct err *err)
{
	return certificate_read(c->file, c->key_file, ret, err);
}

void certificate_free(struct certificate *c)
{
	if (!c)
		return;
	if (c->own)
		gnutls_x509_crt_deinit(c->own);
	if (c->key.s)
		explicit_bzero(c->key.s, c->key.len);
	text_release(&c->key);
	text_release(&c->chain);
	free(c);
}

const char *certificate_chain(const struct certificate *c)
{
	return text_str(&c->chain);
}

const char *certificate_key(const struct certificate *c)
{
	return text_str(&c->key);
}

const char *certificate_warning(const struct certificate *c)
{
	return c->warning[0] ? c->warning : NULL;
}

bool certificate_names(const struct certificate *c, const char *host)
{
	return gnutls_x509_crt_check_hostname(c->own, host) != 0;
}
