// SPDX-License-Identifier: Apache-2.0
#include "policy/detector.h"
#include "policy/text_scan.h"

// A telephone number of ITU-T E.164: + and 7 to 15 digits, single blanks, points, hyphens and
// brackets between.  The country's code is one that is given out; numbers of +1 and +7 have ten
// digits behind it.  A coordinate (+48.858222) is none: numbers are not written in groups of
// more than four digits with points.
enum { DIGITS_MIN = 8, DIGITS_MAX = 15, PAIRED_DIGITS = 11, POINTED_GROUP_MAX = 4 };

struct number {
    uint8_t digits[DIGITS_MAX + 1];
    size_t count;
    size_t group, group_max; // digits since the last separator; the most of a group
    bool has_point;
    size_t end; // behind its last digit
};

static bool is_between(uint8_t c)
{
    return c == ' ' || c == '-' || c == '.' || c == '(' || c == ')';
}

static void take(struct slice text, size_t at, struct number *n)
{
    while (at < text.len && n->count <= DIGITS_MAX) {
        uint8_t c = text.at[at++];
        if (is_digit(c)) {
            n->digits[n->count++] = c;
            n->group++;
            n->end = at;
        } else if (!is_between(c) || c == char_before(text, at - 1)) {
            break;
        } else {
            n->has_point |= c == '.' && is_digit(char_at(text, at));
            n->group = 0;
        }
        n->group_max = n->group > n->group_max ? n->group : n->group_max;
    }
}

// By its first two digits; of those left out no country has any.
static bool is_given_out(const struct number *n)
{
    if (n->digits[0] == '1')
        return n->count == PAIRED_DIGITS && n->digits[1] > '1' && n->digits[4] > '1';
    if (n->digits[0] == '7')
        return n->count == PAIRED_DIGITS;
    unsigned first = (unsigned)(n->digits[0] - '0') * 10 + (n->digits[1] - (unsigned)'0');
    return first >= 20 && first != 28 && first != 83 && first != 89;
}

static bool is_number(struct slice text, size_t plus)
{
    struct number n = {0};
    uint8_t before = char_before(text, plus);
    if (is_alnum(before) || before == '+' || before == '.')
        return false;
    take(text, plus + 1, &n);
    if (n.count < DIGITS_MIN || n.count > DIGITS_MAX || is_alnum(char_at(text, n.end)))
        return false;
    return is_given_out(&n) && !(n.has_point && n.group_max > POINTED_GROUP_MAX);
}

static bool holds(struct slice text, struct arena *scratch)
{
    (void)scratch;
    for (size_t at = 0; at + DIGITS_MIN < text.len; at++) {
        if (text.at[at] == '+' && is_number(text, at))
            return true;
    }
    return false;
}

const struct detector detect_phone = {
    .name = "telephone number",
    .id = "phone",
    .pattern = "\\+[ (]?[1-9](?:[ .()-]{0,2}[0-9]){6}",
    .holds = holds,
};
