// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"
#include "keys/crypto.h"

static const char base64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void base64url_print(struct slice bytes, struct buf *out)
{
    uint8_t *to = bytes.len ? buf_room(out, (bytes.len * 4 + 2) / 3) : NULL;
    uint32_t bits = 0;
    unsigned count = 0;
    for (size_t i = 0; to && i < bytes.len; i++) {
        bits = bits << 8 | bytes.at[i];
        for (count += 8; count >= 6; count -= 6)
            *to++ = (uint8_t)base64url[bits >> (count - 6) & 63];
    }
    if (to && count > 0)
        *to = (uint8_t)base64url[bits << (6 - count) & 63];
}

static int base64_digit(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+' || c == '-')
        return 62;
    return c == '/' || c == '_' ? 63 : -1;
}

// Padding must be whole when there is any, and the bits after the last byte zero:
// bytes have one text form (an alphabet and with or without padding apart).
enum err base64_parse(struct slice text, struct buf *out)
{
    struct slice digits = text;
    while (digits.len > 0 && text.len - digits.len < 2 && digits.at[digits.len - 1] == '=')
        digits.len--;
    if (digits.len % 4 == 1 || (digits.len < text.len && text.len % 4 != 0))
        return ERR_INVALID;
    uint32_t bits = 0;
    unsigned count = 0;
    for (size_t i = 0; i < digits.len; i++) {
        int digit = base64_digit(digits.at[i]);
        if (digit < 0)
            return ERR_INVALID;
        bits = bits << 6 | (uint32_t)digit;
        count += 6;
        if (count >= 8) {
            count -= 8;
            buf_u8(out, (uint8_t)(bits >> count));
        }
    }
    return (bits & ((1U << count) - 1)) == 0 ? OK : ERR_INVALID;
}

void hex_print(struct slice bytes, struct buf *out)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t *to = bytes.len ? buf_room(out, bytes.len * 2) : NULL;
    for (size_t i = 0; to && i < bytes.len; i++) {
        to[2 * i] = (uint8_t)digits[bytes.at[i] >> 4];
        to[2 * i + 1] = (uint8_t)digits[bytes.at[i] & 15];
    }
}
