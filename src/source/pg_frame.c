// SPDX-License-Identifier: Apache-2.0

//     w  start u64 | end u64 | time i64 | message ...
//     k  end u64 | time i64 | reply wanted u8
//     r  written u64 | flushed u64 | applied u64 | time i64 | reply wanted u8
#include "source/pg_frame.h"

#include "base/reader.h"

enum err pg_frame_decode(struct slice bytes, struct pg_frame *out, struct fault *why)
{
    struct reader in = reader_over(bytes);
    struct pg_frame f = {.kind = (char)reader_u8(&in)};
    if (f.kind == 'w') {
        f.start_lsn = reader_u64_be(&in);
        f.end_lsn = reader_u64_be(&in);
        f.send_time_us = (int64_t)reader_u64_be(&in);
        f.payload = reader_bytes(&in, reader_left(&in));
    } else if (f.kind == 'k') {
        f.end_lsn = reader_u64_be(&in);
        f.send_time_us = (int64_t)reader_u64_be(&in);
        f.wants_reply = reader_u8(&in) != 0;
    } else if (!in.short_of_bytes) {
        return fail(why, ERR_CORRUPT, "replication frame of unknown kind %d", f.kind);
    }
    enum err e = reader_end(&in, why);
    if (e)
        return fail_in(why, e, "replication frame of kind %d", f.kind);
    *out = f;
    return OK;
}

void pg_status_encode(uint64_t durable_lsn, int64_t now_us_since_2000, struct buf *out)
{
    buf_u8(out, 'r');
    for (int i = 0; i < 3; i++)
        buf_u64_be(out, durable_lsn);
    buf_u64_be(out, (uint64_t)now_us_since_2000);
    buf_u8(out, 0);
}

int64_t pg_time_us(int64_t us_since_2000)
{
    int64_t us = us_since_2000;
    if (us == INT64_MIN || us == INT64_MAX)
        return us;
    // Beyond what PostgreSQL itself allows; as good as never.
    if (__builtin_add_overflow(us_since_2000, PG_EPOCH_US, &us))
        return INT64_MAX;
    return us;
}
