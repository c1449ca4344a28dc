// SPDX-License-Identifier: Apache-2.0
#include "access/access_private.h"
#include "base/buf.h"
#include "test.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

// Many threads check right and wrong keys while another makes and ends keys.

enum { THREADS = 4, CHECKS_OF_EACH = 200, KEYS_MADE = 20 };

struct checking {
    struct access *access;
    char right[256];
    bool all_right;
};

static void *check_often(void *context)
{
    struct checking *c = context;
    struct slice home = slice_text("10.0.0.1");
    struct slice elsewhere = slice_text("10.9.9.9");
    c->all_right = true;
    for (int i = 0; i < CHECKS_OF_EACH; i++) {
        struct principal who;
        uint32_t wait_s;
        struct slice right = slice_text(c->right);
        c->all_right &= access_check(c->access, right, home, &who, &wait_s, NULL) == OK;
        struct slice wrong = slice_text("ApiKey eDp5");
        enum err e = access_check(c->access, wrong, elsewhere, &who, &wait_s, NULL);
        c->all_right &= e == ERR_DENIED || e == ERR_LIMIT;
    }
    return NULL;
}

static const struct principal ana = {.name = "ana", .roles = 1U << ROLE_METRICS};

static struct api_key make_key(struct access *a)
{
    struct api_key k = {0};
    EXPECT_EQ(access_key_add(a, &ana, slice_text("key"), ana.roles, "", 0, &k, NULL), OK);
    return k;
}

static void header_of(const struct api_key *k, char out[256])
{
    char pair[96];
    int len = snprintf(pair, sizeof pair, "%s:%s", k->id, k->secret);
    struct buf b = buf_init(256);
    base64url_print(slice_of(pair, (size_t)len), &b);
    snprintf(out, 256, "ApiKey %.*s", (int)b.len, (const char *)b.at);
    buf_done(&b);
}

static bool run(struct access *a)
{
    struct api_key k = make_key(a);
    struct checking each[THREADS];
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        each[i].access = a;
        header_of(&k, each[i].right);
        EXPECT_EQ(pthread_create(&threads[i], NULL, check_often, &each[i]), 0);
    }
    for (int i = 0; i < KEYS_MADE; i++) {
        struct api_key other = make_key(a);
        EXPECT_EQ(access_key_invalidate(a, NULL, slice_text(other.id), NULL), OK);
    }
    bool all_right = true;
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        all_right &= each[i].all_right;
    }
    return all_right;
}

TEST(access_is_asked_by_many_threads_at_once)
{
    char directory[] = "/tmp/tamis-threads-XXXXXX";
    EXPECT(mkdtemp(directory));
    struct access *a = NULL;
    EXPECT_EQ(access_open(directory, true, &a, NULL), OK);
    struct catalog_user user = {.name = "ana", .password_hash = "none", .roles = ana.roles};
    EXPECT_EQ(catalog_user_add(a->catalog, &user, 1, NULL), OK);
    bool all_right = run(a);
    access_close(a);
    static const char *const names[] = {"catalog.db", "catalog.db-wal", "catalog.db-shm"};
    for (int i = 0; i < 3; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", directory, names[i]);
        unlink(path);
    }
    rmdir(directory);
    EXPECT(all_right);
}
