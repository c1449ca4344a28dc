// SPDX-License-Identifier: Apache-2.0
// Talk with real servers is in tests/flow/test_probe.py.
#include "cli/probe_line.h"
#include "test.h"

TEST(probe_line_looks_for_every_store_in_one_way)
{
    uint32_t http = probe_stores(WAY_HTTP);
    uint32_t bare = probe_stores(WAY_BARE);
    EXPECT_EQ(http, probe_stores(WAY_HTTPS));
    EXPECT_EQ(http & bare, 0);
    EXPECT_EQ(http | bare, (1u << STORE_KINDS) - 1);
    EXPECT(bare & 1u << STORE_REDIS);
}

TEST(probe_place_where_nobody_listens_has_no_answer)
{
    struct arena *memory AUTO(arena_freep) = arena_new(1 << 20);
    char address[PROBE_ADDRESS_BYTES];
    struct probe_result r;
    struct probe_place place = {
        .host = "127.0.0.1", .port = 1, .ways = 7, .stores = UINT32_MAX, .per_second = 100};
    probe_place(&place, memory, &r, address);
    EXPECT_EQ(r.verdict, PROBE_NO_ANSWER);
    EXPECT(slice_is(slice_text(address), "127.0.0.1:1"));
}
