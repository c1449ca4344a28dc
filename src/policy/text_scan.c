// SPDX-License-Identifier: Apache-2.0
#include "policy/text_scan.h"

#include <math.h>

bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

bool is_letter(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool is_alnum(uint8_t c)
{
    return is_digit(c) || is_letter(c);
}

bool is_hex(uint8_t c)
{
    return is_digit(c) || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

uint8_t char_before(struct slice text, size_t at)
{
    return at > 0 && at <= text.len ? text.at[at - 1] : ' ';
}

uint8_t char_at(struct slice text, size_t at)
{
    return at < text.len ? text.at[at] : ' ';
}

bool has_at(struct slice text, size_t at, const char *word)
{
    return at <= text.len && slice_starts(slice_from(text, at), slice_text(word));
}

bool next_run(struct slice text, bool (*is)(uint8_t c), size_t *at, size_t *out_start)
{
    size_t start = *at;
    while (start < text.len && !is(text.at[start]))
        start++;
    if (start == text.len)
        return false;
    size_t end = start;
    while (end < text.len && is(text.at[end]))
        end++;
    *out_start = start;
    *at = end;
    return true;
}

bool luhn_holds(struct slice digits)
{
    unsigned sum = 0;
    for (size_t i = 0; i < digits.len; i++) {
        unsigned digit = digits.at[digits.len - 1 - i] - (unsigned)'0';
        unsigned twice = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
        sum += i % 2 ? twice : digit;
    }
    return digits.len > 0 && sum % 10 == 0;
}

double entropy_bits(struct slice text)
{
    uint32_t counts[256] = {0};
    double bits = 0;
    for (size_t i = 0; i < text.len; i++)
        counts[text.at[i]]++;
    for (size_t c = 0; c < 256; c++) {
        double share = (double)counts[c] / (double)(text.len ? text.len : 1);
        bits -= counts[c] ? share * log2(share) : 0;
    }
    return bits;
}
