// SPDX-License-Identifier: Apache-2.0
#include "cli/neighbours.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum { WORDS_MAX = 4, LISTEN = 0x0a, ADDRESS_BYTES = 16 };

struct line {
    struct slice words[WORDS_MAX]; // "0:", "0100007F:2328", "00000000:0000", "0A"
};

static bool split(struct slice text, struct line *out)
{
    size_t at = 0;
    for (unsigned i = 0; i < WORDS_MAX; i++) {
        while (at < text.len && text.at[at] == ' ')
            at++;
        size_t start = at;
        while (at < text.len && text.at[at] != ' ')
            at++;
        out->words[i] = slice_of(text.at + start, at - start);
    }
    return out->words[WORDS_MAX - 1].len > 0;
}

// As the kernel prints them, in capitals.
static bool hex_digit(uint8_t c, uint8_t *out)
{
    bool is_digit = c >= '0' && c <= '9';
    *out = (uint8_t)(is_digit ? c - '0' : c - 'A' + 10);
    return is_digit || (c >= 'A' && c <= 'F');
}

static bool hex_byte(struct slice text, size_t at, uint8_t *out)
{
    uint8_t high;
    uint8_t low;
    if (at + 2 > text.len || !hex_digit(text.at[at], &high) || !hex_digit(text.at[at + 1], &low))
        return false;
    *out = (uint8_t)(high << 4 | low);
    return true;
}

// Words of four bytes, each in the byte order of the machine, which is little-endian here.
static bool read_address(struct slice text, size_t len, uint8_t out[ADDRESS_BYTES])
{
    for (size_t i = 0; i < len; i++) {
        if (!hex_byte(text, 2 * (i / 4 * 4 + 3 - i % 4), &out[i]))
            return false;
    }
    return true;
}

static bool read_port(struct slice text, size_t at, uint16_t *out)
{
    uint8_t high;
    uint8_t low;
    if (at >= text.len || text.at[at] != ':' || !hex_byte(text, at + 1, &high) ||
        !hex_byte(text, at + 3, &low))
        return false;
    *out = (uint16_t)(high << 8 | low);
    return true;
}

static void name_host(const uint8_t address[ADDRESS_BYTES], bool is_v6, struct neighbour *out)
{
    static const uint8_t nought[ADDRESS_BYTES];
    static const uint8_t loop[ADDRESS_BYTES] = {[ADDRESS_BYTES - 1] = 1};
    size_t len = is_v6 ? ADDRESS_BYTES : 4;
    char text[INET6_ADDRSTRLEN] = "";
    bool is_any = memcmp(address, nought, len) == 0;
    inet_ntop(is_v6 ? AF_INET6 : AF_INET, address, text, sizeof text);
    snprintf(out->host, sizeof out->host, is_v6 ? "[%s]" : "%s", text);
    if (is_any)
        snprintf(out->host, sizeof out->host, "%s", is_v6 ? "[::1]" : "127.0.0.1");
    out->is_everywhere = is_any || !(is_v6 ? memcmp(address, loop, len) == 0 : address[0] == 127);
}

static bool read_line(struct slice text, bool is_v6, struct neighbour *out)
{
    struct line line;
    uint8_t state;
    uint8_t address[ADDRESS_BYTES];
    size_t len = is_v6 ? ADDRESS_BYTES : 4;
    if (!split(text, &line) || !hex_byte(line.words[3], 0, &state) || state != LISTEN ||
        !read_address(line.words[1], len, address) ||
        !read_port(line.words[1], 2 * len, &out->port))
        return false;
    name_host(address, is_v6, out);
    return true;
}

// The same port twice, of both families most often, is one neighbour.
static bool is_known(const struct neighbour *n, struct neighbour out[NEIGHBOURS_MAX],
                     unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        bool is_same = out[i].port == n->port;
        bool is_loop = strcmp(out[i].host, "127.0.0.1") == 0 && strcmp(n->host, "[::1]") == 0;
        if (is_same && (is_loop || strcmp(out[i].host, n->host) == 0)) {
            out[i].is_everywhere |= n->is_everywhere;
            return true;
        }
    }
    return false;
}

unsigned neighbours_add(struct slice file, bool is_v6, struct neighbour out[NEIGHBOURS_MAX],
                        unsigned count)
{
    while (file.len) {
        const uint8_t *end = memchr(file.at, '\n', file.len);
        size_t len = end ? (size_t)(end - file.at) : file.len;
        struct neighbour n;
        if (count < NEIGHBOURS_MAX && read_line(slice_of(file.at, len), is_v6, &n) &&
            !is_known(&n, out, count))
            out[count++] = n;
        file = slice_from(file, len + (end != NULL));
    }
    return count;
}
