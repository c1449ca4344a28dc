// SPDX-License-Identifier: Apache-2.0
#include "policy/detector.h"
#include "policy/text_scan.h"

#include <stdlib.h>

// A bank account (ISO 13616): country, two check digits, the country's own number, of the
// length that country has, plain or in fours with blanks; the whole is 1 modulo 97.
enum { IBAN_BYTES_MAX = 34, IBAN_BYTES_MIN = 15 };

static const char lengths[] =
    " AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 "
    "EE20 EG29 ES24 FI18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 "
    "IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MR27 MT31 MU30 "
    "NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31 SD18 SE24 SI19 SK24 SM27 ST25 SV28 "
    "TL23 TN24 TR26 UA29 VA22 VG24 XK20 ";

// 0 when the country has none.
static size_t length_of(const uint8_t *country)
{
    const char wanted[] = {' ', (char)country[0], (char)country[1], '\0'};
    const char *found = strstr(lengths, wanted);
    return found ? strtoul(found + 3, NULL, 10) : 0;
}

static bool is_iban_char(uint8_t c)
{
    return is_digit(c) || (c >= 'A' && c <= 'Z');
}

// As it is read, the first four characters last; letters are 10 to 35.
static bool is_one_modulo_97(const uint8_t *text, size_t len)
{
    unsigned rest = 0;
    for (size_t i = 0; i < len; i++) {
        uint8_t c = text[(i + 4) % len];
        rest =
            is_digit(c) ? rest * 10 + (c - (unsigned)'0') : rest * 100 + (c - (unsigned)'A') + 10;
        rest %= 97;
    }
    return rest == 1;
}

static bool is_iban(struct slice text, size_t at)
{
    uint8_t plain[IBAN_BYTES_MAX];
    size_t wanted = length_of(text.at + at);
    size_t count = 0;
    if (wanted == 0 || !is_digit(text.at[at + 2]) || !is_digit(text.at[at + 3]))
        return false;
    for (; count < wanted; at++) {
        uint8_t c = char_at(text, at);
        if (c == ' ' && count % 4 == 0 && is_iban_char(char_at(text, at + 1)))
            continue;
        if (!is_iban_char(c))
            return false;
        plain[count++] = c;
    }
    return !is_alnum(char_at(text, at)) && is_one_modulo_97(plain, count);
}

static bool holds(struct slice text, struct arena *scratch)
{
    (void)scratch;
    for (size_t at = 0; at + IBAN_BYTES_MIN <= text.len; at++) {
        if (!is_alnum(char_before(text, at)) && is_iban(text, at))
            return true;
    }
    return false;
}

const struct detector detect_iban = {
    .name = "bank account",
    .id = "iban",
    .pattern = "[A-Z]{2}[0-9]{2} ?[A-Z0-9]{4}",
    .holds = holds,
};
