// SPDX-License-Identifier: Apache-2.0
#include "search/agg_cache.h"
#include "test.h"

#include <pthread.h>
#include <stdio.h>

static struct slice key_of(uint32_t i, char room[16])
{
    int len = snprintf(room, 16, "key %u", i);
    return slice_of(room, (size_t)len);
}

static void put(struct agg_cache *c, enum agg_cache_kind kind, uint32_t i, const char *bytes)
{
    char room[16];
    agg_cache_put(c, kind, key_of(i, room), NULL, slice_text(bytes));
}

static bool has(struct agg_cache *c, enum agg_cache_kind kind, uint32_t i, const char *bytes)
{
    char room[16];
    const struct agg_cached *e = agg_cache_get(c, kind, key_of(i, room));
    bool same = e && slice_is(agg_cached_bytes(e), bytes);
    agg_cached_release(e);
    return same;
}

TEST(agg_cache_gives_what_was_put_by_kind_and_key)
{
    struct agg_cache *c = agg_cache_new(1 << 20, NULL);
    put(c, CACHE_ANSWERS, 1, "one");
    put(c, CACHE_PARTIALS, 1, "part");
    put(c, CACHE_ANSWERS, 2, "");
    EXPECT(has(c, CACHE_ANSWERS, 1, "one"));
    EXPECT(has(c, CACHE_PARTIALS, 1, "part"));
    EXPECT(has(c, CACHE_ANSWERS, 2, ""));
    EXPECT(!has(c, CACHE_PARTIALS, 2, ""));
    struct agg_cache_stats s;
    agg_cache_stats(c, &s);
    EXPECT_EQ(s.of[CACHE_ANSWERS].hits, 2);
    EXPECT_EQ(s.of[CACHE_PARTIALS].hits, 1);
    EXPECT_EQ(s.of[CACHE_PARTIALS].misses, 1);
    EXPECT_EQ(s.of[CACHE_ANSWERS].entries, 2);
    EXPECT_EQ(s.bytes_max, 1 << 20);
    agg_cache_free(c);
}

TEST(agg_cache_keeps_the_first_of_two_with_one_key)
{
    struct agg_cache *c = agg_cache_new(1 << 20, NULL);
    put(c, CACHE_ANSWERS, 1, "one");
    put(c, CACHE_ANSWERS, 1, "two");
    EXPECT(has(c, CACHE_ANSWERS, 1, "one"));
    struct agg_cache_stats s;
    agg_cache_stats(c, &s);
    EXPECT_EQ(s.of[CACHE_ANSWERS].entries, 1);
    agg_cache_free(c);
}

TEST(agg_cache_lets_the_least_used_go_and_stays_within_its_bytes)
{
    struct agg_cache *c = agg_cache_new(4096, NULL);
    struct agg_cache_stats s;
    for (uint32_t i = 0; i < 100; i++) {
        put(c, CACHE_ANSWERS, i, "0123456789");
        EXPECT(has(c, CACHE_ANSWERS, 0, "0123456789")); // used all the time
        agg_cache_stats(c, &s);
        EXPECT(s.of[CACHE_ANSWERS].bytes <= 4096);
    }
    EXPECT(!has(c, CACHE_ANSWERS, 1, "0123456789"));
    EXPECT(has(c, CACHE_ANSWERS, 99, "0123456789"));
    EXPECT_EQ(s.of[CACHE_ANSWERS].evictions, 100 - s.of[CACHE_ANSWERS].entries);
    agg_cache_free(c);
}

TEST(agg_cache_refuses_what_is_too_large_for_it)
{
    static char large[1024];
    memset(large, 'x', sizeof large - 1);
    struct agg_cache *c = agg_cache_new(4096, NULL);
    put(c, CACHE_ANSWERS, 1, large);
    EXPECT(!has(c, CACHE_ANSWERS, 1, large));
    agg_cache_free(c);
}

TEST(agg_cache_is_counted_in_the_budget_above_and_gives_all_back)
{
    struct budget up;
    budget_init(&up, NULL, "parent", "all", 2048);
    struct agg_cache *c = agg_cache_new(1 << 20, &up);
    for (uint32_t i = 0; i < 100; i++)
        put(c, CACHE_PARTIALS, i, "0123456789");
    struct agg_cache_stats s;
    agg_cache_stats(c, &s);
    EXPECT_EQ(up.used, s.of[CACHE_PARTIALS].bytes);
    EXPECT(up.used > 1024 && up.used <= 2048);
    EXPECT(has(c, CACHE_PARTIALS, 99, "0123456789"));
    EXPECT(budget_take(&up, 2048 - up.used));
    size_t others = 2048 - s.of[CACHE_PARTIALS].bytes;
    agg_cache_free(c);
    EXPECT_EQ(up.used, others);
}

TEST(agg_cache_bytes_stay_readable_after_their_entry_has_gone)
{
    struct agg_cache *c = agg_cache_new(2048, NULL);
    char room[16];
    put(c, CACHE_ANSWERS, 0, "still here");
    const struct agg_cached *e = agg_cache_get(c, CACHE_ANSWERS, key_of(0, room));
    for (uint32_t i = 1; i < 100; i++)
        put(c, CACHE_ANSWERS, i, "others");
    EXPECT(!has(c, CACHE_ANSWERS, 0, "still here"));
    EXPECT(slice_is(agg_cached_bytes(e), "still here"));
    agg_cached_release(e);
    agg_cache_free(c);
}

TEST(agg_cache_drops_the_partials_of_parts_that_have_gone)
{
    struct agg_cache *c = agg_cache_new(1 << 20, NULL);
    char room[16];
    const struct agg_cache_group groups[] = {{0, 7}, {0, 8}, {1, 9}};
    for (uint32_t i = 0; i < 3; i++)
        agg_cache_put(c, CACHE_PARTIALS, key_of(i, room), &groups[i], slice_text("x"));
    put(c, CACHE_ANSWERS, 3, "x");
    const uint64_t parts[] = {8, 10};
    agg_cache_keep(c, 0, parts, 2);
    EXPECT(!has(c, CACHE_PARTIALS, 0, "x"));
    EXPECT(has(c, CACHE_PARTIALS, 1, "x"));
    EXPECT(has(c, CACHE_PARTIALS, 2, "x"));
    EXPECT(has(c, CACHE_ANSWERS, 3, "x"));
    agg_cache_free(c);
}

TEST(agg_cache_remembers_that_a_key_came_by)
{
    struct agg_cache *c = agg_cache_new(1 << 20, NULL);
    EXPECT(!agg_cache_is_again(c, slice_text("a")));
    EXPECT(!agg_cache_is_again(c, slice_text("b")));
    EXPECT(agg_cache_is_again(c, slice_text("a")));
    EXPECT(agg_cache_is_again(c, slice_text("a")));
    agg_cache_free(c);
}

static void *use(void *context)
{
    struct agg_cache *c = context;
    for (uint32_t i = 0; i < 20000; i++) {
        char room[16];
        struct slice key = key_of(i * 7 % 300, room);
        const struct agg_cached *e = agg_cache_get(c, CACHE_ANSWERS, key);
        if (e)
            EXPECT(slice_equal(agg_cached_bytes(e), key));
        else
            agg_cache_put(c, CACHE_ANSWERS, key, NULL, key);
        agg_cached_release(e);
    }
    return NULL;
}

TEST(agg_cache_serves_several_threads)
{
    struct agg_cache *c = agg_cache_new(16384, NULL);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        EXPECT_EQ(pthread_create(&threads[i], NULL, use, c), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    agg_cache_free(c);
}
