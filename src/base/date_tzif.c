// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"
#include "base/date_private.h"
#include "base/reader.h"

#include <stdlib.h>

// TZif (RFC 9636), big-endian:
//
//     header   "TZif" version(1) zero(15) six counts of 4 bytes:
//              UT marks, standard marks, leap seconds, changes, types, name bytes
//     body     with 4-byte times; for old readers, skipped here
//     header   again, version 2 or later
//     body     change times (8 each), their types (1 each), types (offset 4, summer 1,
//              name 1), names, leap seconds (12 each), standard marks, UT marks (1 each)
//     footer   newline, POSIX TZ string, newline

struct counts {
    uint32_t ut, standard, leap, change, type, name_bytes;
};

static bool read_header(struct reader *in, struct counts *out)
{
    struct slice magic = reader_bytes(in, 4);
    uint8_t version = reader_u8(in);
    reader_bytes(in, 15);
    out->ut = reader_u32_be(in);
    out->standard = reader_u32_be(in);
    out->leap = reader_u32_be(in);
    out->change = reader_u32_be(in);
    out->type = reader_u32_be(in);
    out->name_bytes = reader_u32_be(in);
    return slice_is(magic, "TZif") && version >= '2' && out->ut <= ZONE_TYPES_MAX &&
           out->standard <= ZONE_TYPES_MAX && out->leap <= ZONE_TRANSITIONS_MAX &&
           out->change <= ZONE_TRANSITIONS_MAX && out->type <= ZONE_TYPES_MAX &&
           out->name_bytes <= ZONE_TRANSITIONS_MAX;
}

static void skip_old_body(struct reader *in, const struct counts *n)
{
    reader_bytes(in, (size_t)n->change * 5 + (size_t)n->type * 6 + n->name_bytes +
                         (size_t)n->leap * 8 + n->standard + n->ut);
}

static bool read_types(struct reader *in, uint32_t count, int32_t *out_seconds)
{
    for (uint32_t i = 0; i < count; i++) {
        out_seconds[i] = (int32_t)reader_u32_be(in);
        reader_u8(in); // summer time or not
        reader_u8(in); // name
        if (out_seconds[i] < -ZONE_OFFSET_SECONDS_MAX || out_seconds[i] > ZONE_OFFSET_SECONDS_MAX)
            return false;
    }
    return count > 0;
}

static bool read_changes(struct reader *in, const struct counts *n, struct date_zone *z)
{
    for (uint32_t i = 0; i < n->change; i++) {
        z->changes[i] = (int64_t)reader_u64_be(in);
        if (i > 0 && z->changes[i] <= z->changes[i - 1])
            return false;
    }
    struct slice kinds = reader_bytes(in, n->change);
    int32_t seconds[ZONE_TYPES_MAX] = {0};
    if (!read_types(in, n->type, seconds))
        return false;
    for (size_t i = 0; i < kinds.len; i++) {
        if (kinds.at[i] >= n->type)
            return false;
        z->offsets_seconds[i] = seconds[kinds.at[i]];
    }
    z->first_seconds = seconds[0];
    z->change_count = n->change;
    return true;
}

static bool read_footer(struct reader *in, struct date_zone *z)
{
    size_t left = reader_left(in);
    struct slice text = reader_bytes(in, left);
    if (text.len < 2 || text.at[0] != '\n' || text.at[text.len - 1] != '\n')
        return false;
    text = slice_of(text.at + 1, text.len - 2);
    z->has_rule = text.len > 0;
    return !z->has_rule || zone_rule_parse(text, &z->rule);
}

static bool read_body(struct reader *in, const struct counts *n, struct date_zone *z)
{
    if (!read_changes(in, n, z))
        return false;
    reader_bytes(in, (size_t)n->name_bytes + (size_t)n->leap * 12 + n->standard + n->ut);
    return read_footer(in, z);
}

enum err zone_decode(struct slice file, struct date_zone **out, struct fault *why)
{
    struct reader in = reader_over(file);
    struct counts n;
    if (!read_header(&in, &n))
        return fail(why, ERR_CORRUPT, "no time zone file of version 2");
    skip_old_body(&in, &n);
    if (!read_header(&in, &n))
        return fail(why, ERR_CORRUPT, "time zone file without its second header");
    struct date_zone *z = calloc(1, sizeof *z);
    CHECK(z != NULL);
    z->changes = calloc(n.change + 1, sizeof *z->changes);
    z->offsets_seconds = calloc(n.change + 1, sizeof *z->offsets_seconds);
    CHECK(z->changes && z->offsets_seconds);
    if (!read_body(&in, &n, z) || reader_end(&in, NULL)) {
        zone_free(z);
        return fail(why, ERR_CORRUPT, "time zone file does not decode");
    }
    *out = z;
    return OK;
}

void zone_free(struct date_zone *z)
{
    if (!z)
        return;
    free(z->changes);
    free(z->offsets_seconds);
    free(z);
}
