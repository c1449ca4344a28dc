// SPDX-License-Identifier: Apache-2.0
#include "access/catalog_private.h"
#include "test.h"
#include "unit/access/gate.h"

#include <stdio.h>

#define EU                                                                                    \
    "{\"cluster\":[\"monitor\"],\"indices\":[{\"names\":[\"log-*\",\"app\"],\"privileges\":[" \
    "\"read\"],\"field_security\":{\"grant\":[\"a\"]},\"query\":{\"term\":{\"region\":"       \
    "\"secretland\"}}}]}"

enum { NOTES_MAX = 16, LINE_BYTES = 512 };

struct notes {
    char line[NOTES_MAX][LINE_BYTES]; // "who|action|name|words"
    int count;
    bool fails;
};

static enum err take(void *context, const struct access_note *n, struct fault *why)
{
    struct notes *all = context;
    if (all->fails)
        return fail(why, ERR_IO, "the log cannot take it");
    EXPECT(all->count < NOTES_MAX);
    EXPECT(slice_starts(n->via, slice_text("command line of user ")));
    EXPECT_EQ(n->at_ms, gate_now_ms);
    snprintf(all->line[all->count++], LINE_BYTES, "%.*s|%.*s|%.*s|%.*s", SLICE_PRINT(n->who),
             SLICE_PRINT(n->action), SLICE_PRINT(n->name), SLICE_PRINT(n->words));
    return OK;
}

static const struct slice ada = {(const uint8_t *)"ada", 3};
static const struct slice password = {(const uint8_t *)"a good long one", 15};

static void expect_only(struct gate *g, const char *line)
{
    struct notes all = {0};
    EXPECT_EQ(access_notes_take(g->access, take, &all, NULL), OK);
    EXPECT_EQ(all.count, 1);
    EXPECT(strcmp(all.line[0], line) == 0);
}

TEST(change_of_a_user_beside_the_server_is_kept_with_from_and_to)
{
    struct gate g = gate_open();
    const uint32_t roles = 1u << ROLE_ANALYST | 1u << ROLE_METRICS;
    EXPECT_EQ(access_user_add(g.access, ada, password, roles, NULL), OK);
    expect_only(&g, "|user.add|ada|roles: none -> analyst, metrics");
    EXPECT_EQ(access_user_password(g.access, ada, slice_text("another long one"), NULL), OK);
    expect_only(&g, "|user.password|ada|another password");
    const struct slice admin = slice_text("admin");
    const struct access_by by = {.name = "bob", .key_id = ""};
    struct access_outcome done = {0};
    EXPECT_EQ(access_user_put(
                  g.access, &by,
                  &(struct access_user){
                      .name = ada, .password = slice_of("", 0), .roles = &admin, .role_count = 1},
                  &done, NULL),
              OK);
    expect_only(&g, "bob|user.put|ada|roles: analyst, metrics -> admin");
    EXPECT_EQ(access_user_remove(g.access, ada, NULL), OK);
    expect_only(&g, "|user.remove|ada|roles: admin -> gone, and the keys");
    gate_close(&g);
}

TEST(change_of_a_role_is_told_without_what_its_query_asks_for)
{
    struct gate g = gate_open();
    const struct slice eu = slice_text("eu");
    struct access_outcome done = {0};
    EXPECT_EQ(access_role_put(g.access, NULL, eu, slice_text(EU), &done, NULL), OK);
    expect_only(&g, "|role.put|eu|none -> monitor; read on log-*, app, some fields, some rows");
    EXPECT_EQ(access_role_put(g.access, NULL, eu, slice_text("{\"cluster\":[\"manage_security\"]}"),
                              &done, NULL),
              OK);
    expect_only(&g, "|role.put|eu|monitor; read on log-*, app, some fields, some rows -> "
                    "manage_security");
    EXPECT_EQ(access_role_remove(g.access, NULL, eu, NULL), OK);
    expect_only(&g, "|role.remove|eu|manage_security -> gone, and from all users");
    gate_close(&g);
}

