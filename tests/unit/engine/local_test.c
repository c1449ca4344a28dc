// SPDX-License-Identifier: Apache-2.0
#include "engine/engine.h"
#include "unit/search/town.h"

static const struct permit *permit(struct town *t, uint32_t role, enum action action,
                                   const char *indices)
{
    struct principal who = {.name = "ann", .roles = 1u << role};
    memcpy(who.indices, indices, strlen(indices));
    const struct permit *p = NULL;
    EXPECT_EQ(permit_make(&who, action, slice_text(""), t->request, &p, &t->why), OK);
    return p;
}

struct house {
    struct town town;
    struct engine *engine;
};

static void open_house(struct house *h)
{
    town_open(&h->town, 0, NULL);
    struct town_row row = {.key = 5, .cells = {T("a"), T("ok")}};
    town_put(&h->town, TOWN_EVENTS, &row, 1);
    h->engine = engine_local_new(h->town.store, town_schema(0), NULL);
}

static void close_house(struct house *h)
{
    h->engine->ops->close(h->engine);
    town_close(&h->town);
}

static enum err search(struct house *h, const struct permit *p, const struct request *r,
                       struct answer *out, struct fault *why)
{
    static const uint32_t table = TOWN_EVENTS;
    const struct engine_question q = {p, {&table, 1}, r};
    return h->engine->ops->search(h->engine, &q, h->town.request, out, why);
}

TEST(engine_answers_whoever_may_read)
{
    struct house h;
    open_house(&h);
    struct request r = town_request(&h.town, "{}");
    uint32_t table = TOWN_EVENTS;
    struct answer a;
    struct hit hit;
    const struct permit *p = permit(&h.town, ROLE_ANALYST, ACTION_READ, "");
    EXPECT_EQ(search(&h, p, &r, &a, NULL), OK);
    EXPECT_EQ(a.total, 1);
    EXPECT_EQ(h.engine->ops->get(h.engine, p, table, (struct row_key){.lo = 5}, h.town.request,
                                 &hit, NULL),
              OK);
    close_house(&h);
}

TEST(engine_refuses_other_actions_and_other_indices)
{
    struct house h;
    open_house(&h);
    struct request r = town_request(&h.town, "{}");
    uint32_t table = TOWN_EVENTS;
    struct answer a;
    struct fault why;
    const struct permit *p = permit(&h.town, ROLE_ANALYST, ACTION_SCHEMA, "");
    EXPECT_EQ(search(&h, p, &r, &a, &why), ERR_DENIED);
    p = permit(&h.town, ROLE_ANALYST, ACTION_READ, "calls");
    EXPECT_EQ(search(&h, p, &r, &a, &why), ERR_DENIED);
    EXPECT(strstr(why.words, "on indices [events]") != NULL);
    struct hit hit;
    EXPECT_EQ(h.engine->ops->get(h.engine, p, table, (struct row_key){.lo = 5}, h.town.request,
                                 &hit, NULL),
              ERR_DENIED);
    EXPECT_EQ(h.engine->ops->refresh(h.engine, p, NULL), ERR_DENIED);
    p = permit(&h.town, ROLE_ANALYST, ACTION_SCHEMA, "");
    EXPECT_EQ(h.engine->ops->refresh(h.engine, p, NULL), OK);
    close_house(&h);
}

TEST(engine_counts_only_what_a_permit_shows)
{
    struct house h;
    open_house(&h);
    static struct store_stats s;
    h.engine->ops->stats(h.engine, permit(&h.town, ROLE_ANALYST, ACTION_SCHEMA, ""), &s);
    EXPECT_EQ(s.tables[TOWN_EVENTS].rows, 1);
    h.engine->ops->stats(h.engine, permit(&h.town, ROLE_ANALYST, ACTION_SCHEMA, "calls"), &s);
    EXPECT_EQ(s.tables[TOWN_EVENTS].rows, 0);
    EXPECT(strcmp(s.tables[TOWN_EVENTS].name, "events") == 0);
    close_house(&h);
}
