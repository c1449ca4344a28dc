// SPDX-License-Identifier: Apache-2.0
#include "access/access.h"
#include "gate.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int64_t gate_now_ms;

static int64_t gate_clock(void)
{
    return gate_now_ms;
}

struct gate gate_open(void)
{
    struct gate f = {.directory = "/tmp/tamis-access-XXXXXX"};
    EXPECT(mkdtemp(f.directory));
    gate_now_ms = 1700000000000;
    EXPECT_EQ(access_open(f.directory, true, &f.access, NULL), OK);
    f.access->now_ms = gate_clock;
    return f;
}

void gate_close(struct gate *f)
{
    access_close(f->access);
    static const char *const names[] = {"catalog.db", "catalog.db-wal", "catalog.db-shm"};
    for (int i = 0; i < 3; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", f->directory, names[i]);
        unlink(path);
    }
    rmdir(f->directory);
}

const char *gate_basic(const char *name, const char *password)
{
    static char text[512];
    char pair[256];
    int len = snprintf(pair, sizeof pair, "%s:%s", name, password);
    struct buf b = buf_init(512);
    buf_text(&b, "Basic ");
    base64url_print(slice_of(pair, (size_t)len), &b);
    snprintf(text, sizeof text, "%.*s", (int)b.len, (const char *)b.at);
    buf_done(&b);
    return text;
}

enum err gate_check(struct gate *f, const char *authorization, struct principal *out)
{
    uint32_t wait_s;
    return access_check(f->access, slice_text(authorization), slice_text("10.0.0.1"), out, &wait_s,
                        NULL);
}

static void add_ana(struct gate *f, uint32_t roles)
{
    EXPECT_EQ(
        access_user_add(f->access, slice_text("ana"), slice_text("long enough one"), roles, NULL),
        OK);
}

TEST(access_lets_in_who_has_the_password)
{
    struct gate f = gate_open();
    add_ana(&f, 1U << ROLE_ANALYST);
    struct principal who;
    EXPECT_EQ(gate_check(&f, gate_basic("ana", "long enough one"), &who), OK);
    EXPECT(strcmp(who.name, "ana") == 0);
    EXPECT_EQ(who.roles, 1U << ROLE_ANALYST);
    EXPECT_EQ(who.key_id[0], 0);
    gate_close(&f);
}

TEST(access_says_the_same_of_unknown_users_and_wrong_passwords)
{
    struct gate f = gate_open();
    add_ana(&f, 1U << ROLE_ANALYST);
    struct principal who;
    struct fault unknown = {0};
    struct fault wrong = {0};
    uint32_t wait_s;
    struct slice address = slice_text("10.0.0.1");
    EXPECT_EQ(access_check(f.access, slice_text(gate_basic("bob", "long enough one")), address,
                           &who, &wait_s, &unknown),
              ERR_DENIED);
    EXPECT_EQ(access_check(f.access, slice_text(gate_basic("ana", "something else")), address, &who,
                           &wait_s, &wrong),
              ERR_DENIED);
    EXPECT(strcmp(unknown.words, wrong.words) == 0);
    EXPECT(!strstr(unknown.words, "bob"));
    EXPECT(f.access->dummy_hash[0]); // so the unknown user cost an Argon2id too
    gate_close(&f);
}

TEST(access_slows_an_address_that_guesses)
{
    struct gate f = gate_open();
    struct principal who;
    uint32_t wait_s = 0;
    struct slice address = slice_text("10.0.0.9");
    struct slice bad = slice_text("Basic x");
    for (int i = 0; i < 3; i++)
        EXPECT_EQ(access_check(f.access, bad, address, &who, &wait_s, NULL), ERR_DENIED);
    struct slice guess = slice_text(gate_basic("ana", "whatever it is"));
    EXPECT_EQ(access_check(f.access, guess, address, &who, &wait_s, NULL), ERR_LIMIT);
    EXPECT_EQ(wait_s, 15);
    EXPECT_EQ(f.access->dummy_hash[0], 0); // and spends no Argon2id on it
    gate_now_ms += 15000;
    EXPECT_EQ(access_check(f.access, guess, address, &who, &wait_s, NULL), ERR_DENIED);
    gate_close(&f);
}

TEST(access_without_credentials_is_denied_but_not_slowed)
{
    struct gate f = gate_open();
    struct principal who;
    uint32_t wait_s = 0;
    struct slice address = slice_text("10.0.0.9");
    struct fault why = {0};
    for (int i = 0; i < 10; i++)
        EXPECT_EQ(access_check(f.access, slice_of(NULL, 0), address, &who, &wait_s, &why),
                  ERR_DENIED);
    EXPECT(strstr(why.words, "missing authentication credentials"));
    EXPECT_EQ(wait_s, 0);
    gate_close(&f);
}

TEST(access_answers_again_without_hashing_until_something_changes)
{
    struct gate f = gate_open();
    add_ana(&f, 1U << ROLE_ANALYST);
    struct principal who;
    char basic[512];
    snprintf(basic, sizeof basic, "%s", gate_basic("ana", "long enough one"));
    EXPECT_EQ(gate_check(&f, basic, &who), OK);
    EXPECT(credential_cache_find(&f.access->cache, slice_text(basic), gate_now_ms, &who));
    EXPECT_EQ(gate_check(&f, basic, &who), OK);
    EXPECT_EQ(access_user_remove(f.access, slice_text("ana"), NULL), OK);
    EXPECT_EQ(gate_check(&f, basic, &who), ERR_DENIED);
    gate_close(&f);
}

TEST(access_notices_what_the_command_line_changed)
{
    struct gate f = gate_open();
    add_ana(&f, 1U << ROLE_ANALYST);
    struct principal who;
    char basic[512];
    snprintf(basic, sizeof basic, "%s", gate_basic("ana", "long enough one"));
    EXPECT_EQ(gate_check(&f, basic, &who), OK);
    struct access *other;
    EXPECT_EQ(access_open(f.directory, false, &other, NULL), OK);
    EXPECT_EQ(access_user_remove(other, slice_text("ana"), NULL), OK);
    access_close(other);
    EXPECT_EQ(gate_check(&f, basic, &who), ERR_DENIED);
    gate_close(&f);
}

TEST(access_wants_the_catalogue_to_be_there)
{
    struct access *a;
    EXPECT_EQ(access_open("/tmp/tamis-there-is-none", false, &a, NULL), ERR_NOT_FOUND);
}
