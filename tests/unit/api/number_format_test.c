// SPDX-License-Identifier: Apache-2.0
#include "api/number_format.h"
#include "test.h"

#include <math.h>

static bool prints(double v, const char *pattern, const char *want)
{
    struct buf out = buf_init(512);
    enum err e = number_format(v, slice_text(pattern), &out, NULL);
    bool same = e == OK && slice_is(buf_slice(&out), want);
    buf_done(&out);
    return same;
}

TEST(number_format_keeps_least_and_most_digits)
{
    EXPECT(prints(5, "0.00", "5.00"));
    EXPECT(prints(5.126, "0.00", "5.13"));
    EXPECT(prints(5.5, "0.##", "5.5"));
    EXPECT(prints(5, "0.##", "5"));
    EXPECT(prints(7, "000", "007"));
    EXPECT(prints(50, "##0.0", "50.0"));
    EXPECT(prints(0.25, "#.##", ".25"));
    EXPECT(prints(0, "#", "0"));
    EXPECT(prints(-1.5, "0.0", "-1.5"));
}

TEST(number_format_groups_and_takes_percent)
{
    EXPECT(prints(1234567.5, "#,##0.0", "1,234,567.5"));
    EXPECT(prints(123, "#,##0", "123"));
    EXPECT(prints(0.256, "0.0%", "25.6%"));
}

TEST(number_format_that_is_none_is_refused)
{
    EXPECT(!prints(1, "", ""));
    EXPECT(!prints(1, "abc", ""));
    EXPECT(!prints(1, "0.0x", ""));
    EXPECT(!prints(1, "0.00000000000000000", ""));
    EXPECT(!prints(NAN, "0", ""));
}
