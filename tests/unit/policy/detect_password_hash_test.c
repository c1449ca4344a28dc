// SPDX-License-Identifier: Apache-2.0
#include "test.h"
#include "unit/policy/detecting.h"

TEST(detect_password_hash_finds_its_forms)
{
    static const char *const texts[] = {
        "$2b$12$abcdefghijklmnopqrstuv", "$argon2id$v=19$m=65536", "SCRAM-SHA-256$4096:c2FsdA==",
        "$6$saltsalt$abcdefghijklmnop",  "pbkdf2_sha256$260000$x", "{SSHA}abcdefghijklmnopqrst"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_detected(texts[i], "password hash");
}

TEST(detect_password_hash_leaves_what_is_alike)
{
    static const char *const texts[] = {"$5 off", "$HOME/$1", "sha256", "$2a$"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_detected(texts[i], "nothing");
}
