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
    struct source_login login = mirror_keys_replication(keys, 0);
    EXPECT(strcmp(login.user, "r") == 0);
    EXPECT(strcmp(login.password, "open sesame") == 0);
    EXPECT(mirror_keys_copy(keys, 0).password == NULL);
    mirror_keys_free(keys);
    mirror_keys_free(NULL);
}

TEST(mirror_keys_refused_or_empty_say_which)
{
    struct arena *arena AUTO(arena_freep) = arena_new(1 << 20);
    const struct policy *policy = fleet_policy(arena);
    struct mirror_keys *keys;
    struct fault why = {0};
    EXPECT_EQ(fleet_ask_keys(policy, NULL, &keys, &why), ERR_DENIED);
    EXPECT(strstr(why.words, "password file keys/r") != NULL);
    EXPECT_EQ(fleet_ask_keys(policy, "", &keys, &why), ERR_INVALID);
    EXPECT(strstr(why.words, "holds no password") != NULL);
}
