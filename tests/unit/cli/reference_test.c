// SPDX-License-Identifier: Apache-2.0
// docs/reference/cli.md says what the program says.
#include "base/arena.h"
#include "base/buf.h"
#include "base/world.h"
#include "cli/cli.h"
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { REFERENCE_BYTES = 1 << 20 };

static const char file[] = "docs/reference/cli.md";

static const char *reference(struct arena *scratch)
{
    struct buf text AUTO(buf_donep) = buf_init(REFERENCE_BYTES);
    struct world here = {.ops = &world_real_ops, .dir = AT_FDCWD};
    EXPECT_EQ(world_read_file(&here, file, &text, NULL), OK);
    return arena_string(scratch, buf_slice(&text));
}

TEST(reference_has_the_help_of_every_verb_as_it_is)
{
    struct arena *scratch AUTO(arena_freep) = arena_new(2 * REFERENCE_BYTES);
    const char *text = reference(scratch);
    for (const struct verb *const *v = verbs; *v; v++) {
        struct buf part AUTO(buf_donep) = buf_init(REFERENCE_BYTES);
        buf_print(&part, "\n## %s\n\n```\n%s```\n", (*v)->name, (*v)->help);
        if (!strstr(text, arena_string(scratch, buf_slice(&part))))
            test_fail(__FILE__, __LINE__, "%s is behind on '%s'; run tools/cli_reference.py", file,
                      (*v)->name);
    }
}

TEST(reference_has_no_verb_that_is_not_there)
{
    struct arena *scratch AUTO(arena_freep) = arena_new(2 * REFERENCE_BYTES);
    int named = 0;
    int there = 0;
    for (const char *at = reference(scratch); (at = strstr(at, "\n## ")); at++)
        named++;
    while (verbs[there])
        there++;
    EXPECT_EQ(named, there);
}

// A flag that the help does not name would be known to nobody.
TEST(reference_has_every_flag)
{
    for (const struct verb *const *v = verbs; *v; v++) {
        for (const struct flag *f = (*v)->flags; f && f->name; f++) {
            char words[64];
            snprintf(words, sizeof words, "--%s", f->name);
            if (!strstr((*v)->help, words))
                test_fail(__FILE__, __LINE__, "help of '%s' has no %s", (*v)->name, words);
        }
    }
}
