// SPDX-License-Identifier: Apache-2.0
#include "policy/policy_mark.h"
#include "policy/treatment.h"
#include "test.h"

#include <stdio.h>

TEST(policy_mark_is_found_by_the_path_whatever_the_names)
{
    const struct policy_mark *m = policy_mark_of("sources\1a.b\1tables\1sales.orders\1columns");
    EXPECT(m != NULL && strcmp(m->path, "sources.*.tables.*.columns") == 0);
    EXPECT(policy_mark_of("sources\1a\1tabels") == NULL);
    EXPECT(policy_mark_of("floor\1subjects\1more") == NULL);
    EXPECT(policy_mark_of("floo") == NULL);
    EXPECT(policy_mark_of("") == NULL);
}

TEST(policy_mark_knows_every_treatment_and_every_key_of_one)
{
    static const char *const tables[] = {"sources\1s\1tables\1t", "push\1i"};
    static const char *const names[] = {"keep", "drop", "round", "bucket", "truncate", "pseudonym"};
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        EXPECT(treatment_is_ordered(names[n]));
        const struct treatment *t = treatment_get(names[n]);
        for (const char *const *key = t->wanted; *key; key++) {
            for (size_t i = 0; i < 2; i++) {
                char path[256];
                snprintf(path, sizeof path, "%s\1columns\1c\1%s", tables[i], *key);
                EXPECT(policy_mark_of(path) != NULL);
            }
        }
    }
}

TEST(treatments_are_ordered_by_what_they_reveal)
{
    EXPECT_EQ(treatment_compare("keep", "drop"), REVEALS_LESS);
    EXPECT_EQ(treatment_compare("keep", "pseudonym"), REVEALS_LESS);
    EXPECT_EQ(treatment_compare("seal", "keep"), REVEALS_MORE);
    EXPECT_EQ(treatment_compare("round", "round"), REVEALS_SAME);
    EXPECT_EQ(treatment_compare("round", "pseudonym"), REVEALS_OTHERWISE);
    EXPECT_EQ(treatment_compare("keep", "unheard of"), REVEALS_OTHERWISE);
}
