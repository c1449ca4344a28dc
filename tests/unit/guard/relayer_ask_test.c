// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"
#include "guard/relayer_ask.h"
#include "test.h"

TEST(relayer_question_comes_back_and_is_of_whole_values)
{
    static const uint8_t values[3 * RELAYER_VALUE_BYTES] = {1, [20] = 2, [40] = 3};
    const struct relayer_question q = {1, 2, slice_text("customer"),
                                       slice_of(values, sizeof values)};
    struct relayer_question got;
    struct buf bytes AUTO(buf_donep) = buf_init(1024);
    relayer_question_print(&q, &bytes);
    EXPECT_EQ(relayer_question_parse(buf_slice(&bytes), &got, NULL), OK);
    EXPECT(got.from == 1 && got.to == 2 && slice_is(got.kind, "customer"));
    EXPECT(slice_equal(got.values, q.values));
    size_t head = bytes.len - sizeof values;
    for (size_t len = 0; len < bytes.len; len++) {
        bool is_whole = len > head && (len - head) % RELAYER_VALUE_BYTES == 0;
        EXPECT_EQ(relayer_question_parse(slice_of(bytes.at, len), &got, NULL),
                  is_whole ? OK : ERR_CORRUPT);
    }
}

TEST(relayer_question_has_a_kind_and_no_more_values_than_it_may)
{
    static const uint8_t values[(RELAYER_VALUES_MAX + 1) * RELAYER_VALUE_BYTES];
    struct relayer_question got;
    const struct relayer_question wrong[] = {
        {0, 1, slice_text(""), slice_of(values, RELAYER_VALUE_BYTES)},
        {0, 1, slice_text("customer"), slice_of(values, sizeof values)},
        {0, 1, slice_text("customer"), slice_of(values, 0)}};
    for (size_t i = 0; i < 3; i++) {
        struct buf bytes AUTO(buf_donep) = buf_init(32 << 10);
        relayer_question_print(&wrong[i], &bytes);
        EXPECT_EQ(relayer_question_parse(buf_slice(&bytes), &got, NULL), ERR_CORRUPT);
    }
}
