// SPDX-License-Identifier: Apache-2.0
#include "unit/cli/home.h"
#include "unit/cli/run.h"

TEST(policy_suggest_in_wrong_words_is_wrong_use)
{
    EXPECT_EQ(RUN("policy", "suggest", "fleet").status, EXIT_STATUS_USAGE);
    EXPECT_EQ(RUN("policy", "suggest", "--dir", "d").status, EXIT_STATUS_USAGE);
    EXPECT_EQ(RUN("policy", "suggest", "f", "--dir", "d", "--postgres", "host=x").status,
              EXIT_STATUS_USAGE);
    EXPECT_EQ(RUN("policy", "check", "--dir", "d", "--user", "x").status, EXIT_STATUS_USAGE);
}

TEST(policy_suggest_of_a_source_that_is_nowhere_says_how_to_name_it)
{
    struct place p = home_make_with(home_policy_text);
    struct ran r = RUN("policy", "suggest", "fleat", "--dir", p.path);
    EXPECT_EQ(r.status, EXIT_STATUS_FAILED);
    EXPECT(strstr(r.err, "--postgres") != NULL);
    EXPECT(strstr(r.err, "no source 'fleat'") != NULL);
    EXPECT(r.out[0] == '\0');
    place_drop(&p);
}
