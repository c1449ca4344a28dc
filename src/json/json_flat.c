// SPDX-License-Identifier: Apache-2.0
#include "json/json_flat.h"

#include <endian.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { DIGITS_MAX = 18, LEAD_BYTES_MIN = 4 }; // {"":

static uint64_t word_at(const uint8_t *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return le64toh(word);
}

// --- the end of a plain string

static bool is_plain(uint8_t c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

// Eight bytes at a time.  Of each byte the top bit is set when it is zero after the xor, or
// below 0x20, or beyond ASCII; a carry may set it wrongly only above a byte where it is set
// rightly, so the lowest one is right (Hacker's Delight, 6-1).
static const uint8_t *end_by_words(const uint8_t *at, const uint8_t *end)
{
    const uint64_t ones = 0x0101010101010101;
    for (; end - at >= 8; at += 8) {
        uint64_t v = word_at(at);
        uint64_t quote = v ^ ones * '"';
        uint64_t slash = v ^ ones * '\\';
        uint64_t odd = (quote - ones) | (slash - ones) | (v - ones * 0x20) | v;
        odd &= ones << 7;
        if (odd)
            return at + __builtin_ctzll(odd) / 8;
    }
    while (at < end && is_plain(*at))
        at++;
    return at;
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static const uint8_t *end_by_avx2(const uint8_t *at,
                                                                  const uint8_t *end)
{
    const __m256i quote = _mm256_set1_epi8('"');
    const __m256i slash = _mm256_set1_epi8('\\');
    const __m256i low = _mm256_set1_epi8(0x1f);
    for (; end - at >= 32; at += 32) {
        __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)at);
        __m256i odd = _mm256_or_si256(_mm256_cmpeq_epi8(v, quote), _mm256_cmpeq_epi8(v, slash));
        odd = _mm256_or_si256(odd, _mm256_cmpeq_epi8(_mm256_max_epu8(v, low), low));
        uint32_t mask = (uint32_t)_mm256_movemask_epi8(_mm256_or_si256(odd, v));
        if (mask)
            return at + __builtin_ctz(mask);
    }
    return end_by_words(at, end);
}

// The tail is read under a mask, which touches nothing behind `end`.
__attribute__((target("avx512f,avx512vl,avx512bw"))) static const uint8_t *
end_by_avx512(const uint8_t *at, const uint8_t *end)
{
    const __m512i quote = _mm512_set1_epi8('"');
    const __m512i slash = _mm512_set1_epi8('\\');
    const __m512i low = _mm512_set1_epi8(0x20);
    while (at < end) {
        size_t left = (size_t)(end - at);
        __mmask64 there = left < 64 ? ((__mmask64)1 << left) - 1 : ~(__mmask64)0;
        __m512i v = _mm512_maskz_loadu_epi8(there, at);
        __mmask64 odd = _mm512_mask_cmpeq_epi8_mask(there, v, quote) |
                        _mm512_mask_cmpeq_epi8_mask(there, v, slash) |
                        _mm512_mask_cmplt_epu8_mask(there, v, low) | _mm512_movepi8_mask(v);
        if (odd)
            return at + __builtin_ctzll(odd);
        at += left < 64 ? left : 64;
    }
    return end;
}
#endif

const uint8_t *json_plain_end(enum simd simd, const uint8_t *at, const uint8_t *end)
{
#if defined(__x86_64__)
    if (simd == SIMD_AVX512)
        return end_by_avx512(at, end);
    if (simd == SIMD_AVX2)
        return end_by_avx2(at, end);
#endif
    (void)simd;
    return end_by_words(at, end);
}

void json_flat_init_by(struct json_flat *f, enum simd simd)
{
    memset(f, 0, sizeof *f);
    f->string_end = end_by_words;
#if defined(__x86_64__)
    if (simd == SIMD_AVX512)
        f->string_end = end_by_avx512;
    else if (simd == SIMD_AVX2)
        f->string_end = end_by_avx2;
#endif
    (void)simd;
}

void json_flat_init(struct json_flat *f)
{
    json_flat_init_by(f, simd_best());
}

// --- values; each gives where it ends, or NULL

static const uint8_t *read_string(const struct json_flat *f, const uint8_t *at, const uint8_t *end,
                                  struct flat_value *out)
{
    const uint8_t *close = f->string_end(at + 1, end);
    if (close == end || *close != '"')
        return NULL;
    *out = (struct flat_value){.type = JSON_STRING,
                               .text = slice_of(at + 1, (size_t)(close - at - 1))};
    return close + 1;
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static const uint8_t *skip_digits(const uint8_t *at, const uint8_t *end)
{
    const uint8_t *from = at;
    while (at < end && is_digit(*at))
        at++;
    return at == from ? NULL : at;
}

static const uint8_t *read_fraction(const uint8_t *at, const uint8_t *end)
{
    if (at < end && *at == '.')
        at = skip_digits(at + 1, end);
    if (!at || at == end || (*at | 0x20) != 'e')
        return at;
    at++;
    if (at < end && (*at == '+' || *at == '-'))
        at++;
    return skip_digits(at, end);
}

static const uint8_t *read_number(const uint8_t *at, const uint8_t *end, struct flat_value *out)
{
    const uint8_t *from = at;
    bool is_negative = *at == '-';
    uint64_t number = 0;
    at += is_negative;
    const uint8_t *digits = at;
    for (; at < end && is_digit(*at); at++)
        number = number * 10 + (uint64_t)(*at - '0'); // may turn over; looked at only when short
    size_t count = (size_t)(at - digits);
    if (count == 0 || (*digits == '0' && count > 1))
        return NULL;
    const uint8_t *whole = at;
    at = read_fraction(at, end);
    if (!at)
        return NULL;
    *out = (struct flat_value){
        .type = JSON_NUMBER,
        .is_integer = at == whole && count <= DIGITS_MAX,
        .number = is_negative ? -(int64_t)number : (int64_t)number,
        .text = slice_of(from, (size_t)(at - from)),
    };
    return at;
}

static const uint8_t *read_word(const uint8_t *at, const uint8_t *end, struct flat_value *out)
{
    static const struct {
        const char *word;
        size_t len;
        enum json_type type;
        bool truth;
    } words[] = {{"true", 4, JSON_BOOL, true},
                 {"false", 5, JSON_BOOL, false},
                 {"null", 4, JSON_NULL, false}};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if ((size_t)(end - at) < words[i].len || memcmp(at, words[i].word, words[i].len) != 0)
            continue;
        *out = (struct flat_value){.type = words[i].type, .truth = words[i].truth};
        return at + words[i].len;
    }
    return NULL;
}

