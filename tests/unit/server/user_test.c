// SPDX-License-Identifier: Apache-2.0
#include "server/user.h"
#include "test.h"

#include <stdio.h>

static enum err resolve(const char *serve, struct process_user out[PROCESS_COUNT],
                        struct fault *why)
{
    struct config c;
    config_default(&c);
    snprintf(c.users[PROCESS_SERVE], CONFIG_USER_BYTES, "%s", serve);
    return users_resolve(&c, true, out, why);
}

TEST(users_are_their_own_only_when_started_as_root)
{
    struct config c;
    struct process_user users[PROCESS_COUNT];
    config_default(&c);
    EXPECT_EQ(users_resolve(&c, true, users, NULL), OK);
    EXPECT(users[PROCESS_KEEPER].is_own);
    EXPECT_EQ(users[PROCESS_KEEPER].uid, 61841);
    EXPECT_EQ(users[PROCESS_MIRROR].gid, 61842);
    EXPECT_EQ(users[PROCESS_SERVE].uid, 61843);
    EXPECT_EQ(users_resolve(&c, false, users, NULL), OK);
    EXPECT(!users[PROCESS_SERVE].is_own);
}

TEST(users_may_be_neither_root_nor_shared_nor_unknown)
{
    struct process_user users[PROCESS_COUNT];
    struct fault why = {0};
    EXPECT_EQ(resolve("0", users, &why), ERR_INVALID);
    EXPECT(strstr(why.words, "root") != NULL);
    EXPECT_EQ(resolve("root", users, &why), ERR_INVALID);
    EXPECT_EQ(resolve("61841", users, &why), ERR_INVALID);
    EXPECT(strstr(why.words, "share") != NULL);
    EXPECT_EQ(resolve("no-such-user-here", users, &why), ERR_INVALID);
    EXPECT(strstr(why.words, "no-such-user-here") != NULL);
    EXPECT_EQ(resolve("4294967295", users, &why), ERR_INVALID); // (uid_t)-1 means "leave it"
    EXPECT_EQ(resolve("nobody", users, &why), OK);
    EXPECT_EQ(users[PROCESS_SERVE].uid, 65534);
}
