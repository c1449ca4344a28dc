// SPDX-License-Identifier: Apache-2.0

// All numbers little-endian, no gaps:
//
//     source name, zero-padded    64 bytes, the last of them 0
//     phase                        u8
//     generation                  u64
//     end_lsn                     u64
//     commit_time_ms              i64
//     system_id                   u64
//     policy_fingerprint          u64
//     timeline                    u32
//     stopped                     4 x u64
#include "server/mirror_position.h"

#include "base/reader.h"

void mirror_position_encode(const struct position *p, struct buf *out)
{
    char name[sizeof p->source] = {0};
    memcpy(name, p->source, strnlen(p->source, sizeof name - 1));
    buf_bytes(out, name, sizeof name);
    buf_u8(out, p->phase);
    buf_u64_le(out, p->generation);
    buf_u64_le(out, p->end_lsn);
    buf_u64_le(out, (uint64_t)p->commit_time_ms);
    buf_u64_le(out, p->system_id);
    buf_u64_le(out, p->policy_fingerprint);
    buf_u32_le(out, p->timeline);
    for (size_t i = 0; i < sizeof p->stopped / sizeof p->stopped[0]; i++)
        buf_u64_le(out, p->stopped[i]);
}

enum err mirror_position_decode(struct slice bytes, struct position *out, struct fault *why)
{
    struct reader in = reader_over(bytes);
    struct position p = {0};
    struct slice name = reader_bytes(&in, sizeof p.source);
    if (name.len)
        memcpy(p.source, name.at, name.len);
    p.phase = reader_u8(&in);
    p.generation = reader_u64_le(&in);
    p.end_lsn = reader_u64_le(&in);
    p.commit_time_ms = (int64_t)reader_u64_le(&in);
    p.system_id = reader_u64_le(&in);
    p.policy_fingerprint = reader_u64_le(&in);
    p.timeline = reader_u32_le(&in);
    for (size_t i = 0; i < sizeof p.stopped / sizeof p.stopped[0]; i++)
        p.stopped[i] = reader_u64_le(&in);

    enum err e = reader_end(&in, why);
    if (e)
        return fail_in(why, e, "position of a source");
    if (p.source[sizeof p.source - 1] != 0)
        return fail(why, ERR_CORRUPT, "position of a source: its name does not end");
    if (p.phase >= PHASE_COUNT)
        return fail(why, ERR_CORRUPT, "position of a source: phase %d", p.phase);
    *out = p;
    return OK;
}
