// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"
#include "server/gzip.h"
#include "server/packs.h"
#include "test.h"

#include <pthread.h>

// Answer `number`: `len` bytes that no other has.
static struct buf answer_of(uint64_t number, size_t len)
{
    struct buf out = buf_init(1 << 20);
    while (out.len < len)
        buf_print(&out, "{\"answer\":%llu,\"at\":%zu}", (unsigned long long)number, out.len);
    return out;
}

static void expect_packed(struct packs *p, uint64_t number, const char *head, const char *tail)
{
    struct buf body AUTO(buf_donep) = buf_init(1 << 20);
    struct buf answer AUTO(buf_donep) = answer_of(number, 2000);
    struct buf packed AUTO(buf_donep) = buf_init(1 << 20);
    struct buf back AUTO(buf_donep) = buf_init(1 << 20);
    buf_text(&body, head);
    buf_slice_add(&body, buf_slice(&answer));
    buf_text(&body, tail);
    const struct api_kept kept = {.number = number, .at = strlen(head), .len = answer.len};
    EXPECT_EQ(packs_pack(p, &kept, buf_slice(&body), &packed, NULL), OK);
    EXPECT_EQ(gzip_unpack(buf_slice(&packed), &back, NULL), OK);
    EXPECT(slice_equal(buf_slice(&back), buf_slice(&body)));
}

TEST(packs_pack_an_answer_once_for_many_bodies)
{
    struct packs *p = packs_new();
    expect_packed(p, 1, "{\"took\":1", "}");
    size_t bytes = packs_bytes(p);
    EXPECT(bytes > 0 && bytes < 1000);
    expect_packed(p, 1, "{\"took\":17", "}");
    expect_packed(p, 1, "", "");
    EXPECT_EQ(packs_bytes(p), bytes);
    packs_free(p);
    packs_free(NULL);
}

TEST(packs_tell_answers_apart_that_share_a_place)
{
    struct packs *p = packs_new();
    for (int round = 0; round < 3; round++)
        for (uint64_t i = 1; i <= 3; i++)
            expect_packed(p, i * PACKS_COUNT, "<", ">");
    size_t one = packs_bytes(p);
    for (uint64_t i = 1; i <= (uint64_t)2 * PACKS_COUNT; i++)
        expect_packed(p, i, "<", ">");
    EXPECT(packs_bytes(p) > 100 * one);
    EXPECT(packs_bytes(p) <= (size_t)PACKS_COUNT * (one + 64));
    packs_free(p);
}

// Bytes that do not pack, 1 MiB each, of which not all may stay.
TEST(packs_are_bounded)
{
    struct packs *p = packs_new();
    struct buf noise AUTO(buf_donep) = buf_init(2 << 20);
    uint64_t state = 88172645463325252u;
    while (noise.len < 1 << 20) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        buf_u64_le(&noise, state);
    }
    for (uint64_t i = 1; i <= 34; i++) {
        struct buf packed AUTO(buf_donep) = buf_init(2 << 20);
        const struct api_kept kept = {.number = i, .len = noise.len};
        EXPECT_EQ(packs_pack(p, &kept, buf_slice(&noise), &packed, NULL), OK);
        EXPECT(packs_bytes(p) <= PACKS_BYTES_MAX);
    }
    EXPECT(packs_bytes(p) > PACKS_BYTES_MAX / 2);
    packs_free(p);
}

static void *pack_many(void *context)
{
    for (uint64_t i = 0; i < 600; i++)
        expect_packed(context, 1 + i % 7 * PACKS_COUNT, "(", ")");
    return NULL;
}

TEST(packs_are_for_any_thread)
{
    struct packs *p = packs_new();
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        EXPECT_EQ(pthread_create(&threads[i], NULL, pack_many, p), 0);
    for (int i = 0; i < 4; i++)
        EXPECT_EQ(pthread_join(threads[i], NULL), 0);
    packs_free(p);
}
