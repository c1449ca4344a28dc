// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"
#include "policy/suggest.h"
#include "test.h"

TEST(suggest_of_a_database_with_nothing_to_take_says_so_of_each_table)
{
    struct survey_table t = {"public", "Odd \"one", 0, 0, NULL};
    const struct survey s = {.table_count = 1, .tables = &t};
    const struct suggest_source source = {
        .name = "a", .conninfo = "host=x", .replication_user = "r", .copy_user = "C d"};
    struct buf out AUTO(buf_donep) = buf_init(1 << 16);
    suggest_print(&source, &s, &out);
    buf_u8(&out, 0);
    EXPECT(strstr((char *)out.at, "    postgres: \"host=x\"\n    replication: {user: r}\n"
                                  "    copy: {user: \"C d\"}\n    tables:\n"
                                  "      # \"Odd \\\"one\" stays out: it has no primary key\n"
                                  "      {}\n") != NULL);
}
