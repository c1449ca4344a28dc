// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"
#include "server/suggest.h"
#include "test.h"

// The sandbox is real: another kernel's refusal would be another fault, and told as one.
TEST(suggest_of_a_server_that_is_away_is_told_over_the_pipe)
{
    struct fault why = {0};
    struct buf out AUTO(buf_donep) = buf_init(1 << 16);
    const struct suggest_needs needs = {.source = {.name = "a",
                                                   .conninfo = "host=127.0.0.1 port=1 dbname=a",
                                                   .replication_user = "r",
                                                   .copy_user = "c"},
                                        .user = "c"};
    EXPECT_EQ(suggest_run(&needs, &out, &why), ERR_UNAVAILABLE);
    EXPECT(strstr(why.words, "connecting as c") != NULL);
    EXPECT_EQ(out.len, 0);
}

TEST(suggest_of_a_connection_that_does_not_parse_is_told)
{
    struct fault why = {0};
    struct buf out AUTO(buf_donep) = buf_init(1 << 16);
    const struct suggest_needs needs = {.source = {.name = "a", .conninfo = "host='"}};
    EXPECT_EQ(suggest_run(&needs, &out, &why), ERR_INVALID);
    EXPECT(strstr(why.words, "does not parse") != NULL);
}
