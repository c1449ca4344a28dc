// SPDX-License-Identifier: Apache-2.0
#include "test.h"
#include "unit/policy/detecting.h"

static bool is_token(const char *text)
{
    return strcmp(detected(text), "amazon token") == 0;
}

TEST(detect_amazon_finds_the_four_tokens)
{
    EXPECT(is_token("Atza|IQEBLjAsAhRmHjNgHpi0U"));
    EXPECT(is_token("token=Atzr|IQEBLzAtAhRPpMJxdwVz2"));
    EXPECT(is_token("Atna|EwICIGh2x-yzABCDEFGH_1="));
    EXPECT(is_token("Atnr%7CEwICIGh2xyzABCDEFGH"));
}

TEST(detect_amazon_leaves_the_bare_prefix)
{
    EXPECT(!is_token("Atza|"));
    EXPECT(!is_token("Atza|short"));
    EXPECT(!is_token("Atzx|IQEBLjAsAhRmHjNgHpi0U"));
    EXPECT(!is_token("ATZA|IQEBLjAsAhRmHjNgHpi0U"));
}