static const uint8_t *read_value(const struct json_flat *f, const uint8_t *at, const uint8_t *end,
                                 struct flat_value *out)
{
    if (at == end)
        return NULL;
    if (*at == '"')
        return read_string(f, at, end, out);
    if (*at == '-' || is_digit(*at))
        return read_number(at, end, out);
    return read_word(at, end, out);
}

// --- what lies between them

// Overlapping loads, as most leads are a word or two.
static bool is_same(const uint8_t *a, const uint8_t *b, size_t len)
{
    if (len < 8) {
        uint32_t head[2];
        uint32_t tail[2];
        memcpy(&head[0], a, 4);
        memcpy(&head[1], b, 4);
        memcpy(&tail[0], a + len - 4, 4);
        memcpy(&tail[1], b + len - 4, 4);
        return head[0] == head[1] && tail[0] == tail[1];
    }
    uint64_t differs = word_at(a + len - 8) ^ word_at(b + len - 8);
    for (size_t i = 0; i + 8 < len; i += 8)
        differs |= word_at(a + i) ^ word_at(b + i);
    return differs == 0;
}

static const uint8_t *skip_blank(const uint8_t *at, const uint8_t *end)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
        at++;
    return at;
}

static bool is_key_taken(const struct json_flat *f, uint32_t count, struct slice key)
{
    for (uint32_t i = 0; i < count; i++) {
        if (slice_equal(f->fields[i].key, key))
            return true;
    }
    return false;
}

// Remembers the bytes from `from` to `to`, in which `key` stands, before field `i`.
static bool learn(struct json_flat *f, uint32_t i, struct slice lead, struct slice key)
{
    uint32_t used = i ? (uint32_t)f->leads[i - 1].at + f->leads[i - 1].len : 0;
    f->known = i;
    f->shape++;
    if (i == FLAT_FIELDS_MAX || lead.len > FLAT_LEAD_BYTES - used || is_key_taken(f, i, key))
        return false;
    memcpy(f->bytes + used, lead.at, lead.len);
    f->leads[i] = (struct flat_lead){(uint16_t)used, (uint16_t)lead.len};
    f->fields[i].key = slice_of(f->bytes + used + (key.at - lead.at), key.len);
    f->known = i + 1;
    return true;
}

// What comes before field `i`, byte by byte.  NULL: not plain.  *out_closes: the object
// ends instead, and the place is behind it.
static const uint8_t *read_lead(struct json_flat *f, uint32_t i, const uint8_t *from,
                                const uint8_t *end, bool *out_closes)
{
    const uint8_t *at = skip_blank(from, end);
    if (i == 0 && (at == end || *at++ != '{'))
        return NULL;
    at = skip_blank(at, end);
    *out_closes = at < end && *at == '}';
    if (*out_closes)
        return at + 1;
    if (i > 0 && (at == end || *at++ != ','))
        return NULL;
    at = skip_blank(at, end);
    struct flat_value key;
    if (at == end || *at != '"')
        return NULL;
    at = read_string(f, at, end, &key);
    if (!at)
        return NULL;
    at = skip_blank(at, end);
    if (at == end || *at++ != ':')
        return NULL;
    at = skip_blank(at, end);
    return learn(f, i, slice_of(from, (size_t)(at - from)), key.text) ? at : NULL;
}

static bool is_as_before(const struct json_flat *f, uint32_t i, const uint8_t *at,
                         const uint8_t *end)
{
    return i < f->known && (size_t)(end - at) >= f->leads[i].len &&
           is_same(at, f->bytes + f->leads[i].at, f->leads[i].len);
}

static bool close_object(struct json_flat *f, uint32_t count, const uint8_t *at, const uint8_t *end)
{
    if (count != f->known) {
        f->known = count;
        f->shape++;
    }
    f->count = count;
    return skip_blank(at, end) == end;
}

bool json_flat_read(struct json_flat *f, struct slice text)
{
    const uint8_t *at = text.at;
    const uint8_t *end = text.at + text.len;
    if (text.len < 2)
        return false;
    for (uint32_t i = 0;; i++) {
        bool closes = false;
        if (is_as_before(f, i, at, end))
            at += f->leads[i].len;
        else
            at = read_lead(f, i, at, end, &closes);
        if (!at)
            return false;
        if (closes)
            return close_object(f, i, at, end);
        at = read_value(f, at, end, &f->fields[i].value);
        if (!at)
            return false;
    }
}
