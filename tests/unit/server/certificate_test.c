// SPDX-License-Identifier: Apache-2.0
#include "server/certificate.h"
#include "server/directory.h"
#include "unit/server/place.h"

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

static gnutls_x509_crt_t load(const struct place *p, const char *name)
{
    gnutls_datum_t pem = {0};
    gnutls_x509_crt_t crt;
    EXPECT_EQ(gnutls_load_file(place_name(p, name), &pem), 0);
    EXPECT_EQ(gnutls_x509_crt_init(&crt), 0);
    EXPECT_EQ(gnutls_x509_crt_import(crt, &pem, GNUTLS_X509_FMT_PEM), 0);
    gnutls_free(pem.data);
    return crt;
}

static struct place made(void)
{
    struct place p = place_make();
    struct world w;
    static const char *const names[] = {"host.example", "192.0.2.7", "localhost"};
    EXPECT_EQ(directory_make(place_name(&p, "home"), &w, NULL), OK);
    EXPECT_EQ(certificate_make(&w, names, 3, NULL), OK);
    world_close(&w);
    return p;
}

TEST(certificate_is_signed_by_its_authority_and_by_no_other)
{
    struct place p = made();
    struct place other = made();
    gnutls_x509_crt_t ca = load(&p, "home/tls/ca.crt");
    gnutls_x509_crt_t server = load(&p, "home/tls/server.crt");
    gnutls_x509_crt_t strange = load(&other, "home/tls/ca.crt");
    unsigned verdict = 1;
    EXPECT_EQ(gnutls_x509_crt_verify(server, &ca, 1, 0, &verdict), 0);
    EXPECT_EQ(verdict, 0);
    EXPECT_EQ(gnutls_x509_crt_verify(server, &strange, 1, 0, &verdict), 0);
    EXPECT(verdict != 0);
    gnutls_x509_crt_deinit(ca);
    gnutls_x509_crt_deinit(server);
    gnutls_x509_crt_deinit(strange);
    place_drop(&p);
    place_drop(&other);
}

TEST(certificate_is_good_for_its_names_only)
{
    struct place p = made();
    gnutls_x509_crt_t server = load(&p, "home/tls/server.crt");
    static const char *const good[] = {"localhost", "127.0.0.1", "::1", "host.example",
                                       "192.0.2.7"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        EXPECT(gnutls_x509_crt_check_hostname(server, good[i]));
    EXPECT(!gnutls_x509_crt_check_hostname(server, "example.com"));
    EXPECT(!gnutls_x509_crt_check_hostname(server, "192.0.2.8"));
    gnutls_x509_crt_deinit(server);
    place_drop(&p);
}

TEST(certificate_files_are_for_their_owner_alone)
{
    struct place p = made();
    static const char *const names[] = {"home/tls/ca.crt", "home/tls/ca.key", "home/tls/server.crt",
                                        "home/tls/server.key"};
    for (size_t i = 0; i < 4; i++)
        EXPECT_EQ(place_mode(&p, names[i]), 0600);
    place_drop(&p);
}

TEST(certificate_of_too_many_names_is_refused)
{
    struct world w = {.ops = &world_real_ops, .dir = -1};
    static const char *const names[CERTIFICATE_NAMES_MAX + 1] = {"a", "b", "c", "d", "e",
                                                                 "f", "g", "h", "i"};
    EXPECT_EQ(certificate_make(&w, names, CERTIFICATE_NAMES_MAX + 1, NULL), ERR_LIMIT);
}
