// SPDX-License-Identifier: Apache-2.0
#include "unit/api/talk.h"

// Rows that go need mirror's end: tests/flow/test_push.py.  Here is what is refused before.

TEST(api_delete_by_query_is_for_pushed_indices_and_for_writers)
{
    struct talk t;
    talk_open(&t, 0);
    static const char line[] = "POST /events/_delete_by_query";
    EXPECT_EQ(talk_ask(&t, ROLE_WRITER, line, "{\"query\":{\"match_all\":{}}}"), 400);
    talk_expect(&t, "index [events] is mirrored from source [fleet]");
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, line, "{\"query\":{\"match_all\":{}}}"), 403);
    EXPECT_EQ(talk_ask(&t, ROLE_METRICS, line, "{\"query\":{\"match_all\":{}}}"), 403);
    EXPECT_EQ(talk_ask(&t, ROLE_WRITER, "POST /nosuch/_delete_by_query", "{}"), 404);
    EXPECT_EQ(talk_ask(&t, ROLE_WRITER, "POST /events/_delete_by_query?colour=red", "{}"), 400);
    talk_expect(&t, "unrecognized parameter: [colour]");
    talk_close(&t);
}
