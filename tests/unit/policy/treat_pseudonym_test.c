// SPDX-License-Identifier: Apache-2.0
#include "keys/pseudonym.h"
#include "test.h"
#include "unit/policy/one_column.h"

TEST(treat_pseudonym_agrees_over_types)
{
    struct arena *a AUTO(arena_freep) = arena_new(1 << 20);
    struct one_column o;
    one_column_init(&o, &treat_pseudonym, "{subject: device}", a);
    EXPECT_EQ(o.field.type, FIELD_PSEUDONYM);
    EXPECT_EQ(one_column_put(&o, (struct raw){.type = RAW_I64, .i64 = 5}, NULL), OK);
    struct raw text = {.type = RAW_TEXT, .text = slice_text("5")};
    EXPECT_EQ(one_column_put(&o, text, NULL), OK);
    EXPECT_EQ(o.column.texts.count, 1);
    uint8_t want[PSEUDONYM_BYTES];
    pseudonym_of_number((const uint8_t[32]){3}, 5, want);
    struct batch_column out;
    sieve_column_finish(&o.column, 2, a, &out);
    EXPECT(slice_equal(out.values[0], slice_of(want, sizeof want)));
    one_column_done(&o);
}

TEST(treat_pseudonym_gives_the_batch_no_raw_byte)
{
    struct arena *a AUTO(arena_freep) = arena_new(1 << 20);
    struct one_column o;
    one_column_init(&o, &treat_pseudonym, "{subject: device}", a);
    struct raw text = {.type = RAW_TEXT, .text = slice_text("alice")};
    EXPECT_EQ(one_column_put(&o, text, NULL), OK);
    struct batch_column out;
    sieve_column_finish(&o.column, 1, a, &out);
    EXPECT_EQ(out.value_count, 1);
    EXPECT_EQ(out.values[0].len, PSEUDONYM_BYTES);
    EXPECT(memmem(out.values[0].at, out.values[0].len, "alice", 5) == NULL);
    one_column_done(&o);
}
