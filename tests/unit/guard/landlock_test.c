// SPDX-License-Identifier: Apache-2.0
// What the rules forbid is tried out in sandbox_test.c.
#include "guard/landlock.h"
#include "test.h"

#include <fcntl.h>
#include <unistd.h>

TEST(landlock_says_which_version_the_kernel_has)
{
    int abi = 0;
    struct fault why = {0};
    if (landlock_abi(&abi, &why) == OK)
        EXPECT(abi >= 1);
    else
        EXPECT(strstr(why.words, "Landlock") != NULL);
}

TEST(landlock_rules_for_a_missing_path_are_not_found)
{
    int abi = 0;
    int rules = -1;
    EXPECT_EQ(landlock_abi(&abi, NULL), OK);
    EXPECT_EQ(landlock_new(abi, &rules, NULL), OK);
    EXPECT(fcntl(rules, F_GETFD) & FD_CLOEXEC);
    EXPECT_EQ(landlock_path(rules, abi, "/no/such/path", LANDLOCK_READ, NULL), ERR_NOT_FOUND);
    EXPECT_EQ(landlock_path(rules, abi, "/etc/passwd", LANDLOCK_STORE, NULL), OK);
    EXPECT_EQ(landlock_path(rules, abi, "/etc", LANDLOCK_STORE, NULL), OK);
    EXPECT_EQ(landlock_connect_port(rules, abi, 5432, NULL), OK);
    close(rules);
}

TEST(landlock_without_tcp_rules_takes_no_ports)
{
    EXPECT_EQ(landlock_connect_port(-1, 3, 5432, NULL), OK);
    EXPECT_EQ(landlock_connect_port(-1, 4, 5432, NULL), ERR_IO);
}
