// SPDX-License-Identifier: Apache-2.0
#include "query/request_private.h"
#include "unit/query/parse.h"

TEST(comma_lists_have_no_empty_names)
{
    struct arena *request AUTO(arena_freep) = arena_new(1 << 20);
    struct form f = {.request = request};
    const struct slice *names = NULL;
    uint32_t count = 9;
    request_names(&f, slice_text(",a,,bc,"), &names, &count);
    EXPECT(count == 2 && slice_is(names[0], "a") && slice_is(names[1], "bc"));
    request_names(&f, slice_text(""), &names, &count);
    EXPECT_EQ(count, 0);
    request_names(&f, slice_of(NULL, 0), &names, &count);
    EXPECT_EQ(count, 0);
}
