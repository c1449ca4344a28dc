// SPDX-License-Identifier: Apache-2.0
#include "audit/absence.h"
#include "audit/head.h"
#include "audit/segment_file.h"
#include "base/check.h"
#include "keys/crypto.h"

#include <string.h>

// Any bytes at all as the body of an entry, as the text of a head, and as a segment: refused,
// or what was read is written to bytes that are read and written as the same again.  They may
// differ from the first ones only in numbers that were longer than needed.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SCRATCH_BYTES = 256 << 20, SEGMENT_BYTES_MAX = 1 << 20 };

static void read_body(struct slice body)
{
    struct arena *scratch AUTO(arena_freep) = arena_new(SCRATCH_BYTES);
    struct buf again AUTO(buf_donep) = buf_init(AUDIT_BODY_BYTES_MAX);
    struct audit_entry e;
    if (audit_body_decode(body, scratch, &e, NULL) != OK)
        return;
    audit_body_encode(&e, &again);
    CHECK(again.len <= body.len);
    struct buf third AUTO(buf_donep) = buf_init(AUDIT_BODY_BYTES_MAX);
    CHECK(audit_body_decode(buf_slice(&again), scratch, &e, NULL) == OK);
    audit_body_encode(&e, &third);
    CHECK(slice_equal(buf_slice(&again), buf_slice(&third)));
}

static void read_head(struct slice text)
{
    struct buf again AUTO(buf_donep) = buf_init(AUDIT_HEAD_TEXT_BYTES);
    struct audit_head head;
    struct audit_head same;
    if (audit_head_parse(text, &head, NULL) != OK)
        return;
    audit_head_print(&head, &again);
    CHECK(audit_head_parse(buf_slice(&again), &same, NULL) == OK);
    CHECK(same.number == head.number && same.size == head.size && same.time_ms == head.time_ms);
    CHECK(memcmp(same.signature, head.signature, sizeof same.signature) == 0);
}

// What is looked for, and the statement that nobody read it.
static void read_question(struct slice text)
{
    struct buf again AUTO(buf_donep) = buf_init(AUDIT_BODY_BYTES_MAX);
    struct trace t = {0};
    struct trace same = {0};
    struct audit_head head;
    (void)absence_head(text, &head, NULL);
    if (trace_parse(text, &t, NULL) != OK)
        return;
    trace_print(&t, &again);
    CHECK(trace_parse(buf_slice(&again), &same, NULL) == OK && same.about == t.about);
    CHECK(slice_equal(same.name, t.name));
    CHECK(memcmp(same.subject.at, t.subject.at, SUBJECT_BYTES) == 0);
    CHECK(same.row.hi == t.row.hi && same.row.lo == t.row.lo);
}

static enum err touch(void *context, const struct audit_record *r, const struct hash256 *leaf,
                      struct fault *why)
{
    uint64_t *sum = context;
    (void)why;
    *sum += r->leaf.number + leaf->at[0];
    for (size_t i = 0; i < r->body.len; i++)
        *sum += r->body.at[i];
    read_body(r->body);
    return OK;
}

static void read_segment(struct slice bytes)
{
    uint64_t sum = 0;
    const struct segment_walk walk = {touch, &sum};
    struct merkle tree = {0};
    size_t end = 0;
    enum err e = segment_walk(bytes, &walk, &tree, &end, NULL);
    CHECK(end <= bytes.len && (e != OK || end == bytes.len));
}

// The same bytes as the body of a record whose checksum is right, behind a right header.
static void read_wrapped(struct slice body)
{
    struct buf segment AUTO(buf_donep) = buf_init(SEGMENT_BYTES_MAX);
    const struct merkle before = {0};
    struct audit_leaf leaf = {.number = 0, .time_ms = 1};
    audit_body_digest(body, leaf.digest);
    segment_header_encode(&before, &segment);
    audit_record_encode(&leaf, body, &segment);
    if (!segment.over_limit)
        read_segment(buf_slice(&segment));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice bytes = slice_of(data, size);
    CHECK(crypto_start(NULL) == OK);
    read_body(bytes);
    read_head(bytes);
    read_question(bytes);
    read_segment(bytes);
    read_wrapped(bytes);
    return 0;
}
