// SPDX-License-Identifier: Apache-2.0
#include "unit/access/trusted.h"

struct seen {
    uint32_t count;
    struct approval last;
    char words[64], body[64];
};

static void see(void *context, const struct approval *p)
{
    struct seen *s = context;
    s->count++;
    s->last = *p;
    snprintf(s->words, sizeof s->words, "%.*s", SLICE_PRINT(p->words));
    snprintf(s->body, sizeof s->body, "%.*s", SLICE_PRINT(p->body));
}

TEST(catalog_approval_is_given_back_until_it_is_decided)
{
    struct trusted t;
    trusted_make(&t);
    struct catalog *c = t.access->catalog;
    struct seen s = {0};
    int64_t id = 0;
    const struct approval wish = {.at_ms = 5,
                                  .due_ms = 6,
                                  .who = "ann",
                                  .action = "user.put",
                                  .name = "cy",
                                  .words = slice_text("a -> b"),
                                  .body = slice_text("{}"),
                                  .basis = {1, 2, 3}};
    EXPECT_EQ(catalog_approval_add(c, &wish, &id, NULL), OK);
    EXPECT_EQ(catalog_approval_list(c, see, &s, NULL), OK);
    EXPECT(s.count == 1 && s.last.id == id && s.last.at_ms == 5 && s.last.due_ms == 6);
    EXPECT(strcmp(s.last.who, "ann") == 0 && strcmp(s.last.action, "user.put") == 0);
    EXPECT(strcmp(s.last.name, "cy") == 0 && strcmp(s.words, "a -> b") == 0);
    EXPECT(strcmp(s.body, "{}") == 0 && memcmp(s.last.basis, wish.basis, sizeof wish.basis) == 0);
    EXPECT_EQ(catalog_approval_decide(c, id, APPROVAL_APPROVED, "bob", 7, NULL), OK);
    EXPECT_EQ(catalog_approval_decide(c, id + 1, APPROVAL_APPROVED, "bob", 7, NULL), ERR_NOT_FOUND);
    s.count = 0;
    EXPECT_EQ(catalog_approval_list(c, see, &s, NULL), OK);
    EXPECT_EQ(s.count, 0);
    trusted_drop(&t);
}
