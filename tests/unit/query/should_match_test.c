// SPDX-License-Identifier: Apache-2.0
#include "query/should_match.h"
#include "test.h"

TEST(should_match_counts_and_percentages)
{
    static const struct {
        const char *spec;
        uint32_t clauses, want;
    } cases[] = {
        {"2", 4, 2},           {"-1", 4, 3},          {"75%", 4, 3},
        {"75%", 5, 3},         {"-25%", 4, 3},        {"-25%", 5, 4},
        {"0", 3, 0},           {"5", 3, 5},           {"-5", 3, 0},
        {"100%", 3, 3},        {"2<75%", 2, 2},       {"2<75%", 4, 3},
        {"2<-25% 9<-3", 2, 2}, {"2<-25% 9<-3", 4, 3}, {"2<-25% 9<-3", 10, 7},
        {" 1 ", 3, 1},         {"-100%", 3, 0},       {"1", 0, 1},
        {"50%", 0, 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t got = 99;
        EXPECT_EQ(should_match_min(slice_text(cases[i].spec), cases[i].clauses, &got), OK);
        if (got != cases[i].want)
            test_fail(__FILE__, __LINE__, "%s of %u is %u", cases[i].spec, cases[i].clauses, got);
    }
}

TEST(should_match_refuses_what_is_no_spec)
{
    static const char *const bad[] = {"",   " ",   "x",   "%",     "1.5",        "2<",
                                      "<2", "2<x", "x<1", "2<1 3", "99999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint32_t got = 0;
        EXPECT_EQ(should_match_min(slice_text(bad[i]), 3, &got), ERR_INVALID);
    }
}
