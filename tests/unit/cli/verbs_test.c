// SPDX-License-Identifier: Apache-2.0
#include "cli/cli.h"
#include "test.h"
#include "unit/cli/run.h"

TEST(every_verb_has_what_a_verb_needs)
{
    for (const struct verb *const *v = verbs; *v; v++) {
        EXPECT((*v)->name && (*v)->summary && (*v)->help && (*v)->run);
        EXPECT((*v)->words_min <= (*v)->words_max);
        EXPECT((*v)->words_max <= ARGUMENT_WORDS_MAX);
        int flag_count = 0;
        while ((*v)->flags && (*v)->flags[flag_count].name)
            flag_count++;
        EXPECT(flag_count <= ARGUMENT_FLAGS_MAX);
    }
}

TEST(every_verb_has_help_that_starts_with_an_example)
{
    for (const struct verb *const *v = verbs; *v; v++) {
        char start[64];
        struct ran r = RUN((*v)->name, "--help");
        snprintf(start, sizeof start, "tamis %s", (*v)->name);
        EXPECT_EQ(r.status, EXIT_STATUS_OK);
        EXPECT(strncmp(r.out, start, strlen(start)) == 0);
        EXPECT(r.err[0] == '\0');
    }
}

TEST(every_verb_refuses_a_flag_it_does_not_have)
{
    for (const struct verb *const *v = verbs; *v; v++)
        EXPECT_EQ(RUN((*v)->name, "--no-such-flag").status, EXIT_STATUS_USAGE);
}
