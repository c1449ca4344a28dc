// SPDX-License-Identifier: Apache-2.0
#include "base/world.h"
#include "search/patience.h"
#include "test.h"

#include <string.h>

struct asker {
    int asked;
    bool gone;
};

static bool is_gone(void *asker)
{
    struct asker *a = asker;
    a->asked++;
    return a->gone;
}

TEST(patience_without_bounds_has_no_end)
{
    struct patience p = {0};
    EXPECT(!patience_is_over(&p));
    EXPECT_EQ(patience_check(&p, NULL), OK);
}

TEST(patience_ends_at_its_deadline_and_stays_so)
{
    struct patience p = {.deadline_us = monotonic_us() - 1};
    struct fault why;
    EXPECT_EQ(patience_check(&p, &why), ERR_TIMEOUT);
    EXPECT(strstr(why.words, "time limit") != NULL);
    p.deadline_us = 0;
    EXPECT(patience_is_over(&p));
    EXPECT_EQ(p.end, PATIENCE_IS_LATE);
    struct patience later = {.deadline_us = monotonic_us() + 3600000000};
    EXPECT(!patience_is_over(&later));
}

TEST(patience_ends_when_the_asker_has_gone)
{
    struct asker a = {.gone = true};
    struct patience p = {.is_gone = is_gone, .asker = &a};
    struct fault why;
    EXPECT_EQ(patience_check(&p, &why), ERR_TIMEOUT);
    EXPECT(strstr(why.words, "task_cancelled_exception: ") == why.words);
    a.gone = false;
    EXPECT(patience_is_over(&p));
    EXPECT_EQ(p.end, PATIENCE_IS_GONE);
    EXPECT_EQ(a.asked, 1);
}

TEST(patience_asks_no_more_often_than_it_must)
{
    struct asker a = {0};
    int64_t start_us = monotonic_us();
    struct patience p = {.is_gone = is_gone, .asker = &a};
    for (int i = 0; i < 10000; i++)
        EXPECT(!patience_is_over(&p));
    int64_t spent_us = monotonic_us() - start_us;
    EXPECT(a.asked >= 1 && a.asked <= 1 + spent_us / PATIENCE_LOOK_US);
    p.next_look_us = 0;
    a.gone = true;
    EXPECT(patience_is_over(&p));
}
