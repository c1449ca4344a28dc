// SPDX-License-Identifier: Apache-2.0
#include "unit/query/parse.h"

TEST(the_result_window_is_bounded)
{
    struct arena *request AUTO(arena_freep) = arena_new(1 << 20);
    struct request r = request_of(request, "{'from':5,'size':9995}");
    EXPECT_EQ(request_check(&r, NULL), OK);
    request_refused("{'from':6,'size':9995}",
                    "illegal_argument_exception: Result window is too large, from + size must be "
                    "less than or equal to: [10000] but was [10001]. See the scroll api for a more "
                    "efficient way to request large data sets. This limit can be set by changing "
                    "the [index.max_result_window] index level setting.");
    request_refused("{'from':2147483647,'size':2147483647}",
                    "illegal_argument_exception: Result window is too large, from + size must be "
                    "less than or equal to: [10000] but was [4294967294]. See the scroll api for a "
                    "more efficient way to request large data sets. This limit can be set by "
                    "changing the [index.max_result_window] index level setting.");
}

TEST(search_after_needs_a_sort_of_its_length_and_no_from)
{
    request_refused("{'search_after':[1],'sort':'a','from':1}",
                    "illegal_argument_exception: `from` parameter must be set to 0 when "
                    "`search_after` is used.");
    request_refused("{'search_after':[1]}",
                    "illegal_argument_exception: Sort must contain at least one field.");
    request_refused("{'search_after':[1,2],'sort':'a'}",
                    "illegal_argument_exception: search_after has 2 value(s) but sort has 1.");
}
