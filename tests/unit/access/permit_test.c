// SPDX-License-Identifier: Apache-2.0
#include "access/access.h"
#include "access/permit.h"
#include "query/query.h"
#include "test.h"

static enum err ask(uint32_t roles, enum action a, const char *indices, const char *index,
                    struct fault *why)
{
    struct principal who = {.name = "ana", .roles = roles};
    memcpy(who.indices, indices, strlen(indices) + 1);
    struct arena *request AUTO(arena_freep) = arena_new(1 << 16);
    const struct permit *p;
    return permit_make(&who, a, slice_text(index), request, &p, why);
}

static bool may(enum role r, enum action a)
{
    return ask(1U << r, a, "", "", NULL) == OK;
}

TEST(permit_admin_manages_and_reads_nothing)
{
    EXPECT(may(ROLE_ADMIN, ACTION_MANAGE) && may(ROLE_ADMIN, ACTION_INFO));
    EXPECT(may(ROLE_ADMIN, ACTION_SCHEMA));
    EXPECT(!may(ROLE_ADMIN, ACTION_READ) && !may(ROLE_ADMIN, ACTION_AGGREGATE));
    EXPECT(!may(ROLE_ADMIN, ACTION_WRITE));
}

TEST(permit_readers_and_writers_are_apart)
{
    EXPECT(may(ROLE_ANALYST, ACTION_READ) && may(ROLE_ANALYST, ACTION_AGGREGATE));
    EXPECT(!may(ROLE_ANALYST, ACTION_WRITE) && !may(ROLE_ANALYST, ACTION_MANAGE));
    EXPECT(may(ROLE_METRICS, ACTION_AGGREGATE) && !may(ROLE_METRICS, ACTION_READ));
    EXPECT(!may(ROLE_METRICS, ACTION_WRITE) && !may(ROLE_METRICS, ACTION_MANAGE));
    EXPECT(may(ROLE_WRITER, ACTION_WRITE) && !may(ROLE_WRITER, ACTION_READ));
    EXPECT(!may(ROLE_WRITER, ACTION_AGGREGATE) && !may(ROLE_WRITER, ACTION_MANAGE));
}

TEST(permit_without_a_role_allows_nothing)
{
    for (int a = 0; a < ACTION_COUNT; a++)
        EXPECT_EQ(ask(0, (enum action)a, "", "", NULL), ERR_DENIED);
}

TEST(permit_denial_has_elasticsearchs_words)
{
    struct fault why = {0};
    EXPECT_EQ(ask(1U << ROLE_METRICS, ACTION_READ, "", "devices", &why), ERR_DENIED);
    EXPECT(strcmp(why.words, "security_exception: action [indices:data/read/search] is "
                             "unauthorized for user [ana] with roles [metrics] on indices "
                             "[devices]") == 0);
}

static struct slice key_of(struct arena *request, uint32_t roles, enum action a,
                           const char *indices, const char *name)
{
    struct principal who = {.roles = roles};
    memcpy(who.name, name, strlen(name) + 1);
    memcpy(who.indices, indices, strlen(indices) + 1);
    const struct permit *p;
    struct buf key AUTO(buf_donep) = buf_init(4096);
    EXPECT_EQ(permit_make(&who, a, slice_text(""), request, &p, NULL), OK);
    permit_key(p, &key);
    return arena_copy(request, buf_slice(&key));
}

TEST(permit_key_differs_by_all_that_a_permit_says)
{
    struct arena *r AUTO(arena_freep) = arena_new(1 << 16);
    struct slice one = key_of(r, 1U << ROLE_ANALYST, ACTION_AGGREGATE, "a b", "ana");
    EXPECT(slice_equal(one, key_of(r, 1U << ROLE_ANALYST, ACTION_AGGREGATE, "a b", "ana")));
    EXPECT(!slice_equal(one, key_of(r, 1U << ROLE_METRICS, ACTION_AGGREGATE, "a b", "ana")));
    EXPECT(!slice_equal(one, key_of(r, 1U << ROLE_ANALYST, ACTION_READ, "a b", "ana")));
    EXPECT(!slice_equal(one, key_of(r, 1U << ROLE_ANALYST, ACTION_AGGREGATE, "a", "ana")));
    EXPECT(!slice_equal(one, key_of(r, 1U << ROLE_ANALYST, ACTION_AGGREGATE, "a b", "bob")));
}

