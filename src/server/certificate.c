// SPDX-License-Identifier: Apache-2.0
#include "server/certificate.h"

#include "keys/crypto.h"

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <time.h>

enum { PEM_BYTES = 16384, SERIAL_BYTES = 16, DAY_S = 86400 };

enum { CA_DAYS = 3652, SERVER_DAYS = 730, EARLY_S = 3600 };

struct pair {
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t crt;
};

// Keeps the first failure; a certificate is a straight list of facts.
static void note(int *failed, int result)
{
    if (result < 0 && *failed >= 0)
        *failed = result;
}

static void pair_done(struct pair *p)
{
    if (p->crt)
        gnutls_x509_crt_deinit(p->crt);
    if (p->key)
        gnutls_x509_privkey_deinit(p->key);
}

static int pair_begin(struct pair *p, const char *name, int days)
{
    int failed = 0;
    uint8_t serial[SERIAL_BYTES];
    random_bytes(serial, sizeof serial);
    serial[0] = (serial[0] & 0x3f) | 0x40; // positive, and of full length
    note(&failed, gnutls_x509_privkey_init(&p->key));
    note(&failed, gnutls_x509_crt_init(&p->crt));
    if (failed < 0)
        return failed;
    note(&failed,
         gnutls_x509_privkey_generate(p->key, GNUTLS_PK_ECDSA,
                                      GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0));
    time_t now = time(NULL);
    note(&failed, gnutls_x509_crt_set_version(p->crt, 3));
    note(&failed, gnutls_x509_crt_set_serial(p->crt, serial, sizeof serial));
    note(&failed, gnutls_x509_crt_set_activation_time(p->crt, now - EARLY_S));
    note(&failed, gnutls_x509_crt_set_expiration_time(p->crt, now + (time_t)days * DAY_S));
    note(&failed, gnutls_x509_crt_set_key(p->crt, p->key));
    note(&failed, gnutls_x509_crt_set_dn_by_oid(p->crt, GNUTLS_OID_X520_COMMON_NAME, 0, name,
                                                (unsigned)strlen(name)));
    return failed;
}

static int set_key_id(gnutls_x509_crt_t crt)
{
    uint8_t id[64];
    size_t len = sizeof id;
    int failed = gnutls_x509_crt_get_key_id(crt, 0, id, &len);
    return failed < 0 ? failed : gnutls_x509_crt_set_subject_key_id(crt, id, len);
}

static int make_ca(struct pair *ca)
{
    int failed = pair_begin(ca, "tamis certificate authority", CA_DAYS);
    if (failed < 0)
        return failed;
    note(&failed, gnutls_x509_crt_set_basic_constraints(ca->crt, 1, 0));
    note(&failed,
         gnutls_x509_crt_set_key_usage(ca->crt, GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN));
    note(&failed, set_key_id(ca->crt));
    note(&failed, gnutls_x509_crt_sign2(ca->crt, ca->crt, ca->key, GNUTLS_DIG_SHA256, 0));
    return failed;
}

static int add_name(gnutls_x509_crt_t crt, const char *name)
{
    uint8_t address[16];
    if (inet_pton(AF_INET, name, address) == 1)
        return gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, address, 4,
                                                    GNUTLS_FSAN_APPEND);
    if (inet_pton(AF_INET6, name, address) == 1)
        return gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, address, 16,
                                                    GNUTLS_FSAN_APPEND);
    return gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, name,
                                                (unsigned)strlen(name), GNUTLS_FSAN_APPEND);
}

static int add_names(gnutls_x509_crt_t crt, const char *const *names, size_t count)
{
    static const char *const always[] = {"localhost", "127.0.0.1", "::1"};
    int failed = 0;
    for (size_t i = 0; i < 3; i++)
        note(&failed, add_name(crt, always[i]));
    for (size_t i = 0; i < count; i++) {
        bool again = names[i][0] == '\0';
        for (size_t k = 0; k < 3; k++)
            again = again || strcmp(names[i], always[k]) == 0;
        if (!again)
            note(&failed, add_name(crt, names[i]));
    }
    return failed;
}

static int make_server(struct pair *server, const struct pair *ca, const char *const *names,
                       size_t count)
{
    int failed = pair_begin(server, "tamis server", SERVER_DAYS);
    if (failed < 0)
        return failed;
    note(&failed, add_names(server->crt, names, count));
    note(&failed, gnutls_x509_crt_set_basic_constraints(server->crt, 0, -1));
    note(&failed, gnutls_x509_crt_set_key_usage(server->crt, GNUTLS_KEY_DIGITAL_SIGNATURE));
    note(&failed, gnutls_x509_crt_set_key_purpose_oid(server->crt, GNUTLS_KP_TLS_WWW_SERVER, 0));
    note(&failed, set_key_id(server->crt));
    note(&failed, gnutls_x509_crt_sign2(server->crt, ca->crt, ca->key, GNUTLS_DIG_SHA256, 0));
    return failed;
}

static enum err gnutls_said(int failed, struct fault *why)
{
    return fail(why, ERR_IO, "make certificate: %s", gnutls_strerror(failed));
}

static enum err write_pair(const struct world *w, const struct pair *p, const char *crt_file,
                           const char *key_file, struct fault *why)
{
    uint8_t pem[PEM_BYTES];
    size_t len = sizeof pem;
    int failed = gnutls_x509_crt_export(p->crt, GNUTLS_X509_FMT_PEM, pem, &len);
    if (failed < 0)
        return gnutls_said(failed, why);
    enum err e = world_write_file(w, crt_file, slice_of(pem, len), why);
    if (e)
        return e;
    len = sizeof pem;
    failed = gnutls_x509_privkey_export_pkcs8(p->key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN,
                                              pem, &len);
    e = failed < 0 ? gnutls_said(failed, why)
                   : world_write_file(w, key_file, slice_of(pem, len), why);
    wipe(pem, sizeof pem);
    return e;
}

enum err certificate_make(const struct world *w, const char *const *names, size_t count,
                          struct fault *why)
{
    if (count > CERTIFICATE_NAMES_MAX)
        return fail(why, ERR_LIMIT, "more than %d names for a certificate", CERTIFICATE_NAMES_MAX);
    struct pair ca = {0};
    struct pair server = {0};
    int failed = make_ca(&ca);
    if (failed >= 0)
        failed = make_server(&server, &ca, names, count);
    enum err e = failed < 0 ? gnutls_said(failed, why) : OK;
    if (!e)
        e = write_pair(w, &ca, "tls/ca.crt", "tls/ca.key", why);
    if (!e)
        e = write_pair(w, &server, "tls/server.crt", "tls/server.key", why);
    pair_done(&server);
    pair_done(&ca);
    return e;
}
