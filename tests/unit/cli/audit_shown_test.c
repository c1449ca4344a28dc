// SPDX-License-Identifier: Apache-2.0
#include "cli/audit_shown.h"
#include "test.h"

static struct shown shown_of(struct arguments *a)
{
    return (struct shown){.a = a};
}

// What the commands do with a log is in verb_audit_test.c; here is what they are told.
TEST(shown_trace_is_of_everybody_and_all_time_when_nothing_is_said)
{
    struct arguments none = {0};
    struct shown s = shown_of(&none);
    EXPECT_EQ(shown_trace(&s, NULL), OK);
    EXPECT_EQ(s.trace.from_ms, INT64_MIN);
    EXPECT_EQ(s.trace.to_ms, INT64_MAX);
    EXPECT_EQ(s.trace.principal.len, 0);
}
