// SPDX-License-Identifier: Apache-2.0
#include "server/certificate.h"
#include "server/directory.h"
#include "server/tls.h"
#include "unit/server/place.h"

struct files {
    struct place place;
    struct world w;
    struct buf key, cert, ca;
};

static void read_one(struct files *f, const char *name, struct buf *out)
{
    *out = buf_init(1 << 16);
    EXPECT_EQ(world_read_file(&f->w, name, out, NULL), OK);
}

static void files_make(struct files *f)
{
    f->place = place_make();
    EXPECT_EQ(directory_make(place_name(&f->place, "home"), &f->w, NULL), OK);
    EXPECT_EQ(certificate_make(&f->w, NULL, 0, NULL), OK);
    read_one(f, "tls/server.key", &f->key);
    read_one(f, "tls/server.crt", &f->cert);
    read_one(f, "tls/ca.crt", &f->ca);
}

static void files_drop(struct files *f)
{
    buf_done(&f->key);
    buf_done(&f->cert);
    buf_done(&f->ca);
    world_close(&f->w);
    place_drop(&f->place);
}

static void expect_refused(struct slice key, struct slice cert, struct slice clients,
                           const char *words)
{
    struct tls *t = NULL;
    struct fault why = {0};
    const struct tls_pem pem = {key, cert, clients};
    EXPECT_EQ(tls_new(&pem, &t, &why), ERR_INVALID);
    if (!strstr(why.words, words))
        test_fail(__FILE__, __LINE__, "'%s' does not say '%s'", why.words, words);
}

TEST(tls_tells_how_long_its_certificate_is_good)
{
    struct files f;
    struct tls *t = NULL;
    files_make(&f);
    const struct tls_pem pem = {buf_slice(&f.key), buf_slice(&f.cert), slice_of(NULL, 0)};
    EXPECT_EQ(tls_new(&pem, &t, NULL), OK);
    const struct tls_facts *facts = tls_facts(t);
    EXPECT(facts->from_ms <= now_ms());
    EXPECT(facts->until_ms > now_ms() + INT64_C(700) * 24 * 3600 * 1000);
    EXPECT_EQ(strlen(facts->print), 64);
    EXPECT_EQ(facts->clients, 0);
    EXPECT(tls_ref(t) == t);
    tls_unref(t);
    tls_unref(t);
    files_drop(&f);
}

TEST(tls_refuses_a_key_that_is_another_certificates)
{
    struct files f;
    struct files other;
    files_make(&f);
    files_make(&other);
    expect_refused(buf_slice(&other.key), buf_slice(&f.cert), slice_of(NULL, 0),
                   "do not belong to each other");
    files_drop(&other);
    files_drop(&f);
}

TEST(tls_says_which_text_is_wrong)
{
    struct files f;
    struct slice none = slice_of(NULL, 0);
    files_make(&f);
    struct slice key = buf_slice(&f.key);
    struct slice cert = buf_slice(&f.cert);
    expect_refused(key, slice_text("nothing"), none, "the server's certificate");
    expect_refused(key, none, none, "the server's certificate");
    expect_refused(slice_text("nothing"), cert, none, "the server's key");
    expect_refused(cert, cert, none, "the server's key");
    expect_refused(key, cert, slice_text("nothing"), "tls.client_ca");
    expect_refused(key, cert, cert, "not one of an authority"); // any certificate signs nothing
    files_drop(&f);
}

// A file that is being written is cut somewhere.
TEST(tls_takes_no_prefix_of_its_texts)
{
    struct files f;
    struct tls *t = NULL;
    files_make(&f);
    for (size_t len = 0; len + 40 < f.key.len; len += 7) {
        const struct tls_pem pem = {slice_of(f.key.at, len), buf_slice(&f.cert), slice_of(NULL, 0)};
        EXPECT_EQ(tls_new(&pem, &t, NULL), ERR_INVALID);
    }
    for (size_t len = 0; len + 40 < f.cert.len; len += 7) {
        const struct tls_pem pem = {buf_slice(&f.key), slice_of(f.cert.at, len), slice_of(NULL, 0)};
        EXPECT_EQ(tls_new(&pem, &t, NULL), ERR_INVALID);
    }
    EXPECT(t == NULL);
    files_drop(&f);
}

TEST(tls_counts_the_authorities_of_clients)
{
    struct files f;
    struct tls *t = NULL;
    files_make(&f);
    const struct tls_pem pem = {buf_slice(&f.key), buf_slice(&f.cert), buf_slice(&f.ca)};
    EXPECT_EQ(tls_new(&pem, &t, NULL), OK);
    EXPECT_EQ(tls_facts(t)->clients, 1);
    tls_unref(t);
    files_drop(&f);
}
