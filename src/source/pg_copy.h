// SPDX-License-Identifier: Apache-2.0
#pragma once

// COPY ... TO STDOUT (FORMAT binary): a stream of bytes, cut anywhere, to rows.
//
//     struct pg_copy *copy = pg_copy_new(column_count, row, context);
//     each CopyData:  pg_copy_feed(copy, bytes, why)
//     at the end:     pg_copy_end(copy, why)
//
// The pieces the server sends are not rows: a row may span pieces and a piece may hold
// many.  Fields handed to `row` are good until it returns.  One thread at a time.

#include "base/err.h"
#include "source/pg_message.h"

struct pg_copy;

enum { PG_ROW_BYTES_MAX = 64 << 20 }; // one row, in either protocol

// Fields are of kind 'b' or 'n', as many as the copy was made for.
typedef enum err (*pg_copy_row)(void *context, const struct pg_field *fields, struct fault *why);

struct pg_copy *pg_copy_new(uint32_t column_count, pg_copy_row row, void *context);
void pg_copy_free(struct pg_copy *c); // NULL is fine

// ERR_CORRUPT: not this format, or another column count.  ERR_LIMIT: a row over
// PG_ROW_BYTES_MAX.  Else what `row` returned.  After an error the copy is only to be freed.
enum err pg_copy_feed(struct pg_copy *c, struct slice bytes, struct fault *why);

// ERR_CORRUPT when the closing mark has not come, or bytes are left over.
enum err pg_copy_end(const struct pg_copy *c, struct fault *why);
