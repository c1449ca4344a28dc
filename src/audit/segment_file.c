// SPDX-License-Identifier: Apache-2.0
#include "audit/segment_file.h"

#include "base/hash.h"
#include "base/reader.h"

#include <stdio.h>

enum { SEGMENT_VERSION = 1, FIXED_BYTES = 24 };

static const char magic[8] = {'t', 'a', 'm', 'i', 's', 'a', 'u', 'd'};

void segment_header_encode(const struct merkle *before, struct buf *out)
{
    size_t from = out->len;
    uint32_t peaks = merkle_peak_count(before->size);
    buf_bytes(out, magic, sizeof magic);
    buf_u32_le(out, SEGMENT_VERSION);
    buf_u32_le(out, peaks);
    buf_u64_le(out, before->size);
    buf_bytes(out, before->peaks, peaks * sizeof *before->peaks);
    if (!out->over_limit)
        buf_u64_le(out, checksum(out->at + from, out->len - from));
}

enum err segment_header_decode(struct slice bytes, struct merkle *out_before, size_t *out_bytes,
                               struct fault *why)
{
    struct reader in = reader_over(bytes);
    struct slice mark = reader_bytes(&in, sizeof magic);
    uint32_t version = reader_u32_le(&in);
    uint32_t peaks = reader_u32_le(&in);
    uint64_t first = reader_u64_le(&in);
    if (!slice_equal(mark, slice_of(magic, sizeof magic)) || version != SEGMENT_VERSION ||
        peaks != merkle_peak_count(first))
        return fail(why, ERR_CORRUPT, "the header is not one of an audit segment");
    struct slice hashes = reader_bytes(&in, peaks * sizeof(struct hash256));
    uint64_t sum = reader_u64_le(&in);
    size_t summed = FIXED_BYTES + peaks * sizeof(struct hash256);
    if (in.short_of_bytes || checksum(bytes.at, summed) != sum)
        return fail(why, ERR_CORRUPT, "the header does not check");
    *out_before = (struct merkle){.size = first};
    if (hashes.len)
        memcpy(out_before->peaks, hashes.at, hashes.len);
    *out_bytes = summed + sizeof sum;
    return OK;
}

static uint64_t record_sum(uint64_t number, struct slice leaf_and_body)
{
    const uint64_t parts[] = {number, leaf_and_body.len,
                              checksum(leaf_and_body.at, leaf_and_body.len)};
    return checksum(parts, sizeof parts);
}

void audit_record_encode(const struct audit_leaf *leaf, struct slice body, struct buf *out)
{
    uint8_t *at = buf_room(out, AUDIT_RECORD_HEAD_BYTES + AUDIT_LEAF_BYTES + body.len);
    if (!at)
        return;
    uint8_t *inner = at + AUDIT_RECORD_HEAD_BYTES;
    audit_leaf_encode(leaf, inner);
    if (body.len)
        memcpy(inner + AUDIT_LEAF_BYTES, body.at, body.len);
    uint64_t sum = record_sum(leaf->number, slice_of(inner, AUDIT_LEAF_BYTES + body.len));
    struct buf head = {
        .at = at, .size = AUDIT_RECORD_HEAD_BYTES, .limit_bytes = AUDIT_RECORD_HEAD_BYTES};
    buf_u32_le(&head, (uint32_t)body.len);
    buf_u32_le(&head, 0);
    buf_u64_le(&head, sum);
}

enum err audit_record_decode(struct slice bytes, uint64_t want, struct audit_record *out,
                             struct fault *why)
{
    struct reader in = reader_over(bytes);
    uint32_t body_bytes = reader_u32_le(&in);
    uint32_t zero = reader_u32_le(&in);
    uint64_t sum = reader_u64_le(&in);
    struct slice inner = reader_bytes(&in, AUDIT_LEAF_BYTES + (size_t)body_bytes);
    if (in.short_of_bytes || zero != 0 || body_bytes > AUDIT_BODY_BYTES_MAX)
        return fail(why, ERR_CORRUPT, "entry %llu is cut off", (unsigned long long)want);
    struct audit_leaf leaf = audit_leaf_decode(inner.at);
    const struct slice body = slice_of(inner.at + AUDIT_LEAF_BYTES, body_bytes);
    uint8_t digest[32];
    audit_body_digest(body, digest);
    if (record_sum(want, inner) != sum || leaf.number != want ||
        memcmp(digest, leaf.digest, sizeof digest) != 0)
        return fail(why, ERR_CORRUPT, "entry %llu was changed", (unsigned long long)want);
    *out = (struct audit_record){.leaf = leaf,
                                 .leaf_bytes = inner.at,
                                 .body = body,
                                 .bytes = AUDIT_RECORD_HEAD_BYTES + inner.len};
    return OK;
}

enum err segment_walk(struct slice bytes, const struct segment_walk *walk, struct merkle *out_tree,
                      size_t *out_end, struct fault *why)
{
    size_t at = 0;
    *out_end = 0;
    enum err e = segment_header_decode(bytes, out_tree, &at, why);
    while (!e && at < bytes.len) {
        struct audit_record r = {0};
        *out_end = at;
        e = audit_record_decode(slice_from(bytes, at), out_tree->size, &r, why);
        if (e)
            return e;
        struct hash256 leaf;
        merkle_leaf(slice_of(r.leaf_bytes, AUDIT_LEAF_BYTES), &leaf);
        if (walk)
            e = walk->each(walk->context, &r, &leaf, why);
        merkle_add(out_tree, &leaf);
        at += r.bytes;
    }
    *out_end = at;
    return e;
}

void segment_name(uint64_t first, char out[SEGMENT_NAME_BYTES])
{
    snprintf(out, SEGMENT_NAME_BYTES, "%016llx.seg", (unsigned long long)first);
}

bool segment_name_parse(const char *name, uint64_t *out_first)
{
    uint64_t first = 0;
    if (strlen(name) != 20 || strcmp(name + 16, ".seg") != 0)
        return false;
    for (int i = 0; i < 16; i++) {
        char c = name[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
        first = first << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    *out_first = first;
    return true;
}
