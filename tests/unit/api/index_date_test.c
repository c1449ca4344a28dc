// SPDX-License-Identifier: Apache-2.0
#include "api/index_date.h"
#include "base/buf.h"
#include "base/date.h"
#include "base/world.h"
#include "test.h"

#include <stdio.h>

static enum err resolve(const char *name, char out[128])
{
    struct arena *arena AUTO(arena_freep) = arena_new(1 << 16);
    struct slice got;
    enum err e = index_date_resolve(slice_text(name), arena, &got, NULL);
    if (e == OK)
        snprintf(out, 128, "%.*s", SLICE_PRINT(got));
    return e;
}

static void expect(const char *name, const char *want)
{
    char got[128];
    EXPECT_EQ(resolve(name, got), OK);
    if (strcmp(got, want) != 0)
        test_fail(__FILE__, __LINE__, "%s", got);
}

TEST(index_date_leaves_other_names_alone)
{
    expect("logs", "logs");
    expect("<", "<");
    expect("logs-{now/d}", "logs-{now/d}");
}

TEST(index_date_prints_the_date_that_is_asked_for)
{
    expect("<logs>", "logs");
    expect("<logs-{2024-03-22||/M{yyyy.MM}}-x>", "logs-2024.03-x");
    expect("<logs-{2024-03-22||+1d}>", "logs-2024.03.23");
    expect("<elastic\\{ON\\}-{2024-03-22||/M}>", "elastic{ON}-2024.03.01");
    expect("<a-{2024-03-22T23:30:00Z||{yyyy.MM.dd|+12:00}}>", "a-2024.03.23");
    struct buf today AUTO(buf_donep) = buf_init(64);
    char got[128];
    EXPECT_EQ(resolve("<{now/d}>", got), OK);
    EXPECT_EQ(date_print(&today, now_ms(), slice_text("yyyy.MM.dd"), NULL, NULL), OK);
    EXPECT(slice_is(buf_slice(&today), got));
}

TEST(index_date_refuses_what_is_none)
{
    static const char *const bad[] = {"<logs-{now/d>", "<logs-{}>", "<logs-}>",
                                      "<logs-{nox}>",  "<>",        "<a-{now{yyyy|Nowhere/Land}}>"};
    char got[128];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        EXPECT_EQ(resolve(bad[i], got), ERR_INVALID);
}
