// SPDX-License-Identifier: Apache-2.0
#include "cli/amount.h"
#include "test.h"

#include <stdbool.h>
#include <string.h>

static bool reads(const char *got, const char *want)
{
    return strcmp(got, want) == 0;
}

TEST(amount_of_rows_has_its_thousands_apart)
{
    char text[AMOUNT_BYTES];
    EXPECT(reads(amount_count(0, text), "0"));
    EXPECT(reads(amount_count(999, text), "999"));
    EXPECT(reads(amount_count(1000, text), "1,000"));
    EXPECT(reads(amount_count(168364, text), "168,364"));
    EXPECT(reads(amount_count(INT64_MAX, text), "9,223,372,036,854,775,807"));
    EXPECT(reads(amount_count(-5, text), "0"));
}

TEST(amount_of_bytes_has_a_unit_that_fits)
{
    char text[AMOUNT_BYTES];
    EXPECT(reads(amount_bytes(-1, text), "0 B"));
    EXPECT(reads(amount_bytes(999, text), "999 B"));
    EXPECT(reads(amount_bytes(1000, text), "1.0 kB"));
    EXPECT(reads(amount_bytes(999960, text), "1.0 MB"));
    EXPECT(reads(amount_bytes(6200000, text), "6.2 MB"));
    EXPECT(reads(amount_bytes(INT64_MAX, text), "9223372.0 TB"));
}

TEST(amount_of_time_has_a_unit_that_fits)
{
    char text[AMOUNT_BYTES];
    EXPECT(reads(amount_duration(-3, text), "0.0 s"));
    EXPECT(reads(amount_duration(340, text), "0.3 s"));
    EXPECT(reads(amount_duration(48999, text), "48 s"));
    EXPECT(reads(amount_duration(120000, text), "2 min"));
    EXPECT(reads(amount_duration(7200000, text), "2 h"));
    EXPECT(reads(amount_duration(4LL * 86400000, text), "4 d"));
}
