// SPDX-License-Identifier: Apache-2.0
#include "server/mirror_position.h"
#include "test.h"

static struct position example(void)
{
    return (struct position){
        .source = "shop",
        .phase = PHASE_STREAMING,
        .generation = 0x0102030405060708,
        .end_lsn = 0x16b3748,
        .commit_time_ms = -5,
        .system_id = 7,
        .timeline = 3,
        .policy_fingerprint = 99,
        .stopped = {1, 2, 3, UINT64_MAX},
    };
}

static enum err decode(struct slice bytes)
{
    struct position p;
    return mirror_position_decode(bytes, &p, NULL);
}

TEST(mirror_position_survives_the_wire)
{
    struct position p = example(), q;
    struct buf out = buf_init(1000);
    mirror_position_encode(&p, &out);
    EXPECT_EQ(out.len, MIRROR_POSITION_BYTES);
    EXPECT_EQ(mirror_position_decode(buf_slice(&out), &q, NULL), OK);
    EXPECT(strcmp(q.source, "shop") == 0);
    EXPECT_EQ(q.phase, PHASE_STREAMING);
    EXPECT_EQ(q.generation, p.generation);
    EXPECT_EQ(q.end_lsn, p.end_lsn);
    EXPECT_EQ(q.commit_time_ms, -5);
    EXPECT_EQ(q.system_id, 7);
    EXPECT_EQ(q.timeline, 3);
    EXPECT_EQ(q.policy_fingerprint, 99);
    EXPECT(memcmp(q.stopped, p.stopped, sizeof p.stopped) == 0);
    expect_every_prefix_refused(buf_slice(&out), decode);
    buf_done(&out);
}

TEST(mirror_position_refuses_a_phase_and_a_name_that_cannot_be)
{
    struct position p = example();
    struct buf out = buf_init(1000);
    mirror_position_encode(&p, &out);
    out.at[64] = PHASE_COUNT;
    EXPECT_EQ(decode(buf_slice(&out)), ERR_CORRUPT);
    out.at[64] = PHASE_NONE;
    EXPECT_EQ(decode(buf_slice(&out)), OK);
    out.at[63] = 'x';
    EXPECT_EQ(decode(buf_slice(&out)), ERR_CORRUPT);
    buf_done(&out);
}
