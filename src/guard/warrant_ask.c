// SPDX-License-Identifier: Apache-2.0
#include "guard/warrant_ask.h"

#include "base/arena.h"
#include "base/reader.h"

enum { BOUND_BYTES = 1024, PLAIN_BYTES = 32 << 10 };

void warrant_question_print(const struct warrant_question *q, struct buf *out)
{
    buf_u64_le(out, q->number);
    buf_blob(out, q->column);
    buf_blob(out, q->row);
    buf_blob(out, q->who);
    buf_blob(out, q->why);
    buf_blob(out, q->sealed);
}

enum err warrant_question_parse(struct slice bytes, struct warrant_question *out, struct fault *why)
{
    struct reader in = reader_over(bytes);
    out->number = reader_u64_le(&in);
    out->column = reader_blob(&in);
    out->row = reader_blob(&in);
    out->who = reader_blob(&in);
    out->why = reader_blob(&in);
    out->sealed = reader_blob(&in);
    return reader_end(&in, why);
}

static void print_bound(const struct warrant_question *q, struct buf *out)
{
    buf_text(out, "tamis warrant 1");
    buf_u64_le(out, q->number);
    buf_blob(out, q->column);
    buf_blob(out, q->row);
}

void warrant_answer_lock(const uint8_t key[KEY_BYTES], const struct warrant_question *q,
                         const uint64_t row[2], struct slice text, struct buf *out)
{
    struct buf bound AUTO(buf_donep) = buf_init(BOUND_BYTES);
    struct buf plain AUTO(buf_donep) = buf_init(PLAIN_BYTES);
    print_bound(q, &bound);
    (void)buf_room(&plain, 2 * sizeof(uint64_t) + text.len); // all at once: growing leaves no copy
    buf_reset(&plain);
    buf_u64_le(&plain, row[0]);
    buf_u64_le(&plain, row[1]);
    buf_slice_add(&plain, text);
    lock_bytes(key, buf_slice(&bound), buf_slice(&plain), out);
    wipe(plain.at, plain.len);
}

enum err warrant_answer_open(const uint8_t key[KEY_BYTES], const struct warrant_question *q,
                             struct slice locked, uint64_t out_row[2], struct buf *out,
                             struct fault *why)
{
    struct buf bound AUTO(buf_donep) = buf_init(BOUND_BYTES);
    struct buf plain AUTO(buf_donep) = buf_init(PLAIN_BYTES);
    print_bound(q, &bound);
    size_t len = locked.len > LOCK_BYTES ? locked.len - LOCK_BYTES : 0;
    uint8_t *at = len >= 2 * sizeof(uint64_t) ? buf_room(&plain, len) : NULL;
    if (!at || !unlock_bytes(key, buf_slice(&bound), locked, at))
        return fail(why, ERR_CORRUPT, "what keeper opened was changed on its way");
    struct reader in = reader_over(buf_slice(&plain));
    out_row[0] = reader_u64_le(&in);
    out_row[1] = reader_u64_le(&in);
    buf_slice_add(out, slice_from(buf_slice(&plain), 2 * sizeof(uint64_t)));
    wipe(at, len);
    return OK;
}
