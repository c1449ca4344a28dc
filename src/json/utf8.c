// SPDX-License-Identifier: Apache-2.0
#include "json/utf8.h"

static size_t len_by_first(uint8_t c)
{
    if (c < 0x80)
        return 1;
    if (c < 0xc2 || c > 0xf4)
        return 0;
    return c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

size_t utf8_len(const uint8_t *at, size_t left)
{
    size_t len = len_by_first(at[0]);
    if (len < 2 || len > left)
        return len > left ? 0 : len;
    uint8_t least = at[0] == 0xe0 ? 0xa0 : at[0] == 0xf0 ? 0x90 : 0x80;
    uint8_t most = at[0] == 0xed ? 0x9f : at[0] == 0xf4 ? 0x8f : 0xbf;
    if (at[1] < least || at[1] > most)
        return 0;
    for (size_t i = 2; i < len; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    }
    return len;
}

size_t utf8_put(uint8_t *to, uint32_t code_point)
{
    static const uint8_t marks[] = {0, 0, 0xc0, 0xe0, 0xf0};
    if (code_point < 0x80) {
        to[0] = (uint8_t)code_point;
        return 1;
    }
    size_t len = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--, code_point >>= 6)
        to[i] = (uint8_t)(0x80 | (code_point & 0x3f));
    to[0] = (uint8_t)(marks[len] | code_point);
    return len;
}

uint32_t utf8_take(const uint8_t *at, size_t len, size_t *pos)
{
    static const uint8_t masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    size_t bytes = utf8_len(at + *pos, len - *pos);
    if (bytes == 0) {
        *pos += 1;
        return 0xfffd;
    }
    uint32_t c = at[*pos] & masks[bytes];
    for (size_t i = 1; i < bytes; i++)
        c = c << 6 | (at[*pos + i] & 0x3f);
    *pos += bytes;
    return c;
}
