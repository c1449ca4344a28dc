// SPDX-License-Identifier: Apache-2.0
#include "api/number_format.h"

#include <math.h>
#include <stdio.h>

enum { DIGITS_MAX = 340, FRACTION_MAX = 16 };

struct pattern {
    int whole_min;                  // digits before the point
    int fraction_min, fraction_max; // after it
    int group;                      // digits between commas; 0: none
    bool percent;
};

static bool read_whole(struct slice *rest, struct pattern *out)
{
    for (; rest->len; *rest = slice_from(*rest, 1)) {
        uint8_t c = rest->at[0];
        if (c == ',')
            out->group = 0;
        else if (c != '#' && c != '0')
            return c == '.' || c == '%';
        bool counts = c != ',' && out->group >= 0;
        out->group += c == ',' ? 0 : counts;
        out->whole_min += c == '0';
    }
    return true;
}

static void read_fraction(struct slice *rest, struct pattern *out)
{
    if (rest->len == 0 || rest->at[0] != '.')
        return;
    *rest = slice_from(*rest, 1);
    for (; rest->len && (rest->at[0] == '0' || rest->at[0] == '#'); *rest = slice_from(*rest, 1)) {
        out->fraction_min += rest->at[0] == '0';
        out->fraction_max++;
    }
}

static bool read_pattern(struct slice text, struct pattern *out)
{
    *out = (struct pattern){.group = -1};
    struct slice rest = text;
    if (text.len == 0 || !read_whole(&rest, out))
        return false;
    read_fraction(&rest, out);
    if (rest.len == 1 && rest.at[0] == '%') {
        out->percent = true;
        rest = slice_from(rest, 1);
    }
    if (out->group < 0)
        out->group = 0;
    return rest.len == 0 && out->fraction_max <= FRACTION_MAX && out->whole_min <= FRACTION_MAX;
}

static void put_whole(const char *digits, int count, const struct pattern *p, struct buf *out)
{
    if (count == 1 && digits[0] == '0' && p->whole_min == 0 && p->fraction_max > 0)
        return;
    int width = count < p->whole_min ? p->whole_min : count;
    for (int i = 0; i < width; i++) {
        int left = width - i;
        if (i && p->group && left % p->group == 0)
            buf_u8(out, ',');
        buf_u8(out, left > count ? '0' : (uint8_t)digits[i - (width - count)]);
    }
}

enum err number_format(double value, struct slice pattern, struct buf *out, struct fault *why)
{
    struct pattern p;
    if (!read_pattern(pattern, &p))
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: the number format is not understood: it may "
                    "hold '#', '0', ',', '.' and a final '%%'");
    char digits[DIGITS_MAX];
    double shown = p.percent ? value * 100 : value;
    int len = snprintf(digits, sizeof digits, "%.*f", p.fraction_max, fabs(shown));
    if (!isfinite(shown) || len <= 0 || len >= DIGITS_MAX)
        return fail(why, ERR_INVALID, "illegal_argument_exception: the number has no such form");
    int whole = p.fraction_max ? len - p.fraction_max - 1 : len;
    int end = len;
    while (p.fraction_max && end > whole + 1 + p.fraction_min && digits[end - 1] == '0')
        end--;
    if (signbit(shown))
        buf_u8(out, '-');
    put_whole(digits, whole, &p, out);
    if (p.fraction_max && end > whole + 1)
        buf_bytes(out, digits + whole, (size_t)(end - whole));
    if (p.percent)
        buf_u8(out, '%');
    return OK;
}
