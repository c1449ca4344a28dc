// SPDX-License-Identifier: Apache-2.0
#include "guard/relayer_ask.h"

#include "base/reader.h"

void relayer_question_print(const struct relayer_question *q, struct buf *out)
{
    buf_u32_le(out, q->from);
    buf_u32_le(out, q->to);
    buf_blob(out, q->kind);
    buf_slice_add(out, q->values);
}

enum err relayer_question_parse(struct slice bytes, struct relayer_question *out, struct fault *why)
{
    struct reader in = reader_over(bytes);
    out->from = reader_u32_le(&in);
    out->to = reader_u32_le(&in);
    out->kind = reader_blob(&in);
    out->values = reader_bytes(&in, reader_left(&in));
    if (in.short_of_bytes || out->kind.len == 0 || out->values.len == 0 ||
        out->values.len % RELAYER_VALUE_BYTES ||
        out->values.len / RELAYER_VALUE_BYTES > RELAYER_VALUES_MAX)
        return fail(why, ERR_CORRUPT, "a question of pseudonyms is not of their form");
    return OK;
}
