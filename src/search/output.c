// SPDX-License-Identifier: Apache-2.0
#include "search/output.h"

#include "base/buf.h"
#include "keys/crypto.h"

enum { PRINTED_BYTES_MAX = 64 };

struct value output_text(enum field_type type, struct slice stored, struct arena *request)
{
    struct value v = {.type = VALUE_TEXT};
    if (type == FIELD_PSEUDONYM) {
        struct buf text AUTO(buf_donep) = buf_init(PRINTED_BYTES_MAX);
        base64url_print(stored, &text);
        v.text = arena_copy(request, buf_slice(&text));
    } else {
        v.text = arena_copy(request, stored);
    }
    return v;
}

struct value output_i64(enum field_type type, int64_t i64)
{
    enum value_type t = type == FIELD_BOOLEAN ? VALUE_BOOLEAN
                        : type == FIELD_DATE  ? VALUE_DATE
                                              : VALUE_LONG;
    return (struct value){.type = t, .i64 = i64};
}

struct value output_f64(double f64)
{
    return (struct value){.type = VALUE_DOUBLE, .f64 = f64};
}

// base64url counts A-Z a-z 0-9 - _, while bytes order - 0-9 A-Z _ a-z.
static int rank_of(uint32_t six_bits)
{
    if (six_bits < 26)
        return 11 + (int)six_bits;
    if (six_bits < 52)
        return 38 + (int)six_bits - 26;
    if (six_bits < 62)
        return 1 + (int)six_bits - 52;
    return six_bits == 62 ? 0 : 37;
}

static uint32_t six_bits_at(struct slice s, size_t bit)
{
    uint32_t two = (uint32_t)s.at[bit / 8] << 8 | (bit / 8 + 1 < s.len ? s.at[bit / 8 + 1] : 0);
    return two >> (10 - bit % 8) & 63;
}

static int compare_printed(struct slice a, struct slice b)
{
    size_t bits = 8 * (a.len < b.len ? a.len : b.len);
    for (size_t bit = 0; bit < bits; bit += 6) {
        int order = rank_of(six_bits_at(a, bit)) - rank_of(six_bits_at(b, bit));
        if (order)
            return order;
    }
    return (a.len > b.len) - (a.len < b.len);
}

int output_compare_text(enum field_type type, struct slice a, struct slice b)
{
    return type == FIELD_PSEUDONYM ? compare_printed(a, b) : slice_compare(a, b);
}
