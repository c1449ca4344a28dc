// SPDX-License-Identifier: Apache-2.0
#include "unit/cli/home.h"
#include "unit/cli/run.h"

TEST(source_sql_grants_exactly_the_declared_columns)
{
    struct place p = home_make_with(home_policy_text);
    struct ran r = RUN("source", "sql", "fleet", "--dir", p.path);
    EXPECT_EQ(r.status, EXIT_STATUS_OK);
    EXPECT(r.err[0] == '\0');
    EXPECT(strstr(r.out, "CREATE PUBLICATION") != NULL);
    EXPECT(strstr(r.out, "nickname") != NULL);
    EXPECT(strstr(r.out, "ssid") == NULL);
    struct ran file = RUN("source", "sql", "fleet", "--file", place_name(&p, "policy.yml"));
    EXPECT(strcmp(file.out, r.out) == 0);
    place_drop(&p);
}

TEST(source_that_is_not_declared_is_told_with_those_that_are)
{
    struct place p = home_make_with(home_policy_text);
    struct ran r = RUN("source", "sql", "fleat", "--dir", p.path);
    EXPECT_EQ(r.status, EXIT_STATUS_FAILED);
    EXPECT(r.out[0] == '\0');
    EXPECT(strstr(r.err, "no source 'fleat'; there are: fleet") != NULL);
    EXPECT_EQ(RUN("source", "sql", "fleet", "--dir", "/no/such").status, EXIT_STATUS_FAILED);
    place_drop(&p);
}

TEST(source_in_wrong_words_is_wrong_use)
{
    EXPECT_EQ(RUN("source", "sqll", "fleet", "--dir", "d").status, EXIT_STATUS_USAGE);
    EXPECT_EQ(RUN("source", "sql", "--dir", "d").status, EXIT_STATUS_USAGE);
    EXPECT_EQ(RUN("source", "sql", "fleet").status, EXIT_STATUS_USAGE);
}