TEST(permit_narrowed_to_indices_refuses_others)
{
    EXPECT_EQ(ask(1U << ROLE_ANALYST, ACTION_READ, "log-* devices", "devices", NULL), OK);
    EXPECT_EQ(ask(1U << ROLE_ANALYST, ACTION_READ, "log-* devices", "log-1", NULL), OK);
    EXPECT_EQ(ask(1U << ROLE_ANALYST, ACTION_READ, "log-* devices", "orders", NULL), ERR_DENIED);
    EXPECT_EQ(ask(1U << ROLE_ANALYST, ACTION_READ, "log-* devices", "*", NULL), OK);
}

TEST(permit_answers_for_each_index_a_pattern_stands_for)
{
    struct principal who = {.name = "ana", .roles = 1U << ROLE_ANALYST, .indices = "log-* d"};
    struct arena *request AUTO(arena_freep) = arena_new(1 << 16);
    const struct permit *p;
    EXPECT_EQ(permit_make(&who, ACTION_READ, slice_text("*"), request, &p, NULL), OK);
    EXPECT(permit_index(p, "log-7"));
    EXPECT(permit_index(p, "d"));
    EXPECT(!permit_index(p, "devices"));
}

TEST(permit_floor_binds_all_but_analysts)
{
    struct arena *request AUTO(arena_freep) = arena_new(1 << 16);
    const struct permit *p;
    struct principal who = {.name = "ana", .roles = 1U << ROLE_METRICS};
    EXPECT_EQ(permit_make(&who, ACTION_AGGREGATE, slice_text(""), request, &p, NULL), OK);
    EXPECT_EQ(permit_floor(p, "x", 5), 5);
    EXPECT(!permit_rows(p, "x"));
    who.roles |= 1U << ROLE_ANALYST;
    EXPECT_EQ(permit_make(&who, ACTION_AGGREGATE, slice_text(""), request, &p, NULL), OK);
    EXPECT_EQ(permit_floor(p, "x", 5), 0);
    EXPECT(permit_rows(p, "x"));
    EXPECT_EQ(permit_make(&who, ACTION_SCHEMA, slice_text(""), request, &p, NULL), OK);
    EXPECT(!permit_rows(p, "x"));
    EXPECT_EQ(permit_action(p), ACTION_SCHEMA);
    EXPECT(strcmp(permit_user(p), "ana") == 0);
}

TEST(permit_narrowed_shows_only_the_rows_of_a_filter)
{
    struct arena *request AUTO(arena_freep) = arena_new(1 << 16);
    struct principal who = {.name = "ana", .roles = 1U << ROLE_ANALYST};
    const struct query all = {.kind = QUERY_MATCH_ALL};
    const struct permit *p;
    EXPECT_EQ(permit_make(&who, ACTION_READ, slice_of(NULL, 0), request, &p, NULL), OK);
    const struct permit *n = permit_narrow(p, "events", &all, slice_text("f"), request);
    EXPECT(permit_is_plain(p, "events") && !permit_filters(p, "events"));
    EXPECT(!permit_is_plain(n, "events") && permit_filters(n, "events"));
    EXPECT(permit_filter(n, "events", request) == &all);
    EXPECT(permit_is_plain(n, "devices") && !permit_filter(n, "devices", request));
    EXPECT(!permit_hides_rows(n, "events")); // its role shows them all
    struct buf one AUTO(buf_donep) = buf_init(4096);
    struct buf other AUTO(buf_donep) = buf_init(4096);
    permit_key(n, &one);
    permit_key(permit_narrow(p, "events", &all, slice_text("g"), request), &other);
    EXPECT(!slice_equal(buf_slice(&one), buf_slice(&other)));
}
