// SPDX-License-Identifier: Apache-2.0
#include "audit/head.h"

#include "base/arena.h"
#include "base/num.h"
#include "base/reader.h"
#include "keys/key_ring.h"

static void encode_stated(const struct audit_head *h, struct buf *out)
{
    buf_u64_le(out, h->number);
    buf_u64_le(out, h->size);
    buf_u64_le(out, (uint64_t)h->time_ms);
    buf_bytes(out, h->root.at, SHA256_BYTES);
}

void audit_head_digest(const struct audit_head *h, uint8_t out[32])
{
    struct buf stated AUTO(buf_donep) = buf_init(AUDIT_HEAD_BYTES);
    encode_stated(h, &stated);
    const struct slice parts[] = {slice_text("tamis audit head 1\n"), buf_slice(&stated)};
    sha256_parts(parts, 2, out);
}

bool audit_head_is_signed(const struct audit_head *h, const uint8_t key[SIGN_PUBLIC_BYTES])
{
    uint8_t digest[32];
    audit_head_digest(h, digest);
    return sign_verify_of(SIGN_AUDIT_HEAD, key, digest, h->signature);
}

void audit_head_encode(const struct audit_head *h, struct buf *out)
{
    encode_stated(h, out);
    buf_bytes(out, h->signature, SIGNATURE_BYTES);
}

struct audit_head audit_head_decode(const uint8_t bytes[AUDIT_HEAD_BYTES])
{
    struct reader in = reader_over(slice_of(bytes, AUDIT_HEAD_BYTES));
    struct audit_head h = {0};
    h.number = reader_u64_le(&in);
    h.size = reader_u64_le(&in);
    h.time_ms = (int64_t)reader_u64_le(&in);
    memcpy(h.root.at, reader_bytes(&in, SHA256_BYTES).at, SHA256_BYTES);
    memcpy(h.signature, reader_bytes(&in, SIGNATURE_BYTES).at, SIGNATURE_BYTES);
    return h;
}

void audit_head_print(const struct audit_head *h, struct buf *out)
{
    buf_print(out, "tamis-audit-head 1 %llu %llu %lld ", (unsigned long long)h->number,
              (unsigned long long)h->size, (long long)h->time_ms);
    hex_print(slice_of(h->root.at, SHA256_BYTES), out);
    buf_u8(out, ' ');
    hex_print(slice_of(h->signature, SIGNATURE_BYTES), out);
    buf_u8(out, '\n');
}

static int digit_of(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool audit_hex_parse(struct slice text, uint8_t *out, size_t bytes)
{
    if (text.len != 2 * bytes)
        return false;
    for (size_t i = 0; i < bytes; i++) {
        int high = digit_of(text.at[2 * i]);
        int low = digit_of(text.at[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

// Up to the next blank, which is stepped over.
static struct slice next_word(struct slice *rest)
{
    size_t len = 0;
    while (len < rest->len && rest->at[len] != ' ')
        len++;
    struct slice word = slice_of(rest->at, len);
    *rest = slice_from(*rest, len + 1);
    return word;
}

enum err audit_head_parse(struct slice text, struct audit_head *out, struct fault *why)
{
    const uint8_t *line_end = text.len ? memchr(text.at, '\n', text.len) : NULL;
    struct slice rest = line_end ? slice_of(text.at, (size_t)(line_end - text.at)) : text;
    struct audit_head h = {0};
    uint64_t time_ms = 0;
    bool good = slice_is(next_word(&rest), "tamis-audit-head") && slice_is(next_word(&rest), "1");
    good = good && parse_u64(next_word(&rest), &h.number) == OK;
    good = good && parse_u64(next_word(&rest), &h.size) == OK;
    good = good && parse_u64(next_word(&rest), &time_ms) == OK && time_ms <= INT64_MAX;
    good = good && audit_hex_parse(next_word(&rest), h.root.at, SHA256_BYTES);
    good = good && audit_hex_parse(rest, h.signature, SIGNATURE_BYTES);
    if (!good)
        return fail(why, ERR_CORRUPT, "this is no head of an audit log");
    h.time_ms = (int64_t)time_ms;
    *out = h;
    return OK;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

enum err audit_key_parse(struct slice text, uint8_t out[SIGN_PUBLIC_BYTES], struct fault *why)
{
    while (text.len && is_blank(text.at[text.len - 1]))
        text.len--;
    while (text.len && is_blank(text.at[0]))
        text = slice_from(text, 1);
    if (audit_hex_parse(text, out, SIGN_PUBLIC_BYTES))
        return OK;
    return fail(why, ERR_INVALID, "a public key has %d hexadecimal digits", 2 * SIGN_PUBLIC_BYTES);
}
