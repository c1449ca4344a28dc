// SPDX-License-Identifier: Apache-2.0
#include "mirror_fleet.h"
#include "server/mirror_keys.h"
#include "test.h"

TEST(mirror_keys_are_asked_by_label)
{
    struct arena *arena AUTO(arena_freep) = arena_new(1 << 20);
    struct mirror_keys *keys;
    EXPECT_EQ(fleet_ask_keys(fleet_policy(arena), "open sesame", &keys, NULL), OK);
    struct sieve_keys sieve = mirror_keys_sieve(keys);
    EXPECT(memcmp(sieve.subjects[0], "pseudonym/device", 17) == 0);
    EXPECT(memcmp(sieve.row_keys[0], "row-key/devices", 16) == 0);
    EXPECT(memcmp(sieve.row_keys[1], "row-key/", 8) == 0);
    struct mirror_logins logins;
    EXPECT_EQ(mirror_keys_logins(keys, 0, &logins, NULL), OK);
    EXPECT(strcmp(logins.replication.user, "r") == 0);
    EXPECT(strcmp(logins.replication.password, "open sesame") == 0);
    EXPECT(logins.copy.password == NULL);
    mirror_logins_done(&logins);
    mirror_keys_free(keys);
    mirror_keys_free(NULL);
}

static void expect_missing(const struct policy *policy, const char *password, const char *words)
{
    struct mirror_keys *keys;
    struct mirror_logins logins;
    struct fault why = {0};
    EXPECT_EQ(fleet_ask_keys(policy, password, &keys, &why), OK);
    EXPECT_EQ(mirror_keys_logins(keys, 0, &logins, &why), ERR_UNAVAILABLE);
    EXPECT(strstr(why.words, words) != NULL);
    mirror_keys_free(keys);
}

TEST(mirror_keys_say_which_password_is_missing)
{
    struct arena *arena AUTO(arena_freep) = arena_new(1 << 20);
    const struct policy *policy = fleet_policy(arena);
    expect_missing(policy, NULL, "password file keys/r");
    expect_missing(policy, "", "holds no password");
}

TEST(mirror_keys_ask_again_only_for_what_is_wanted)
{
    struct arena *arena AUTO(arena_freep) = arena_new(1 << 20);
    struct mirror_keys *keys;
    struct mirror_logins logins;
    EXPECT_EQ(fleet_ask_keys(fleet_policy(arena), NULL, &keys, NULL), OK);
    fleet_ask_again(keys, "too early");
    EXPECT_EQ(mirror_keys_logins(keys, 0, &logins, NULL), ERR_UNAVAILABLE);
    fleet_ask_again(keys, "in time");
    EXPECT_EQ(mirror_keys_logins(keys, 0, &logins, NULL), OK);
    EXPECT(strcmp(logins.replication.password, "in time") == 0);
    mirror_logins_done(&logins);
    fleet_ask_again(keys, "not asked");
    mirror_keys_doubt(keys, 0);
    fleet_ask_again(keys, "changed");
    EXPECT_EQ(mirror_keys_logins(keys, 0, &logins, NULL), OK);
    EXPECT(strcmp(logins.replication.password, "changed") == 0);
    mirror_logins_done(&logins);
    mirror_keys_free(keys);
}
