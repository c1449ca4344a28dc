// SPDX-License-Identifier: Apache-2.0
#include "audit/segment_file.h"
#include "unit/audit/shelf.h"

enum { RECORDS = 5 };

static struct buf segment(size_t ends[RECORDS + 1])
{
    struct buf out = buf_init(1 << 20);
    const struct merkle none = {0};
    segment_header_encode(&none, &out);
    ends[0] = out.len;
    for (uint64_t i = 0; i < RECORDS; i++) {
        struct buf body AUTO(buf_donep) = shelf_body(i);
        struct audit_leaf l = {.number = i, .time_ms = 1000 + (int64_t)i};
        audit_body_digest(buf_slice(&body), l.digest);
        audit_record_encode(&l, buf_slice(&body), &out);
        ends[i + 1] = out.len;
    }
    return out;
}

static uint64_t walk(struct slice bytes, enum err *out)
{
    struct merkle tree = {0};
    size_t end = 0;
    *out = segment_walk(bytes, NULL, &tree, &end, NULL);
    return tree.size;
}

TEST(segment_is_walked_to_its_end)
{
    size_t ends[RECORDS + 1];
    struct buf s AUTO(buf_donep) = segment(ends);
    enum err e;
    EXPECT_EQ(walk(buf_slice(&s), &e), RECORDS);
    EXPECT_EQ(e, OK);
}

TEST(segment_that_is_cut_ends_at_the_last_whole_record)
{
    size_t ends[RECORDS + 1];
    struct buf s AUTO(buf_donep) = segment(ends);
    for (size_t len = 0; len < s.len; len++) {
        uint8_t *exact = malloc(len ? len : 1);
        memcpy(exact, s.at, len);
        enum err e;
        uint64_t whole = 0;
        while (whole < RECORDS && ends[whole + 1] <= len)
            whole++;
        EXPECT_EQ(walk(slice_of(len ? exact : NULL, len), &e), len < ends[0] ? 0 : whole);
        bool is_at_end = false;
        for (int i = 0; i <= RECORDS; i++)
            is_at_end = is_at_end || ends[i] == len;
        EXPECT_EQ(e, is_at_end ? OK : ERR_CORRUPT);
        free(exact);
    }
}

TEST(segment_with_any_byte_changed_stops_at_the_record_of_that_byte)
{
    size_t ends[RECORDS + 1];
    struct buf s AUTO(buf_donep) = segment(ends);
    for (size_t at = 0; at < s.len; at++) {
        uint64_t record = 0;
        while (at >= ends[record])
            record++;
        for (int bit = 0; bit < 8; bit++) {
            enum err e;
            s.at[at] ^= (uint8_t)(1 << bit);
            EXPECT_EQ(walk(buf_slice(&s), &e), record ? record - 1 : 0);
            EXPECT_EQ(e, ERR_CORRUPT);
            s.at[at] ^= (uint8_t)(1 << bit);
        }
    }
}

TEST(segment_name_is_the_first_number)
{
    char name[SEGMENT_NAME_BYTES];
    uint64_t first = 0;
    segment_name(0xabcdef, name);
    EXPECT(strcmp(name, "0000000000abcdef.seg") == 0);
    EXPECT(segment_name_parse(name, &first) && first == 0xabcdef);
    EXPECT(!segment_name_parse("0000000000ABCDEF.seg", &first));
    EXPECT(!segment_name_parse("0000000000abcdef.log", &first));
}
