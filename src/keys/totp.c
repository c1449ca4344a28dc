// SPDX-License-Identifier: Apache-2.0
#include "keys/totp.h"

#include "base/buf.h"
#include "base/check.h"

#include <gnutls/crypto.h>

enum { SHA1_BYTES = 20 };

uint32_t totp_code(struct slice secret, uint64_t step, int digits)
{
    uint8_t counter[8];
    uint8_t mac[SHA1_BYTES];
    CHECK(digits > 0 && digits <= TOTP_DIGITS_MAX);
    for (int i = 0; i < 8; i++)
        counter[i] = (uint8_t)(step >> (56 - 8 * i));
    // libsodium has no SHA-1.
    CHECK(gnutls_hmac_fast(GNUTLS_MAC_SHA1, secret.at, secret.len, counter, sizeof counter, mac) ==
          0);
    // RFC 4226, 5.3: the last four bits say where the number begins.
    const uint8_t *at = mac + (mac[SHA1_BYTES - 1] & 0xf);
    uint32_t number =
        (uint32_t)(at[0] & 0x7f) << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    uint32_t power = 1;
    for (int i = 0; i < digits; i++)
        power *= 10;
    return number % power;
}

void base32_print(struct slice bytes, struct buf *out)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    uint32_t bits = 0;
    int count = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        bits = (bits << 8 | bytes.at[i]) & 0xffff;
        for (count += 8; count >= 5; count -= 5)
            buf_u8(out, (uint8_t)alphabet[bits >> (count - 5) & 31]);
    }
    if (count > 0)
        buf_u8(out, (uint8_t)alphabet[bits << (5 - count) & 31]);
}
