// SPDX-License-Identifier: Apache-2.0
#include "access/access.h"
#include "keys/crypto.h"
#include "test.h"

TEST(password_made_is_long_and_never_twice_the_same)
{
    EXPECT_EQ(crypto_start(NULL), OK);
    char one[PASSWORD_MADE_BYTES];
    char two[PASSWORD_MADE_BYTES];
    access_password_make(one);
    access_password_make(two);
    EXPECT_EQ(strlen(one), 24);
    EXPECT(strcmp(one, two) != 0);
    EXPECT(!strpbrk(one, "0O1lI"));
}
