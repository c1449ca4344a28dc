// SPDX-License-Identifier: Apache-2.0
#include "policy/ip_text.h"

#include <arpa/inet.h>

// The library's readers and writers are functions of their arguments alone.
static bool parse(int family, struct slice text, void *out)
{
    char words[INET6_ADDRSTRLEN];
    if (text.len == 0 || text.len >= sizeof words || memchr(text.at, '\0', text.len))
        return false;
    memcpy(words, text.at, text.len);
    words[text.len] = '\0';
    return inet_pton(family, words, out) == 1;
}

bool ip_v4_parse(struct slice text, uint8_t out[4])
{
    return parse(AF_INET, text, out);
}

bool ip_v6_parse(struct slice text, uint8_t out[16])
{
    return parse(AF_INET6, text, out);
}

static void print(int family, const uint8_t *bytes, struct buf *out)
{
    char words[INET6_ADDRSTRLEN];
    if (inet_ntop(family, bytes, words, sizeof words))
        buf_text(out, words);
}

void ip_v4_print(const uint8_t bytes[4], struct buf *out)
{
    print(AF_INET, bytes, out);
}

void ip_v6_print(const uint8_t bytes[16], struct buf *out)
{
    print(AF_INET6, bytes, out);
}

void ip_mask(uint8_t *bytes, uint32_t byte_count, uint32_t bits)
{
    for (uint32_t i = 0; i < byte_count; i++) {
        uint32_t kept = bits > i * 8 ? bits - i * 8 : 0;
        bytes[i] &= kept >= 8 ? 0xff : (uint8_t)(0xff00 >> kept);
    }
}
