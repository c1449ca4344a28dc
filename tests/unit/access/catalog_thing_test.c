// SPDX-License-Identifier: Apache-2.0
#include "access/catalog.h"
#include "test.h"
#include "unit/access/gate.h"
#include "unit/access/trusted.h"

static void count_one(void *context, const char *kind, const char *name, const char *body)
{
    EXPECT(kind[0] && name[0] && body[0]);
    ++*(int *)context;
}

TEST(catalog_thing_is_put_listed_and_removed)
{
    struct gate g = gate_open();
    struct catalog *c = g.access->catalog;
    int count = 0;
    EXPECT_EQ(catalog_thing_put(c, "alias", slice_text("a"), slice_text("{}"), 1, NULL), OK);
    EXPECT_EQ(catalog_thing_put(c, "alias", slice_text("a"), slice_text("{ }"), 2, NULL), OK);
    EXPECT_EQ(catalog_thing_put(c, "other", slice_text("a"), slice_text("{}"), 2, NULL), OK);
    EXPECT_EQ(catalog_thing_list(c, count_one, &count, NULL), OK);
    EXPECT_EQ(count, 2);
    EXPECT_EQ(catalog_thing_remove(c, "alias", slice_text("a"), NULL), OK);
    EXPECT_EQ(catalog_thing_remove(c, "alias", slice_text("a"), NULL), ERR_NOT_FOUND);
    gate_close(&g);
}

TEST(catalog_thing_is_under_the_seal)
{
    static const char *const tries[][2] = {
        {"UPDATE things SET body = '{\"x\":1}'", "'alias a' of things"},
        {"INSERT INTO things (kind, name, body, changed_ms) VALUES ('alias', 'b', '{}', 1)",
         "'alias b' of things"},
        {"DELETE FROM things", "a row of things is missing"},
        // As one of before there were things looks: of six tags.
        {"DELETE FROM things; UPDATE seal SET tags = substr(tags, 1, 192)", "is missing"},
        {"UPDATE seal SET tags = substr(tags, 1, 192)", "before it was under the seal"},
    };
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        struct trusted t;
        struct fault why = {0};
        trusted_make(&t);
        EXPECT_EQ(catalog_thing_put(t.access->catalog, "alias", slice_text("a"), slice_text("{}"),
                                    1, NULL),
                  OK);
        EXPECT_EQ(trusted_reopen(&t, NULL), OK);
        trusted_sql(&t, tries[i][0]);
        EXPECT_EQ(access_verify(t.access, &why), ERR_CORRUPT);
        if (!strstr(why.words, tries[i][1]))
            test_fail(__FILE__, __LINE__, "%s", why.words);
        trusted_drop(&t);
    }
}