TEST(change_that_is_not_made_leaves_no_note)
{
    struct gate g = gate_open();
    struct notes all = {0};
    EXPECT_EQ(access_user_add(g.access, ada, password, 1, NULL), OK);
    EXPECT_EQ(access_notes_take(g.access, take, &all, NULL), OK);
    EXPECT_EQ(access_user_add(g.access, ada, password, 1, NULL), ERR_CONFLICT);
    EXPECT_EQ(access_user_add(g.access, slice_text("eve"), slice_text("short"), 1, NULL),
              ERR_INVALID);
    EXPECT_EQ(access_user_remove(g.access, slice_text("eve"), NULL), ERR_NOT_FOUND);
    EXPECT_EQ(access_user_password(g.access, slice_text("eve"), password, NULL), ERR_NOT_FOUND);
    EXPECT_EQ(access_role_remove(g.access, NULL, slice_text("eu"), NULL), ERR_NOT_FOUND);
    EXPECT_EQ(access_key_invalidate(g.access, NULL, slice_text("x"), NULL), ERR_NOT_FOUND);
    EXPECT_EQ(access_notes_take(g.access, take, &all, NULL), OK);
    EXPECT_EQ(all.count, 1);
    gate_close(&g);
}

TEST(change_stays_noted_until_it_is_taken)
{
    struct gate g = gate_open();
    struct notes all = {.fails = true};
    EXPECT_EQ(access_user_add(g.access, ada, password, 1, NULL), OK);
    EXPECT_EQ(access_notes_take(g.access, take, &all, NULL), ERR_IO);
    expect_only(&g, "|user.add|ada|roles: none -> admin");
    EXPECT_EQ(access_notes_take(g.access, take, &all, NULL), OK); // none is left, so none fails
    gate_close(&g);
}

struct heard {
    char line[LINE_BYTES];
    bool refuses;
};

static enum err hear(void *context, const struct access_change *c, struct fault *why)
{
    struct heard *h = context;
    EXPECT(c->by);
    snprintf(h->line, sizeof h->line, "%s|%.*s|%s|%.*s", c->by->name, SLICE_PRINT(c->by->address),
             c->action, SLICE_PRINT(c->words));
    return h->refuses ? fail(why, ERR_IO, "the log cannot take it") : OK;
}

TEST(change_of_a_key_is_told_to_whoever_listens_and_not_made_when_he_fails)
{
    struct gate g = gate_open();
    struct heard h = {0};
    struct principal owner = {.name = "ada", .roles = 1u << ROLE_ANALYST};
    const struct key_wish wish = {.name = slice_text("grafana"),
                                  .roles = owner.roles,
                                  .indices = "log-*",
                                  .address = slice_text("10.0.0.7")};
    const struct access_by by = {"ada", "", slice_text("10.0.0.7")};
    struct api_key k;
    EXPECT_EQ(access_user_add(g.access, ada, password, owner.roles, NULL), OK);
    access_on_change(g.access, hear, &h);
    EXPECT_EQ(access_key_make(g.access, &owner, &wish, &k, NULL), OK);
    char want[LINE_BYTES];
    snprintf(want, sizeof want, "ada|10.0.0.7|key.add|none -> [%s] with analyst, narrowed", k.id);
    EXPECT(strcmp(h.line, want) == 0);
    EXPECT(!strstr(h.line, k.secret));
    h.refuses = true;
    EXPECT_EQ(access_key_invalidate(g.access, &by, slice_text(k.id), NULL), ERR_IO);
    h.refuses = false;
    EXPECT_EQ(access_key_invalidate(g.access, &by, slice_text(k.id), NULL), OK);
    EXPECT(strcmp(h.line, "ada|10.0.0.7|key.end|grafana of ada: in force -> ended") == 0);
    gate_close(&g);
}
