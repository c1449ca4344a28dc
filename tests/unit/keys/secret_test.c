// SPDX-License-Identifier: Apache-2.0
#include "keys/crypto.h"
#include "test.h"

#include <sys/wait.h>
#include <unistd.h>

TEST(secret_keeps_a_copy)
{
    char key[] = "0123456789abcdef";
    struct secret *s = secret_new(key, 16);
    wipe(key, sizeof key);
    EXPECT(slice_is(secret_bytes(s), "0123456789abcdef"));
    EXPECT_EQ(key[0], 0);
    secret_free(s);
    secret_free(NULL);
}

TEST(secret_of_odd_length_ends_at_its_guard)
{
    struct secret *s = secret_random(4097);
    EXPECT_EQ(secret_bytes(s).len, 4097);
    EXPECT_EQ((uintptr_t)(secret_bytes(s).at + 4097) % 4096, 0);
    secret_free(s);
}

TEST(secret_is_zero_in_a_forked_child)
{
    struct secret *s = secret_new("k", 1);
    pid_t child = fork();
    if (child == 0)
        _exit(secret_bytes(s).at[0]);
    int status = -1;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(secret_bytes(s).at[0], 'k');
    secret_free(s);
}
