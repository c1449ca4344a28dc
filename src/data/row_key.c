// SPDX-License-Identifier: Apache-2.0
#include "data/changeset.h"

enum { DIGITS_PER_WORD = 16 };

static void print_word(uint64_t word, struct buf *out)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t *room = buf_room(out, DIGITS_PER_WORD);
    for (int i = 0; room && i < DIGITS_PER_WORD; i++)
        room[i] = (uint8_t)digits[word >> (60 - 4 * i) & 0xf];
}

void row_key_print(struct row_key key, struct buf *out)
{
    if (key.hi != 0)
        print_word(key.hi, out);
    print_word(key.lo, out);
}

static int digit_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_word(const uint8_t *text, uint64_t *out)
{
    uint64_t word = 0;
    for (int i = 0; i < DIGITS_PER_WORD; i++) {
        int digit = digit_value(text[i]);
        if (digit < 0)
            return false;
        word = word << 4 | (uint64_t)digit;
    }
    *out = word;
    return true;
}

// Only what row_key_print() makes, so that one row has one name: lower case, and 32
// digits only where the first 16 are not all 0.
enum err row_key_parse(struct slice text, struct row_key *out)
{
    struct row_key key = {0};
    if (text.len == DIGITS_PER_WORD) {
        if (!parse_word(text.at, &key.lo))
            return ERR_INVALID;
    } else if (text.len == (size_t)2 * DIGITS_PER_WORD) {
        if (!parse_word(text.at, &key.hi) || !parse_word(text.at + DIGITS_PER_WORD, &key.lo) ||
            key.hi == 0)
            return ERR_INVALID;
    } else {
        return ERR_INVALID;
    }
    *out = key;
    return OK;
}
