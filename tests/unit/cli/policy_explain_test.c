// SPDX-License-Identifier: Apache-2.0
#include "unit/cli/home.h"
#include "unit/cli/run.h"

TEST(policy_explain_says_what_is_left_of_a_column_and_what_else_there_is)
{
    struct place p = home_make_with(home_policy_text);
    struct ran r = RUN("policy", "explain", "devices.id", "--dir", p.path);
    EXPECT_EQ(r.status, EXIT_STATUS_OK);
    EXPECT(strstr(r.out, "devices.id: pseudonym (policy.yml line 10)") != NULL);
    EXPECT(strstr(r.out, "drop       would reveal less") != NULL);
    EXPECT(strstr(r.out, "keep       would reveal more") != NULL);
    struct ran none = RUN("policy", "explain", "devices.email", "--dir", p.path);
    EXPECT(strstr(none.out, "the policy does not name it, so it does not enter") != NULL);
    EXPECT_EQ(RUN("policy", "explain", "--dir", p.path).status, EXIT_STATUS_USAGE);
    place_drop(&p);
}
