// SPDX-License-Identifier: Apache-2.0

//     "PGCOPY\n\xff\r\n\0" | flags u32 | extension length u32 | extension
//     each row: count u16 | count x (length i32, -1 = NULL | bytes)
//     end: count u16 = 0xffff
#include "source/pg_copy.h"

#include "base/buf.h"
#include "source/pg_bytes.h"

#include <stdlib.h>

static const uint8_t signature[11] = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', 0xff, '\r', '\n', 0};

enum {
    HEADER_BYTES = sizeof signature + 4 + 4,
    EXTENSION_BYTES_MAX = 1 << 16,
};

// Bits we would have to understand; bit 16 is "with oids".
static const uint32_t flags_critical = 0xffffu << 16;

enum state { STATE_HEADER, STATE_ROWS, STATE_ENDED };

struct pg_copy {
    enum state state;
    uint32_t column_count;
    pg_copy_row row;
    void *context;
    struct buf carry; // the start of an item whose rest has not come yet
    struct pg_field *fields;
};

struct pg_copy *pg_copy_new(uint32_t column_count, pg_copy_row row, void *context)
{
    struct pg_copy *c = calloc(1, sizeof *c);
    struct pg_field *fields = calloc(column_count ? column_count : 1, sizeof *fields);
    if (!c || !fields)
        abort(); // out of memory, as an arena would
    *c = (struct pg_copy){.column_count = column_count,
                          .row = row,
                          .context = context,
                          .carry = buf_init(PG_ROW_BYTES_MAX),
                          .fields = fields};
    return c;
}

void pg_copy_free(struct pg_copy *c)
{
    if (!c)
        return;
    buf_done(&c->carry);
    free(c->fields);
    free(c);
}

// The three step functions eat one item at the start of `bytes` and say how long it was;
// 0 when it is not whole yet.

static enum err step_header(struct pg_copy *c, struct slice bytes, size_t *out_used,
                            struct fault *why)
{
    *out_used = 0;
    size_t seen = bytes.len < sizeof signature ? bytes.len : sizeof signature;
    if (seen && memcmp(bytes.at, signature, seen) != 0)
        return fail(why, ERR_CORRUPT, "copy stream has no binary signature");
    if (bytes.len < HEADER_BYTES)
        return OK;
    uint32_t flags = pg_u32(bytes.at + sizeof signature);
    uint32_t extension = pg_u32(bytes.at + sizeof signature + 4);
    if (flags & flags_critical)
        return fail(why, ERR_CORRUPT, "copy stream has unknown flags %08x", flags);
    if (extension > EXTENSION_BYTES_MAX)
        return fail(why, ERR_CORRUPT, "copy stream's header extension of %u bytes", extension);
    if (bytes.len - HEADER_BYTES < extension)
        return OK;
    c->state = STATE_ROWS;
    *out_used = HEADER_BYTES + extension;
    return OK;
}

// Finds the fields of one row.  False when bytes are missing.
static bool find_fields(struct pg_copy *c, struct slice bytes, size_t *out_used, bool *out_bad)
{
    const uint8_t *at = bytes.at + 2;
    const uint8_t *end = bytes.at + bytes.len;
    for (uint32_t i = 0; i < c->column_count; i++) {
        if (end - at < 4)
            return false;
        uint32_t len = pg_u32(at);
        at += 4;
        if (len == UINT32_MAX) {
            c->fields[i] = (struct pg_field){.kind = 'n'};
            continue;
        }
        if (len > PG_ROW_BYTES_MAX) {
            *out_bad = true;
            return false;
        }
        if ((size_t)(end - at) < len)
            return false;
        c->fields[i] = (struct pg_field){.kind = 'b', .bytes = slice_of(at, len)};
        at += len;
    }
    *out_used = (size_t)(at - bytes.at);
    return true;
}

static enum err step_row(struct pg_copy *c, struct slice bytes, size_t *out_used, struct fault *why)
{
    *out_used = 0;
    if (bytes.len < 2)
        return OK;
    uint16_t count = pg_u16(bytes.at);
    if (count == UINT16_MAX) {
        c->state = STATE_ENDED;
        *out_used = 2;
        return OK;
    }
    if (count != c->column_count)
        return fail(why, ERR_CORRUPT, "copied row of %u columns, not %u", count, c->column_count);
    bool is_bad = false;
    if (!find_fields(c, bytes, out_used, &is_bad))
        return is_bad ? fail(why, ERR_LIMIT, "copied value over the limit of %d bytes a row",
                             PG_ROW_BYTES_MAX)
                      : OK;
    return c->row(c->context, c->fields, why);
}

static enum err step(struct pg_copy *c, struct slice bytes, size_t *out_used, struct fault *why)
{
    if (c->state == STATE_HEADER)
        return step_header(c, bytes, out_used, why);
    if (c->state == STATE_ROWS)
        return step_row(c, bytes, out_used, why);
    return fail(why, ERR_CORRUPT, "copy stream goes on after its end");
}

// Eats whole items; what is left of `bytes` is the start of one.
static enum err eat(struct pg_copy *c, struct slice *bytes, struct fault *why)
{
    while (bytes->len > 0) {
        size_t used = 0;
        enum err e = step(c, *bytes, &used, why);
        if (e)
            return e;
        if (used == 0)
            break;
        *bytes = slice_from(*bytes, used);
    }
    return OK;
}

enum err pg_copy_feed(struct pg_copy *c, struct slice bytes, struct fault *why)
{
    if (c->carry.len == 0) { // the common case: no copying, rows are taken in place
        enum err e = eat(c, &bytes, why);
        if (e)
            return e;
        buf_slice_add(&c->carry, bytes);
    } else {
        buf_slice_add(&c->carry, bytes);
        struct slice left = buf_slice(&c->carry);
        enum err e = eat(c, &left, why);
        if (e)
            return e;
        if (left.len)
            memmove(c->carry.at, left.at, left.len);
        c->carry.len = left.len;
    }
    enum err e = buf_end(&c->carry, why);
    return e ? fail_in(why, e, "a copied row") : OK;
}

enum err pg_copy_end(const struct pg_copy *c, struct fault *why)
{
    if (c->state != STATE_ENDED || c->carry.len > 0)
        return fail(why, ERR_CORRUPT, "copy stream ends too soon");
    return OK;
}
