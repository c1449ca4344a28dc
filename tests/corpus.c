// SPDX-License-Identifier: Apache-2.0
#include "corpus.h"

#include "keys/crypto.h"

struct chance {
    uint64_t state;
};

static uint64_t next(struct chance *c)
{
    uint64_t z = c->state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

// Draws are made one by one before they are printed: compilers differ in which argument of a call
// they evaluate first.
static uint32_t below(struct chance *c, uint32_t limit)
{
    return (uint32_t)(next(c) % limit);
}

static uint32_t between(struct chance *c, uint32_t least, uint32_t most)
{
    return least + below(c, most - least + 1);
}

#define PICK(c, list) ((list)[below((c), sizeof(list) / sizeof *(list))])

static const char upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
static const char lower[] = "abcdefghijklmnopqrstuvwxyz";
static const char digits[] = "0123456789";
static const char hex[] = "0123456789abcdef";
static const char base32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
static const char base62[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void draw(struct chance *c, const char *from, uint32_t count, struct buf *out)
{
    for (uint32_t i = 0; i < count; i++)
        buf_u8(out, (uint8_t)from[below(c, (uint32_t)strlen(from))]);
}

// ---- what must be found ----

static const char *const given[] = {"jane", "oma.erna",  "li",    "p.oconnor", "maria_s",
                                    "kim",  "j.r.smith", "abdul", "zoe99",     "Ines"};
static const char *const domains[] = {
    "example.org",     "mail.example.com", "gmail.com",
    "web.de",          "corp.example.io",  "example.co.uk",
    "posteo.net",      "firma.gmbh",       "xn--bcher-kva.example.de",
    "b\303\274cher.de"};

static void email(struct chance *c, struct buf *out)
{
    uint32_t form = below(c, 50);
    const char *user = PICK(c, given);
    const char *domain = PICK(c, domains);
    if (form == 0)
        buf_print(out, "%s (at) %s", user, domain);
    else if (form % 10 == 6)
        buf_print(out, "%s@%s", user, domain);
    else if (form % 10 == 5)
        buf_print(out, "user=%s%%40%s&x=1", user, domain);
    else if (form % 10 == 2)
        buf_print(out, "login failed for %s@%s", user, domain);
    else if (form % 10 == 3)
        buf_print(out, "Jane Doe <%s@%s>", user, domain);
    else
        buf_print(out, "%s%s%u@%s", user, form % 2 ? "+" : "", below(c, 2000), domain);
}

static void amazon(struct chance *c, struct buf *out)
{
    static const char *const prefixes[] = {"Atza|", "Atzr|",   "Atna|",
                                           "Atnr|", "Atza%7C", "Atzr%7c"};
    if (below(c, 8) == 0) {
        buf_text(out, "amzn1.account.A");
        draw(c, base32, 26, out);
        return;
    }
    buf_text(out, below(c, 3) ? "" : "refresh_token=");
    buf_text(out, PICK(c, prefixes));
    draw(c, base64, below(c, 4) ? between(c, 350, 900) : between(c, 20, 100), out);
}

static void jwt(struct chance *c, struct buf *out)
{
    static const char *const headers[] = {"{\"alg\":\"HS256\",\"typ\":\"JWT\"}",
                                          "{\"typ\":\"JWT\",\"alg\":\"RS256\",\"kid\":\"a1\"}",
                                          "{ \"alg\": \"ES256\" }", "{\n  \"alg\": \"none\"\n}"};
    buf_text(out, below(c, 3) ? "" : "Authorization: Bearer ");
    base64url_print(slice_text(PICK(c, headers)), out);
    buf_text(out, ".");
    draw(c, base64, between(c, 30, 200), out);
    buf_text(out, ".");
    draw(c, base64, 43, out);
}

static void private_key(struct chance *c, struct buf *out)
{
    static const char *const types[] = {"", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED ", "DSA "};
    buf_print(out, "-----BEGIN %sPRIVATE KEY-----\n", PICK(c, types));
    draw(c, base62, below(c, 4) ? 256 : 20, out);
}

static void api_key(struct chance *c, struct buf *out)
{
    static const struct {
        const char *prefix, *from;
        uint32_t length;
    } makers[] = {{"AKIA", base32, 16},        {"ASIA", base32, 16}, {"AIza", base64, 35},
                  {"ghp_", base62, 36},        {"gho_", base62, 36}, {"glpat-", base64, 20},
                  {"github_pat_", base62, 82}, {"npm_", base62, 36}, {"sk_live_", base62, 24},
                  {"xoxb-", base62, 50},       {"hf_", base62, 34},  {"ya29.", base64, 120},
                  {"sk-proj-", base62, 48},    {"acme_", base62, 40}};

    uint32_t maker = below(c, sizeof makers / sizeof *makers);
    buf_text(out, below(c, 3) ? "" : "key ");
    buf_text(out, makers[maker].prefix);
    draw(c, makers[maker].from, makers[maker].length, out);
}

static void secret(struct chance *c, struct buf *out)
{
    static const char *const words[] = {"api_key=",  "apikey: ",        "\"token\":\"",
                                        "password=", "client_secret='", "PWD=",
                                        "auth: ",    "secret_key = "};
    buf_text(out, PICK(c, words));
    draw(c, base62, between(c, 12, 48), out);
    buf_text(out, below(c, 2) ? "" : "&retry=1");
}

static void password_hash_of(struct chance *c, struct buf *out)
{
    static const char *const schemes[] = {"$2b$12$",
                                          "$2y$10$",
                                          "$6$",
                                          "$5$rounds=5000$",
                                          "$1$",
                                          "$argon2id$v=19$m=65536,t=3,p=4$",
                                          "SCRAM-SHA-256$4096:",
                                          "pbkdf2_sha256$260000$",
                                          "{SSHA}",
                                          "$y$j9T$"};
    buf_text(out, PICK(c, schemes));
    draw(c, base62, 22, out);
    buf_text(out, "$");
    draw(c, base62, 43, out);
}

static void url_password(struct chance *c, struct buf *out)
{
    static const char *const schemes[] = {"postgres", "https", "redis", "amqp", "mongodb+srv"};
    const char *part_a = PICK(c, schemes);
    const char *part_b = below(c, 5) ? PICK(c, given) : "";
    buf_print(out, "%s://%s:", part_a, part_b);
    draw(c, base62, between(c, 5, 24), out);
    buf_text(out, "@db.internal:5432/app");
}

static void mac(struct chance *c, struct buf *out)
{
    static const char *const seps[] = {":", ":", ":", "-", "."};
    const char *sep = below(c, 20) ? PICK(c, seps) : "";
    bool is_upper = below(c, 2);
    uint64_t number = next(c) & 0xfeffffffffff;
    number |= number >> 40 ? 0 : (uint64_t)0x2c << 40;
    buf_text(out, below(c, 3) ? "" : "bssid ");
    for (int i = 5; i >= 0; i--) {
        buf_print(out, is_upper ? "%02X" : "%02x", (unsigned)(number >> 8 * i & 0xff));
        buf_text(out, i > 0 && (*sep != '.' || i % 2 == 0) ? sep : "");
    }
}

static unsigned rest_of_iban(const char *text, size_t len)
{
    unsigned rest = 0;
    for (size_t i = 0; i < len; i++) {
        char at = text[(i + 4) % len];
        rest =
            at <= '9' ? rest * 10 + (unsigned)(at - '0') : rest * 100 + (unsigned)(at - 'A') + 10;
        rest %= 97;
    }
    return rest;
}

static void iban(struct chance *c, struct buf *out)
{
    static const char *const countries[] = {"DE22", "FR27", "GB22", "NL18", "ES24", "IT27", "AT20",
                                            "CH21", "PL28", "BE16", "SE24", "NO15", "MT31"};
    const char *country = PICK(c, countries);
    unsigned length = (unsigned)(country[2] - '0') * 10 + (unsigned)(country[3] - '0');
    struct buf plain = buf_init(64);
    buf_print(&plain, "%.2s00", country);
    if (strchr("GNM", country[0]))
        draw(c, upper, 4, &plain);
    draw(c, digits, length - (unsigned)plain.len, &plain);
    unsigned check = 98 - rest_of_iban((const char *)plain.at, length);
    plain.at[2] = (uint8_t)('0' + check / 10);
    plain.at[3] = (uint8_t)('0' + check % 10);
    uint32_t form = below(c, 20);
    buf_text(out, form % 3 ? "" : "transfer to ");
    for (unsigned i = 0; i < length; i++) {
        if (form % 2 && i > 0 && i % 4 == 0)
            buf_text(out, " ");
        bool is_small = form == 0 && plain.at[i] >= 'A';
        buf_u8(out, (uint8_t)(plain.at[i] + (is_small ? 32 : 0)));
    }
    buf_done(&plain);
}

static void add_luhn(struct buf *number)
{
    unsigned sum = 0;
    for (size_t i = 0; i < number->len; i++) {
        unsigned digit = number->at[number->len - 1 - i] - (unsigned)'0';
        sum += i % 2 ? digit : digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
    }
    buf_u8(number, (uint8_t)('0' + (10 - sum % 10) % 10));
}

// With `sep` behind the first 4, 8 and 12 digits, or where the American ones have it.
static void card(struct chance *c, struct buf *out)
{
    static const char *const issuers[] = {"4",  "51",   "55",   "2225", "37",
                                          "34", "6011", "3530", "62"};
    static const char *const seps[] = {"", "", " ", "-"};
    const char *issuer = PICK(c, issuers);
    const char *sep = PICK(c, seps);
    bool is_american = issuer[0] == '3' && issuer[1] != '5';
    struct buf plain = buf_init(64);
    buf_text(&plain, issuer);
    draw(c, digits, (is_american ? 14 : 15) - (uint32_t)plain.len, &plain);
    add_luhn(&plain);
    buf_text(out, below(c, 3) ? "" : "card ");
    for (size_t i = 0; i < plain.len; i++) {
        if (i == 4 || (is_american ? i == 10 : i == 8 || i == 12))
            buf_text(out, sep);
        buf_u8(out, plain.at[i]);
    }
    buf_done(&plain);
}

static void imei(struct chance *c, struct buf *out)
{
    static const char *const bodies[] = {"35", "86", "01", "35", "99"};
    struct buf plain = buf_init(64);
    buf_text(&plain, PICK(c, bodies));
    draw(c, digits, 12, &plain);
    add_luhn(&plain);
    const char *p = (const char *)plain.at;
    uint32_t form = below(c, 6);
    if (form == 0)
        buf_print(out, "%.2s-%.6s-%.6s-%.1s", p, p + 2, p + 8, p + 14);
    else
        buf_print(out, "%s%.15s", form < 3 ? "IMEI: " : "", p);
    buf_done(&plain);
}

static void phone(struct chance *c, struct buf *out)
{
    uint32_t form = below(c, 20);
    unsigned area = between(c, 201, 989);
    unsigned line = below(c, 10000);
    if (form == 0)
        buf_print(out, "(%u) %u-%04u", area, between(c, 200, 999), line); // no country
    else if (form < 5)
        buf_print(out, "+1 %u-%u-%04u", area, between(c, 200, 999), line);
    else if (form < 8)
        buf_print(out, "call +1%u%u%04u now", area, between(c, 200, 999), line);
    else if (form < 12) {
        uint32_t part_a = between(c, 151, 179);
        uint32_t part_b = between(c, 1000000, 99999999);
        buf_print(out, "+49 %u %u", part_a, part_b);
    } else if (form < 14) {
        uint32_t part_a = between(c, 1, 9);
        uint32_t part_b = below(c, 100);
        uint32_t part_c = below(c, 100);
        uint32_t part_d = below(c, 100);
        uint32_t part_e = below(c, 100);
        buf_print(out, "+33 %u %02u %02u %02u %02u", part_a, part_b, part_c, part_d, part_e);
    } else if (form < 16)
        buf_print(out, "tel:+44-20-%u-%04u", between(c, 7000, 8999), line);
    else if (form < 18) {
        uint32_t part_a = between(c, 900, 999);
        uint32_t part_b = between(c, 100, 999);
        uint32_t part_c = below(c, 100);
        uint32_t part_d = below(c, 100);
        buf_print(out, "+7 (%u) %u-%02u-%02u", part_a, part_b, part_c, part_d);
    } else
        buf_print(out, "+86138%08u", below(c, 100000000));
}

static void ip(struct chance *c, struct buf *out)
{
    uint32_t form = below(c, 12);
    unsigned a = between(c, 1, 223);
    a = a == 127 ? 10 : a;
    unsigned b = below(c, 256);
    if (form < 4) {
        uint32_t part_a = below(c, 256);
        uint32_t part_b = below(c, 256);
        buf_print(out, "%u.%u.%u.%u", a, b, part_a, part_b);
    } else if (form < 6) {
        uint32_t part_a = below(c, 256);
        uint32_t part_b = below(c, 256);
        buf_print(out, "connect to %u.%u.%u.%u:443 failed", a, b, part_a, part_b);
    } else if (form == 6) {
        uint32_t part_a = below(c, 256);
        uint32_t part_b = between(c, 1, 254);
        buf_print(out, "192.168.%u.%u", part_a, part_b);
    } else if (form == 7)
        buf_print(out, "%u.%u.%u.0/24", a, b, below(c, 256));
    else if (form == 8) {
        uint32_t part_a = below(c, 256);
        uint32_t part_b = below(c, 256);
        buf_print(out, "http://%u.%u.%u.%u/cam", a, b, part_a, part_b);
    } else if (form == 9) {
        uint32_t part_a = below(c, 65536);
        uint32_t part_b = below(c, 65536);
        uint32_t part_c = below(c, 65536);
        buf_print(out, "2001:db8:%x:%x::%x", part_a, part_b, part_c);
    } else if (form == 10) {
        uint32_t part_a = 1 + below(c, 65535);
        uint32_t part_b = below(c, 65536);
        uint32_t part_c = 1 + below(c, 65535);
        uint32_t part_d = 1 + below(c, 65535);
        buf_print(out, "[fe80::%x:%x:%x:%x]", part_a, part_b, part_c, part_d);
    } else {
        uint32_t part_a = below(c, 256);
        uint32_t part_b = below(c, 256);
        buf_print(out, "::ffff:%u.%u.%u.%u", a, b, part_a, part_b);
    }
}

// ---- what must not ----

static void order_number(struct chance *c, struct buf *out)
{
    uint32_t form = below(c, 4);
    buf_text(out, form == 0 ? "ORD-2026-" : form == 1 ? "PO" : form == 2 ? "INV/" : "#");
    draw(c, digits, between(c, 6, 12), out);
}

static void number_15(struct chance *c, struct buf *out)
{
    buf_u8(out, (uint8_t)('1' + below(c, 9)));
    draw(c, digits, 14, out);
}

static void number_16(struct chance *c, struct buf *out)
{
    buf_u8(out, (uint8_t)('1' + below(c, 9)));
    draw(c, digits, 15, out);
}

static void snowflake(struct chance *c, struct buf *out)
{
    buf_print(out, "1%018llu", (unsigned long long)(next(c) % 1000000000000000000));
}

static void barcode(struct chance *c, struct buf *out)
{
    draw(c, digits, 13, out);
}

static void uuid(struct chance *c, struct buf *out)
{
    static const uint32_t groups[] = {8, 4, 4, 4, 12};
    for (size_t i = 0; i < 5; i++) {
        buf_text(out, i ? "-" : "");
        draw(c, hex, groups[i], out);
    }
}

static void version_3(struct chance *c, struct buf *out)
{
    static const char *const ends[] = {"", "", "-beta", "-rc.1", "+build.77"};
    uint32_t part_a = below(c, 20);
    uint32_t part_b = below(c, 60);
    uint32_t part_c = below(c, 400);
    const char *part_d = PICK(c, ends);
    buf_print(out, "%u.%u.%u%s", part_a, part_b, part_c, part_d);
}

static void version_4(struct chance *c, struct buf *out)
{
    uint32_t part_a = between(c, 1, 12);
    uint32_t part_b = below(c, 60);
    uint32_t part_c = below(c, 60);
    uint32_t part_d = below(c, 3000);
    buf_print(out, "%u.%u.%u.%u", part_a, part_b, part_c, part_d);
}

static void version_4_said(struct chance *c, struct buf *out)
{
    static const char *const ends[] = {"", "-beta", "-hotfix"};
    uint32_t part_a = between(c, 1, 12);
    uint32_t part_b = below(c, 60);
    uint32_t part_c = below(c, 60);
    uint32_t part_d = below(c, 200);
    const char *part_e = PICK(c, ends);
    buf_print(out, "v%u.%u.%u.%u%s", part_a, part_b, part_c, part_d, part_e);
}

static void user_agent(struct chance *c, struct buf *out)
{
    uint32_t form = below(c, 3);
    if (form == 0) {
        uint32_t part_a = between(c, 90, 140);
        uint32_t part_b = below(c, 7000);
        uint32_t part_c = below(c, 250);
        buf_print(out,
                  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
                  "Chrome/%u.0.%u.%u Safari/537.36",
                  part_a, part_b, part_c);
    } else if (form == 1) {
        uint32_t part_a = below(c, 5);
        uint32_t part_b = below(c, 12);
        uint32_t part_c = below(c, 10);
        buf_print(out, "okhttp/%u.%u.%u", part_a, part_b, part_c);
    } else {
        uint32_t part_a = below(c, 5);
        uint32_t part_b = below(c, 20);
        uint32_t part_c = between(c, 12, 18);
        uint32_t part_d = below(c, 7);
        buf_print(out, "FleetApp/%u.%u (iPhone; iOS %u.%u; Scale/3.00)", part_a, part_b, part_c,
                  part_d);
    }
}

static void time_text(struct chance *c, struct buf *out)
{
    unsigned month = between(c, 1, 12);
    unsigned day = between(c, 1, 28);
    unsigned hour = below(c, 24);
    unsigned minute = below(c, 60);
    uint32_t form = below(c, 6);
    if (form == 0)
        buf_print(out, "2026-%02u-%02uT%02u:%02u:%02u+02:00", month, day, hour, minute,
                  below(c, 60));
    else if (form == 1)
        buf_print(out, "26-%02u-%02u-%02u-%02u-%02u", month, day, hour, minute, below(c, 60));
    else if (form == 2)
        buf_print(out, "2026%02u%02u%02u%02u%02u+0100", month, day, hour, minute, below(c, 60));
    else if (form == 3) {
        uint32_t part_a = below(c, 60);
        uint32_t part_b = below(c, 1000000);
        buf_print(out, "%02u:%02u:%02u.%06u", hour, minute, part_a, part_b);
    } else
        buf_print(out, "%02u%02u%02u-%02u%02u", month, day, hour, minute, below(c, 60));
}

static void epoch(struct chance *c, struct buf *out)
{
    static const uint32_t more[] = {8, 11, 14, 17};
    buf_text(out, "17");
    draw(c, digits, PICK(c, more), out);
}

static void hash(struct chance *c, struct buf *out)
{
    static const uint32_t lengths[] = {7, 12, 32, 40, 64};
    draw(c, hex, PICK(c, lengths), out);
}

static void fingerprint(struct chance *c, struct buf *out)
{
    uint32_t pairs = below(c, 2) ? 16 : 20;
    for (uint32_t i = 0; i < pairs; i++) {
        buf_text(out, i ? ":" : "");
        draw(c, hex, 2, out);
    }
}

static void group_mac(struct chance *c, struct buf *out)
{
    static const char *const starts[] = {"01:00:5e:", "33:33:00:"};
    const char *part_a = PICK(c, starts);
    uint32_t part_b = below(c, 256);
    uint32_t part_c = below(c, 256);
    uint32_t part_d = below(c, 256);
    buf_print(out, "%s%02x:%02x:%02x", part_a, part_b, part_c, part_d);
}

static void nobodys_ip(struct chance *c, struct buf *out)
{
    static const char *const all[] = {"0.0.0.0", "255.255.255.255", "::1", "::"};
    if (below(c, 2)) {
        uint32_t part_a = between(c, 1, 254);
        uint32_t part_b = below(c, 65536);
        buf_print(out, "127.0.0.%u:%u", part_a, part_b);
    } else if (below(c, 2)) {
        uint32_t part_a = below(c, 256);
        uint32_t part_b = below(c, 256);
        buf_print(out, "224.0.%u.%u", part_a, part_b);
    } else {
        const char *part_a = PICK(c, all);
        uint32_t part_b = below(c, 9000);
        buf_print(out, "bind %s:%u", part_a, part_b);
    }
}

static void base64_blob(struct chance *c, struct buf *out)
{
    draw(c, base62, between(c, 16, 88), out);
    buf_text(out, below(c, 2) ? "==" : "");
}

// Base64 of JSON, in three parts, as a cursor may be: no token.
static void cursor(struct chance *c, struct buf *out)
{
    struct buf json = buf_init(256);
    uint32_t part_a = below(c, 1000000);
    uint32_t part_b = below(c, 100);
    buf_print(&json, "{\"id\":%u,\"page\":%u}", part_a, part_b);

    base64url_print(buf_slice(&json), out);
    buf_done(&json);
    buf_text(out, ".");
    draw(c, base64, 12, out);
    buf_text(out, ".");
    draw(c, base64, 8, out);
}

static void model_name(struct chance *c, struct buf *out)
{
    static const char *const makers[] = {"Cam Pan", "Doorbell", "Scale X",
                                         "Plug",    "WLPP1CFH", "SM-G99"};
    static const char *const ends[] = {" v", "-", " ", "_"};
    const char *part_a = PICK(c, makers);
    const char *part_b = PICK(c, ends);
    uint32_t part_c = below(c, 3000);
    char part_d = upper[below(c, 26)];
    buf_print(out, "%s%s%u%c", part_a, part_b, part_c, part_d);
}

static void asset(struct chance *c, struct buf *out)
{
    static const char *const ends[] = {"png", "webp", "jpg", "svg"};
    draw(c, lower, between(c, 3, 9), out);
    uint32_t part_a = between(c, 2, 3);
    const char *part_b = PICK(c, ends);
    buf_print(out, "@%ux.%s", part_a, part_b);
}

static void package(struct chance *c, struct buf *out)
{
    buf_text(out, below(c, 2) ? "@scope/" : "");
    draw(c, lower, between(c, 3, 9), out);
    uint32_t part_a = below(c, 9);
    uint32_t part_b = below(c, 30);
    uint32_t part_c = below(c, 30);
    buf_print(out, "@%u.%u.%u", part_a, part_b, part_c);
}

static void handle(struct chance *c, struct buf *out)
{
    buf_text(out, below(c, 2) ? "@" : "root@");
    draw(c, lower, between(c, 3, 9), out);
    buf_text(out, below(c, 2) ? "" : ".internal");
}

static void error_text(struct chance *c, struct buf *out)
{
    static const char *const texts[] = {"token: expired_or_invalid",
                                        "password: wrong",
                                        "secret: [redacted]",
                                        "auth: rejected_by_peer",
                                        "tls handshake timeout after %u ms",
                                        "401 token=***",
                                        "stream reset (error code %u)",
                                        "E%u: no space left on device",
                                        "auth=unauthenticated_client",
                                        "api_key: missing_in_request"};
    buf_print(out, "%s", PICK(c, texts));
    buf_print(out, " #%u", below(c, 100000));
}

static void url(struct chance *c, struct buf *out)
{
    uint32_t part_a = below(c, 4);
    uint32_t part_b = below(c, 1000000);
    uint32_t part_c = below(c, 50);
    buf_print(out, "https://api.example.org:8443/v%u/devices/%u?page=%u&sort=a:b", part_a, part_b,
              part_c);
}

static void url_masked(struct chance *c, struct buf *out)
{
    buf_print(out, "postgres://app:********@db%u:5432/app", below(c, 100));
}

static void coordinate(struct chance *c, struct buf *out)
{
    uint32_t part_a = below(c, 90);
    uint32_t part_b = below(c, 1000000);
    uint32_t part_c = below(c, 180);
    uint32_t part_d = below(c, 1000000);
    buf_print(out, "+%02u.%06u+%03u.%06u/", part_a, part_b, part_c, part_d);
}

static void change(struct chance *c, struct buf *out)
{
    static const char *const before[] = {"+", "offset +", "1e+"};
    const char *sign = PICK(c, before);
    uint32_t part_a = below(c, sign[0] == '1' ? 300 : 10000000);
    const char *part_b = below(c, 4) ? "" : " bytes";
    buf_print(out, "%s%u%s", sign, part_a, part_b);
}

static void fraction(struct chance *c, struct buf *out)
{
    buf_print(out, "%u.", below(c, 100));
    draw(c, digits, between(c, 3, 17), out);
}

static void class_name(struct chance *c, struct buf *out)
{
    static const char *const names[] = {"std::vector::at", "abc::def::face",
                                        "org.example.io.Reader", "ns::Camera::open",
                                        "com.example.app.dev"};
    const char *part_a = PICK(c, names);
    uint32_t part_b = below(c, 4000);
    buf_print(out, "%s:%u", part_a, part_b);
}

static void resource(struct chance *c, struct buf *out)
{
    uint32_t part_a = between(c, 1, 3);
    unsigned long long part_b = (unsigned long long)(next(c) % 1000000000000);
    buf_print(out, "arn:aws:s3:eu-west-%u:%012llu:bucket/", part_a, part_b);
    draw(c, lower, 8, out);
}

static void tracking(struct chance *c, struct buf *out)
{
    buf_text(out, below(c, 2) ? "1Z" : "JD");
    draw(c, digits, 16, out);
}

static void plain_code(struct chance *c, struct buf *out)
{
    draw(c, upper, 2, out);
    draw(c, digits, between(c, 13, 22), out);
}

static void placeholder_key(struct chance *c, struct buf *out)
{
    static const char *const all[] = {"AKIAXXXXXXXXXXXXXXXX",         "ghp_",
                                      "sk_live_xxxxxxxxxxxxxxxxxxxx", "AIza",
                                      "api_key=your-api-key-here",    "password=changeme"};
    const char *part_a = PICK(c, all);
    uint32_t part_b = below(c, 1000);
    buf_print(out, "%s (%u)", part_a, part_b);
}

static void dimension(struct chance *c, struct buf *out)
{
    static const char *const all[] = {"ok",          "timeout",       "eu-west-1",
                                      "en_US.UTF-8", "Europe/Berlin", "application/json",
                                      "2.4GHz",      "WPA2-PSK",      "-----BEGIN CERTIFICATE-----",
                                      "$5 off",      "$HOME/$1",      "1:1",
                                      "16:9",        "#a0b1c2",       "10.0 ms",
                                      "50-99"};
    buf_print(out, "%s", PICK(c, all));
    if (below(c, 4) == 0)
        buf_print(out, " %u", below(c, 1000));
}

// ---- columns that people wrote ----

static const char *const rooms[] = {"Kids' room",     "Oma's Haust\xc3\xbcr", "Front porch",
                                    "Dad's office",   "Nursery crib",         "Back yard gate",
                                    "Emma's bedroom", "Garage left"};

static void camera_name(struct chance *c, struct buf *out)
{
    const char *part_a = PICK(c, rooms);
    const char *part_b = PICK(c, given);
    buf_print(out, "%s of %s ", part_a, part_b);
    draw(c, lower, between(c, 3, 8), out);
}

static void remark(struct chance *c, struct buf *out)
{
    static const char *const words[] = {"the",   "camera",  "was",    "not",   "working",
                                        "since", "Tuesday", "please", "call",  "my",
                                        "wife",  "again",   "baby",   "sleeps"};
    uint32_t count = between(c, 4, 14);
    for (uint32_t i = 0; i < count; i++)
        buf_print(out, "%s%s", i ? " " : "", PICK(c, words));
}

static const struct {
    struct corpus_kind kind;
    void (*make)(struct chance *c, struct buf *out);
} kinds[] = {
    {{"email", "e-mail address", 800}, email},
    {{"amazon-token", "token of Login with Amazon", 600}, amazon},
    {{"jwt", "JSON web token", 600}, jwt},
    {{"private-key", "private key", 600}, private_key},
    {{"api-key", "key of a service", 600}, api_key},
    {{"secret", "secret behind its name", 600}, secret},
    {{"password-hash", "stored password", 600}, password_hash_of},
    {{"url-password", "address with a password", 600}, url_password},
    {{"mac", "MAC address", 800}, mac},
    {{"iban", "bank account", 600}, iban},
    {{"card", "payment card", 600}, card},
    {{"imei", "IMEI", 600}, imei},
    {{"phone", "telephone number", 800}, phone},
    {{"ip", "IP address", 800}, ip},
    {{"free-text", "name of a camera", 400}, camera_name},
    {{"free-text", "remark", 400}, remark},
    {{NULL, "order number", 500}, order_number},
    {{NULL, "number of 15 digits", 500}, number_15},
    {{NULL, "number of 16 digits", 500}, number_16},
    {{NULL, "number of 19 digits", 500}, snowflake},
    {{NULL, "number of 13 digits", 400}, barcode},
    {{NULL, "UUID", 500}, uuid},
    {{NULL, "version of three numbers", 500}, version_3},
    {{NULL, "version of four numbers", 500}, version_4},
    {{NULL, "version of four numbers that says so", 500}, version_4_said},
    {{NULL, "user agent", 500}, user_agent},
    {{NULL, "time as text", 500}, time_text},
    {{NULL, "time as a number", 500}, epoch},
    {{NULL, "hash", 500}, hash},
    {{NULL, "fingerprint of a key", 400}, fingerprint},
    {{NULL, "MAC address of a group", 300}, group_mac},
    {{NULL, "IP address of nobody", 300}, nobodys_ip},
    {{NULL, "bytes in base64", 500}, base64_blob},
    {{NULL, "cursor of three parts", 400}, cursor},
    {{NULL, "name of a model", 500}, model_name},
    {{NULL, "file for a screen (x@2x.png)", 400}, asset},
    {{NULL, "package and version", 400}, package},
    {{NULL, "handle, host", 400}, handle},
    {{NULL, "message of an error", 500}, error_text},
    {{NULL, "address of a page", 400}, url},
    {{NULL, "address with a masked password", 300}, url_masked},
    {{NULL, "coordinate", 400}, coordinate},
    {{NULL, "change with a plus", 500}, change},
    {{NULL, "fraction", 500}, fraction},
    {{NULL, "name in a program", 400}, class_name},
    {{NULL, "name of a resource", 400}, resource},
    {{NULL, "number of a parcel", 400}, tracking},
    {{NULL, "two letters and digits", 500}, plain_code},
    {{NULL, "key of a manual", 400}, placeholder_key},
    {{NULL, "plain dimension", 500}, dimension},
};

const struct corpus_kind *corpus_kind_at(uint32_t place)
{
    return place < sizeof kinds / sizeof *kinds ? &kinds[place].kind : NULL;
}

void corpus_value(uint32_t place, uint64_t seed, uint32_t index, struct buf *out)
{
    struct chance c = {.state = seed ^ (uint64_t)place << 40 ^ index};
    (void)next(&c);
    kinds[place].make(&c, out);
}
