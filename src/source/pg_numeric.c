// SPDX-License-Identifier: Apache-2.0

//     digits u16 | weight i16 | sign u16 | scale u16 | digits x u16, each 0 to 9999
//
// The value is the sum of digit[i] * 10000^(weight - i); scale is how many decimals are
// shown.  sign: 0 plus, 0x4000 minus, 0xC000 NaN, 0xD000 Infinity, 0xF000 -Infinity.
#include "source/pg_numeric.h"

#include "base/limits.h"
#include "source/pg_bytes.h"

struct numeric {
    int digit_count, weight, scale;
    uint16_t sign;
    const uint8_t *digits;
};

enum { HEADER_BYTES = 8, SCALE_MAX = 0x3fff, SIGN_MINUS = 0x4000 };

static enum err decode(struct slice in, struct numeric *out, struct fault *why)
{
    if (in.len < HEADER_BYTES)
        return fail(why, ERR_CORRUPT, "ends too soon");
    *out = (struct numeric){.digit_count = pg_u16(in.at),
                            .weight = (int16_t)pg_u16(in.at + 2),
                            .sign = pg_u16(in.at + 4),
                            .scale = pg_u16(in.at + 6),
                            .digits = in.at + HEADER_BYTES};
    if (in.len != HEADER_BYTES + (size_t)out->digit_count * 2)
        return fail(why, ERR_CORRUPT, "%d digits in %zu bytes", out->digit_count, in.len);
    if (out->scale > SCALE_MAX)
        return fail(why, ERR_CORRUPT, "scale %d", out->scale);
    for (int i = 0; i < out->digit_count; i++)
        if (pg_u16(out->digits + (size_t)2 * i) > 9999)
            return fail(why, ERR_CORRUPT, "a digit over 9999");
    return OK;
}

// Group `i` of four decimals, counted from the front; places nobody sent are zero.
static int group(const struct numeric *n, int i)
{
    return 0 <= i && i < n->digit_count ? pg_u16(n->digits + (size_t)2 * i) : 0;
}

static char *print_group(char *at, int value)
{
    *at++ = (char)('0' + value / 1000);
    *at++ = (char)('0' + value / 100 % 10);
    *at++ = (char)('0' + value / 10 % 10);
    *at++ = (char)('0' + value % 10);
    return at;
}

static struct slice print(const struct numeric *n, char *text)
{
    char *at = text;
    if (n->sign == SIGN_MINUS)
        *at++ = '-';
    char *whole = at;
    for (int i = 0; i <= n->weight; i++)
        at = print_group(at, group(n, i));
    char *first = whole; // without leading zeros, but with one digit at least
    while (first < at && *first == '0')
        first++;
    memmove(whole, first, (size_t)(at - first));
    at -= first - whole;
    if (at == whole)
        *at++ = '0';
    if (n->scale > 0) {
        *at++ = '.';
        char *end = at + n->scale;
        for (int i = n->weight + 1; at < end; i++)
            at = print_group(at, group(n, i));
        at = end;
    }
    return slice_of(text, (size_t)(at - text));
}

enum err pg_numeric_print(struct slice binary, struct arena *scratch, struct slice *out,
                          struct fault *why)
{
    struct numeric n = {0};
    enum err e = decode(binary, &n, why);
    if (e)
        return e;
    switch (n.sign) {
    case 0xc000:
        *out = slice_text("NaN");
        return OK;
    case 0xd000:
        *out = slice_text("Infinity");
        return OK;
    case 0xf000:
        *out = slice_text("-Infinity");
        return OK;
    case 0:
    case SIGN_MINUS:
        break;
    default:
        return fail(why, ERR_CORRUPT, "sign %04x", n.sign);
    }
    size_t whole = n.weight < 0 ? 1 : (size_t)(n.weight + 1) * 4;
    size_t room = 1 + whole + 1 + (size_t)n.scale + 4;
    if (room > LIMIT_VALUE_BYTES)
        return fail(why, ERR_LIMIT, "more than %d digits", LIMIT_VALUE_BYTES);
    *out = print(&n, arena_alloc(scratch, room));
    return OK;
}
