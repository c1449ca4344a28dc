// SPDX-License-Identifier: Apache-2.0
// That the answers are equal is proven by `tamis demo --once`; here, that no answer is never
// taken for an equal one.
#include "cli/demo.h"
#include "unit/server/place.h"

#include <string.h>

TEST(demo_without_an_answer_says_which_question)
{
    struct demo d = {.marker_fd = -1, .scratch = arena_new(DEMO_SCRATCH_BYTES)};
    struct fault why = {0};
    EXPECT_EQ(demo_compare(&d, &why), ERR_INVALID);
    EXPECT(strstr(why.words, "device activations per day and model: PostgreSQL says") != NULL);
    EXPECT_EQ(demo_live_change(&d, &why), ERR_INVALID);
    arena_free(d.scratch);
}

TEST(demo_that_cannot_look_for_personal_data_does_not_say_there_is_none)
{
    struct place p = place_make();
    struct demo d = {.marker_fd = -1};
    struct fault why = {0};
    snprintf(d.directory, sizeof d.directory, "%s", p.path);
    snprintf(d.home, sizeof d.home, "%s", p.path);
    EXPECT_EQ(demo_look_for_personal_data(&d, &why), ERR_INVALID);
    EXPECT_EQ(place_mode(&p, "patterns"), -1);
    place_drop(&p);
}
