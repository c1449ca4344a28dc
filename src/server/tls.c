// SPDX-License-Identifier: Apache-2.0
#include "server/tls.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/check.h"
#include "keys/crypto.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

struct tls {
    atomic_uint users;
    gnutls_certificate_credentials_t credentials;
    struct tls_facts facts;
};

static gnutls_datum_t datum(struct slice text)
{
    union {
        const uint8_t *in;
        unsigned char *out; // the library only reads
    } bytes = {.in = text.at};

    return (gnutls_datum_t){.data = bytes.out, .size = (unsigned)text.len};
}

// ---- certificates of a text ----

struct chain {
    gnutls_x509_crt_t *at;
    unsigned count;
};

static void chain_done(struct chain *c)
{
    for (unsigned i = 0; i < c->count; i++)
        gnutls_x509_crt_deinit(c->at[i]);
    gnutls_free(c->at);
}

static enum err chain_read(struct slice text, const char *what, struct chain *out,
                           struct fault *why)
{
    const gnutls_datum_t pem = datum(text);
    int failed = gnutls_x509_crt_list_import2(&out->at, &out->count, &pem, GNUTLS_X509_FMT_PEM, 0);
    if (failed >= 0 && out->count > 0)
        return OK;
    *out = (struct chain){0};
    return fail(why, ERR_INVALID, "%s is no certificate in PEM%s%s", what, failed < 0 ? ": " : "",
                failed < 0 ? gnutls_strerror(failed) : "");
}

static enum err note_facts(gnutls_x509_crt_t crt, struct tls_facts *out, struct fault *why)
{
    uint8_t print[SHA256_BYTES];
    size_t len = sizeof print;
    struct buf text AUTO(buf_donep) = buf_init(TLS_PRINT_BYTES);
    out->from_ms = (int64_t)gnutls_x509_crt_get_activation_time(crt) * 1000;
    out->until_ms = (int64_t)gnutls_x509_crt_get_expiration_time(crt) * 1000;
    int failed = gnutls_x509_crt_get_fingerprint(crt, GNUTLS_DIG_SHA256, print, &len);
    if (failed < 0)
        return fail(why, ERR_INVALID, "the server's certificate: %s", gnutls_strerror(failed));
    hex_print(slice_of(print, len), &text);
    snprintf(out->print, sizeof out->print, "%.*s", SLICE_PRINT(buf_slice(&text)));
    return OK;
}

// ---- a set ----

static enum err take_pair(struct tls *t, const struct chain *chain, gnutls_x509_privkey_t key,
                          struct fault *why)
{
    int failed = gnutls_certificate_set_x509_key(t->credentials, chain->at, (int)chain->count, key);
    if (failed == GNUTLS_E_CERTIFICATE_KEY_MISMATCH)
        return fail(why, ERR_INVALID,
                    "the server's certificate and its key do not belong to each other");
    if (failed < 0)
        return fail(why, ERR_INVALID, "the server's certificate: %s", gnutls_strerror(failed));
    CHECK(chain->at != NULL); // chain_read() found one
    return note_facts(chain->at[0], &t->facts, why);
}

static enum err read_pair(struct tls *t, const struct tls_pem *pem, struct fault *why)
{
    struct chain chain AUTO(chain_done) = {0};
    gnutls_x509_privkey_t key = NULL;
    const gnutls_datum_t text = datum(pem->key);
    enum err e = chain_read(pem->cert, "the server's certificate", &chain, why);
    if (e)
        return e;
    CHECK(gnutls_x509_privkey_init(&key) >= 0);
    int failed = gnutls_x509_privkey_import2(key, &text, GNUTLS_X509_FMT_PEM, NULL, 0);
    e = failed < 0 ? fail(why, ERR_INVALID, "the server's key is no private key in PEM: %s",
                          gnutls_strerror(failed))
                   : take_pair(t, &chain, key, why);
    gnutls_x509_privkey_deinit(key);
    return e;
}

