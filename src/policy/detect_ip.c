// SPDX-License-Identifier: Apache-2.0
#include "policy/detector.h"
#include "policy/ip_text.h"
#include "policy/text_scan.h"

// An IP address of somebody: private ones too, for they name a device in a home.  Not those
// that are nobody's (0.0.0.0/8, 127.0.0.0/8, groups and broadcast, ::, ::1), and of IPv6 only what
// is given out or local.  A version of four numbers has the same form: one that says what it is
// ("v1.2.3.4", "1.2.3.4-beta") is let pass, a bare one is not; the policy says `allow: [ip]` then.
static bool is_quad_char(uint8_t c)
{
    return is_digit(c) || c == '.';
}

static bool is_v6_char(uint8_t c)
{
    return is_hex(c) || c == ':' || c == '.';
}

static bool ends_as_version(struct slice text, size_t end)
{
    uint8_t after = char_at(text, end);
    return is_alnum(after) ||
           ((after == '-' || after == '+' || after == '_') && is_letter(char_at(text, end + 1)));
}

static struct slice without_last_points(struct slice run)
{
    while (run.len > 0 && run.at[run.len - 1] == '.')
        run.len--;
    return run;
}

static bool holds_v4(struct slice text)
{
    size_t start = 0;
    for (size_t at = 0; next_run(text, is_quad_char, &at, &start);) {
        struct slice run = without_last_points(slice_of(text.at + start, at - start));
        uint8_t bytes[4];
        if (is_alnum(char_before(text, start)) || ends_as_version(text, start + run.len) ||
            !ip_v4_parse(run, bytes))
            continue;
        if (bytes[0] != 0 && bytes[0] != 127 && bytes[0] < 224)
            return true;
    }
    return false;
}

// 2000::/3, fc00::/7, fe80::/10, ::ffff:0:0/96.
static bool is_somebodys(const uint8_t bytes[16])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    return (bytes[0] & 0xe0) == 0x20 || (bytes[0] & 0xfe) == 0xfc ||
           (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80) ||
           memcmp(bytes, mapped, sizeof mapped) == 0;
}

static bool holds_v6(struct slice text)
{
    size_t start = 0;
    for (size_t at = 0; next_run(text, is_v6_char, &at, &start);) {
        struct slice run = without_last_points(slice_of(text.at + start, at - start));
        uint8_t bytes[16];
        if (!is_alnum(char_before(text, start)) && !is_alnum(char_at(text, at)) &&
            ip_v6_parse(run, bytes) && is_somebodys(bytes))
            return true;
    }
    return false;
}

static bool holds(struct slice text, struct arena *scratch)
{
    (void)scratch;
    return holds_v4(text) || holds_v6(text);
}

const struct detector detect_ip = {
    .name = "IP address",
    .id = "ip",
    .pattern = "(?:(?:[0-9]{1,3}\\.){3}[0-9]|[0-9a-f]{0,4}:[0-9a-f]{0,4}:[0-9a-f.:])",
    .caseless = true,
    .holds = holds,
};
