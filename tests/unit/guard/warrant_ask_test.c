// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"
#include "guard/warrant_ask.h"
#include "test.h"

static struct warrant_question question(void)
{
    return (struct warrant_question){.number = 12,
                                     .column = slice_text("customers.email"),
                                     .row = slice_text("00000000000000ab"),
                                     .who = slice_text("ivy"),
                                     .why = slice_text("ticket 7"),
                                     .sealed = slice_text("bytes that are sealed")};
}

TEST(warrant_question_comes_back_and_no_part_of_it_does)
{
    struct buf bytes AUTO(buf_donep) = buf_init(1024);
    struct warrant_question q = question();
    struct warrant_question got;
    warrant_question_print(&q, &bytes);
    for (size_t len = 0; len < bytes.len; len++)
        EXPECT_EQ(warrant_question_parse(slice_of(bytes.at, len), &got, NULL), ERR_CORRUPT);
    EXPECT_EQ(warrant_question_parse(buf_slice(&bytes), &got, NULL), OK);
    EXPECT(got.number == 12 && slice_equal(got.column, q.column) && slice_equal(got.row, q.row));
    EXPECT(slice_equal(got.who, q.who) && slice_equal(got.why, q.why));
    EXPECT(slice_equal(got.sealed, q.sealed));
    buf_u8(&bytes, 0);
    EXPECT_EQ(warrant_question_parse(buf_slice(&bytes), &got, NULL), ERR_CORRUPT);
}

static enum err open_as(const uint8_t *key, const struct warrant_question *q, struct slice locked)
{
    uint64_t row[2];
    struct buf text AUTO(buf_donep) = buf_init(1024);
    enum err e = warrant_answer_open(key, q, locked, row, &text, NULL);
    EXPECT(e || (row[0] == 1 && row[1] == 2 && slice_is(buf_slice(&text), "ann@example.org")));
    return e;
}

TEST(warrant_answer_opens_for_its_own_question_and_key_alone)
{
    static const uint8_t key[KEY_BYTES] = {1};
    static const uint8_t other_key[KEY_BYTES] = {2};
    static const uint64_t row[2] = {1, 2};
    struct buf locked AUTO(buf_donep) = buf_init(1024);
    struct warrant_question q = question();
    EXPECT_EQ(crypto_start(NULL), OK);
    warrant_answer_lock(key, &q, row, slice_text("ann@example.org"), &locked);
    EXPECT(memmem(locked.at, locked.len, "ann", 3) == NULL);
    EXPECT_EQ(open_as(key, &q, buf_slice(&locked)), OK);
    EXPECT_EQ(open_as(other_key, &q, buf_slice(&locked)), ERR_CORRUPT);
    struct warrant_question others[3] = {q, q, q};
    others[0].number++;
    others[1].column = slice_text("customers.phone");
    others[2].row = slice_text("00000000000000ac");
    for (size_t i = 0; i < 3; i++)
        EXPECT_EQ(open_as(key, &others[i], buf_slice(&locked)), ERR_CORRUPT);
    for (size_t i = 0; i < locked.len; i++) {
        locked.at[i] ^= 1;
        EXPECT_EQ(open_as(key, &q, buf_slice(&locked)), ERR_CORRUPT);
        locked.at[i] ^= 1;
        EXPECT_EQ(open_as(key, &q, slice_of(locked.at, i)), ERR_CORRUPT);
    }
}