// The library closes without a word, and a client would look for the network's mistake.
static void tell(gnutls_session_t session, gnutls_alert_description_t alert)
{
    (void)gnutls_alert_send(session, GNUTLS_AL_FATAL,
                            alert); // whoever does not hear it sees the end
}

// Within the handshake: what is signed by an authority of ours, for the purpose of a client, and
// good at this moment.
static int verify_client(gnutls_session_t session)
{
    gnutls_typed_vdata_st purpose = {.type = GNUTLS_DT_KEY_PURPOSE_OID,
                                     .data = (unsigned char[]){GNUTLS_KP_TLS_WWW_CLIENT},
                                     .size = sizeof GNUTLS_KP_TLS_WWW_CLIENT - 1};
    unsigned status = GNUTLS_CERT_INVALID;
    int failed = gnutls_certificate_verify_peers(session, &purpose, 1, &status);
    if (failed >= 0 && status == 0)
        return 0;
    tell(session, GNUTLS_A_BAD_CERTIFICATE);
    return GNUTLS_E_CERTIFICATE_ERROR;
}

// A client's list of certificates before it is looked at; that it is empty is all that is seen
// here: three bytes of its length, in TLS 1.3 after the one of an empty context.
static int see_certificates(gnutls_session_t session, unsigned type, unsigned when,
                            unsigned incoming, const gnutls_datum_t *message)
{
    (void)type;
    (void)when;
    bool is_new = gnutls_protocol_get_version(session) == GNUTLS_TLS1_3;
    if (!incoming || message->size != 3u + is_new)
        return 0;
    tell(session, is_new ? GNUTLS_A_CERTIFICATE_REQUIRED : GNUTLS_A_HANDSHAKE_FAILURE);
    return GNUTLS_E_CERTIFICATE_REQUIRED;
}

static enum err read_clients(struct tls *t, struct slice text, struct fault *why)
{
    struct chain chain AUTO(chain_done) = {0};
    enum err e = chain_read(text, "tls.client_ca", &chain, why);
    if (e)
        return e;
    for (unsigned i = 0; i < chain.count; i++)
        if (!gnutls_x509_crt_get_ca_status(chain.at[i], NULL))
            return fail(why, ERR_INVALID,
                        "tls.client_ca: certificate %u of it is not one of an authority", i + 1);
    int failed = gnutls_certificate_set_x509_trust(t->credentials, chain.at, (int)chain.count);
    if (failed < 0)
        return fail(why, ERR_INVALID, "tls.client_ca: %s", gnutls_strerror(failed));
    gnutls_certificate_set_verify_function(t->credentials, verify_client);
    t->facts.clients = chain.count;
    return OK;
}

enum err tls_new(const struct tls_pem *pem, struct tls **out, struct fault *why)
{
    struct tls *t = calloc(1, sizeof *t);
    CHECK(t != NULL && gnutls_certificate_allocate_credentials(&t->credentials) >= 0);
    atomic_init(&t->users, 1);
    enum err e = read_pair(t, pem, why);
    if (!e && pem->clients.len)
        e = read_clients(t, pem->clients, why);
    if (e)
        tls_unref(t);
    else
        *out = t;
    return e;
}

struct tls *tls_ref(struct tls *t)
{
    atomic_fetch_add(&t->users, 1);
    return t;
}

void tls_unref(struct tls *t)
{
    if (!t || atomic_fetch_sub(&t->users, 1) != 1)
        return;
    gnutls_certificate_free_credentials(t->credentials);
    free(t);
}

const struct tls_facts *tls_facts(const struct tls *t)
{
    return &t->facts;
}

void tls_begin(const struct tls *t, void *session)
{
    CHECK(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, t->credentials) >= 0);
    gnutls_certificate_server_set_request(session, t->facts.clients ? GNUTLS_CERT_REQUIRE
                                                                    : GNUTLS_CERT_IGNORE);
    if (t->facts.clients)
        gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_CERTIFICATE_PKT,
                                           GNUTLS_HOOK_PRE, see_certificates);
}
