// SPDX-License-Identifier: Apache-2.0
#include "unit/access/trusted.h"

#include <sqlite3.h>

int64_t trusted_now_ms;

static int64_t test_clock(void)
{
    return trusted_now_ms;
}

enum err trusted_reopen(struct trusted *t, struct fault *why)
{
    access_close(t->access);
    t->access = NULL;
    enum err e = access_open_trusted(t->place.path, false, &t->dir, t->ring, &t->access, why);
    if (!e)
        t->access->now_ms = test_clock;
    return e;
}

void trusted_sql(const struct trusted *t, const char *sql)
{
    sqlite3 *db = NULL;
    EXPECT_EQ(sqlite3_open(place_name(&t->place, "catalog.db"), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void add(struct trusted *t, const char *name, enum role role)
{
    struct catalog_user user = {.roles = 1u << role};
    snprintf(user.name, sizeof user.name, "%s", name);
    snprintf(user.password_hash, sizeof user.password_hash, "of %s", name);
    EXPECT_EQ(catalog_user_add(t->access->catalog, &user, trusted_now_ms, NULL), OK);
}

void trusted_make(struct trusted *t)
{
    *t = (struct trusted){.place = place_make()};
    trusted_now_ms = 1700000000000;
    EXPECT_EQ(crypto_start(NULL), OK);
    EXPECT_EQ(world_open(t->place.path, &t->dir, NULL), OK);
    EXPECT_EQ(key_ring_make(&t->dir, NULL), OK);
    EXPECT_EQ(key_ring_open(&t->dir, &t->ring, NULL), OK);
    EXPECT_EQ(access_open_trusted(t->place.path, true, &t->dir, t->ring, &t->access, NULL), OK);
    t->access->now_ms = test_clock;
    add(t, "ann", ROLE_ADMIN);
    add(t, "bob", ROLE_ADMIN);
    add(t, "cy", ROLE_ANALYST);
}

void trusted_drop(struct trusted *t)
{
    access_close(t->access);
    key_ring_close(t->ring);
    world_close(&t->dir);
    place_drop(&t->place);
}

static void copy(const struct trusted *t, const char *from, const char *to)
{
    struct buf bytes AUTO(buf_donep) = buf_init(16 << 20);
    EXPECT_EQ(world_read_file(&t->dir, from, &bytes, NULL), OK);
    EXPECT_EQ(world_write_file(&t->dir, to, buf_slice(&bytes), NULL), OK);
}

TEST(trusted_catalogue_that_is_an_older_one_is_refused)
{
    struct trusted t;
    struct fault why = {0};
    trusted_make(&t);
    access_close(t.access); // with its write-ahead log written back
    t.access = NULL;
    copy(&t, "catalog.db", "older");
    EXPECT_EQ(trusted_reopen(&t, NULL), OK);
    EXPECT_EQ(catalog_user_enable(t.access->catalog, slice_text("cy"), false, NULL), OK);
    EXPECT_EQ(access_settle_head(t.access, &t.dir, NULL), OK);
    access_close(t.access);
    t.access = NULL;
    copy(&t, "older", "catalog.db");
    EXPECT_EQ(trusted_reopen(&t, &why), ERR_CORRUPT);
    EXPECT(strstr(why.words, "an older one was put in its place") != NULL);
    trusted_drop(&t);
}

TEST(trusted_catalogue_lets_nobody_in_without_the_key)
{
    struct trusted t;
    struct access *a = NULL;
    struct principal who;
    uint32_t wait_s = 0;
    trusted_make(&t);
    EXPECT_EQ(access_open(t.place.path, false, &a, NULL), OK);
    EXPECT_EQ(access_check(a, slice_text("ApiKey YTpi"), slice_text("::1"), &who, &wait_s, NULL),
              ERR_UNAVAILABLE);
    EXPECT_EQ(access_user_remove(a, slice_text("cy"), NULL), ERR_UNAVAILABLE);
    static const uint8_t wrong[KEY_BYTES] = {1};
    EXPECT_EQ(access_trust(a, wrong, 0, NULL), ERR_CORRUPT);
    access_close(a);
    trusted_drop(&t);
}
