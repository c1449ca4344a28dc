// SPDX-License-Identifier: Apache-2.0
#include "access/access.h"
#include "test.h"

TEST(role_names_read_back)
{
    for (int r = 0; r < ROLE_COUNT; r++) {
        enum role back;
        EXPECT_EQ(role_parse(slice_text(role_name((enum role)r)), &back, NULL), OK);
        EXPECT_EQ(back, r);
    }
}

TEST(role_that_is_none_is_refused_and_no_role_is_anonymous)
{
    enum role r;
    struct fault why = {0};
    EXPECT_EQ(role_parse(slice_text("anonymous"), &r, &why), ERR_INVALID);
    EXPECT(strstr(why.words, "analyst"));
    EXPECT_EQ(role_parse(slice_text(""), &r, NULL), ERR_INVALID);
    EXPECT_EQ(role_parse(slice_text("admi"), &r, NULL), ERR_INVALID);
}
