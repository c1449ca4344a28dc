// SPDX-License-Identifier: Apache-2.0
#include "api/list.h"
#include "test.h"

TEST(list_gives_each_part_without_blanks)
{
    struct slice rest = slice_text(" a, b ,,c");
    struct slice part;
    EXPECT(list_next(&rest, &part) && slice_is(part, "a"));
    EXPECT(list_next(&rest, &part) && slice_is(part, "b"));
    EXPECT(list_next(&rest, &part) && slice_is(part, "c"));
    EXPECT(!list_next(&rest, &part));
}

TEST(list_of_nothing_is_empty)
{
    struct slice rest = slice_text(", ,");
    struct slice part;
    EXPECT(!list_next(&rest, &part));
    rest = slice_of(NULL, 0);
    EXPECT(!list_next(&rest, &part));
}
