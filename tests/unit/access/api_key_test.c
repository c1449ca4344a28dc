// SPDX-License-Identifier: Apache-2.0
#include "gate.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>

static const uint32_t analyst = 1U << ROLE_ANALYST;
static const uint32_t metrics = 1U << ROLE_METRICS;

static struct gate open_with_ana(void)
{
    struct gate f = gate_open();
    EXPECT_EQ(access_user_add(f.access, slice_text("ana"), slice_text("long enough one"),
                              analyst | metrics, NULL),
              OK);
    return f;
}

static const struct principal ana = {.name = "ana",
                                     .roles = (1U << ROLE_ANALYST) | 1U << ROLE_METRICS};

static struct api_key add_key(struct gate *f, uint32_t roles, const char *indices,
                              int64_t expires_ms)
{
    struct api_key k;
    EXPECT_EQ(access_key_add(f->access, &ana, slice_text("grafana"), roles, indices, expires_ms, &k,
                             NULL),
              OK);
    return k;
}

static const char *header_of(const struct api_key *k)
{
    static char text[256];
    snprintf(text, sizeof text, "ApiKey %s", gate_basic(k->id, k->secret) + strlen("Basic "));
    return text;
}

TEST(api_key_lets_in_with_its_own_narrower_rights)
{
    struct gate f = open_with_ana();
    struct api_key k = add_key(&f, metrics, "log-*", 0);
    EXPECT_EQ(strlen(k.id), 20);
    EXPECT_EQ(strlen(k.secret), 22);
    struct principal who;
    EXPECT_EQ(gate_check(&f, header_of(&k), &who), OK);
    EXPECT(strcmp(who.name, "ana") == 0);
    EXPECT(strcmp(who.key_id, k.id) == 0);
    EXPECT(strcmp(who.key_name, "grafana") == 0);
    EXPECT_EQ(who.roles, metrics);
    EXPECT(strcmp(who.indices, "log-*") == 0);
    gate_close(&f);
}

TEST(api_key_with_another_secret_is_denied)
{
    struct gate f = open_with_ana();
    struct api_key k = add_key(&f, metrics, "", 0);
    k.secret[0] = k.secret[0] == 'A' ? 'B' : 'A';
    struct principal who;
    EXPECT_EQ(gate_check(&f, header_of(&k), &who), ERR_DENIED);
    k.id[0] = k.id[0] == 'A' ? 'B' : 'A';
    EXPECT_EQ(gate_check(&f, header_of(&k), &who), ERR_DENIED);
    gate_close(&f);
}

TEST(api_key_ends_when_it_expires_is_invalidated_or_its_owner_goes)
{
    struct gate f = open_with_ana();
    struct api_key brief = add_key(&f, metrics, "", gate_now_ms + 1000);
    struct api_key revoked = add_key(&f, metrics, "", 0);
    struct api_key orphan = add_key(&f, metrics, "", 0);
    struct principal who;
    EXPECT_EQ(gate_check(&f, header_of(&brief), &who), OK);
    gate_now_ms += 1000;
    EXPECT_EQ(gate_check(&f, header_of(&brief), &who), ERR_DENIED);
    EXPECT_EQ(access_key_invalidate(f.access, NULL, slice_text(revoked.id), NULL), OK);
    EXPECT_EQ(gate_check(&f, header_of(&revoked), &who), ERR_DENIED);
    EXPECT_EQ(gate_check(&f, header_of(&orphan), &who), OK);
    EXPECT_EQ(access_user_remove(f.access, slice_text("ana"), NULL), OK);
    EXPECT_EQ(gate_check(&f, header_of(&orphan), &who), ERR_DENIED);
    EXPECT_EQ(gate_check(&f, header_of(&orphan), &who), ERR_LIMIT); // the third was one too many
    gate_close(&f);
}

TEST(api_key_is_let_in_from_a_slowed_address)
{
    struct gate f = open_with_ana();
    struct api_key k = add_key(&f, metrics, "", 0);
    struct principal who;
    for (int i = 0; i < 5; i++)
        EXPECT(gate_check(&f, "Basic x", &who) != OK);
    EXPECT_EQ(gate_check(&f, gate_basic("ana", "long enough one"), &who), ERR_LIMIT);
    EXPECT_EQ(gate_check(&f, header_of(&k), &who), OK);
    gate_close(&f);
}

TEST(api_key_never_has_more_than_its_owner)
{
    struct gate f = open_with_ana();
    struct api_key k;
    EXPECT_EQ(access_key_add(f.access, &ana, slice_text("x"), 1U << ROLE_ADMIN, "", 0, &k, NULL),
              ERR_DENIED);
    EXPECT_EQ(access_key_add(f.access, &ana, slice_text("x"), 0, "", 0, &k, NULL), ERR_DENIED);
    struct principal key = ana;
    memcpy(key.key_id, "k", 2);
    EXPECT_EQ(access_key_add(f.access, &key, slice_text("x"), metrics, "", 0, &k, NULL),
              ERR_DENIED);
    gate_close(&f);
}

static void see_key(void *context, const struct api_key *k)
{
    int *count = context;
    (*count)++;
    EXPECT_EQ(k->secret[0], 0);
    EXPECT(strcmp(k->owner, "ana") == 0);
}

TEST(api_key_list_shows_no_secret)
{
    struct gate f = open_with_ana();
    add_key(&f, metrics, "", 0);
    add_key(&f, analyst, "", 0);
    int count = 0;
    EXPECT_EQ(access_key_list(f.access, see_key, &count, NULL), OK);
    EXPECT_EQ(count, 2);
    EXPECT_EQ(access_key_invalidate(f.access, NULL, slice_text("none"), NULL), ERR_NOT_FOUND);
    gate_close(&f);
}
