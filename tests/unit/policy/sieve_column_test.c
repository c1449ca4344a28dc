// SPDX-License-Identifier: Apache-2.0
#include "keys/pseudonym.h"
#include "test.h"
#include "unit/policy/one_column.h"

#include <stdio.h>

TEST(sieve_column_finishes_codes_and_bits)
{
    struct arena *a AUTO(arena_freep) = arena_new(1 << 20);
    struct one_column o;
    one_column_init(&o, &treat_keep, "{as: keyword}", a);
    EXPECT_EQ(sieve_column_text(&o.column, 0, slice_text("a"), NULL), OK);
    sieve_column_null(&o.column, 1);
    EXPECT_EQ(sieve_column_text(&o.column, 2, slice_text("b"), NULL), OK);
    EXPECT_EQ(sieve_column_text(&o.column, 3, slice_text("a"), NULL), OK);
    sieve_column_null(&o.column, 4); // not of the batch
    struct batch_column out;
    sieve_column_finish(&o.column, 4, a, &out);
    EXPECT_EQ(out.present[0], 13);
    EXPECT(out.unchanged == NULL);
    EXPECT_EQ(out.value_count, 2);
    EXPECT(slice_is(out.values[out.codes[2]], "b"));
    EXPECT_EQ(out.codes[3], out.codes[0]);
    one_column_done(&o);
}

TEST(sieve_column_keeps_unchanged_apart_from_null)
{
    struct arena *a AUTO(arena_freep) = arena_new(1 << 20);
    struct one_column o;
    one_column_init(&o, &treat_keep, "{as: long}", a);
    sieve_column_i64(&o.column, 0, 7);
    sieve_column_unchanged(&o.column, 1);
    struct batch_column out;
    sieve_column_finish(&o.column, 2, a, &out);
    EXPECT_EQ(out.present[0], 1);
    EXPECT_EQ(out.unchanged[0], 2);
    EXPECT_EQ(out.i64[1], 0);
    sieve_column_reset(&o.column);
    sieve_column_i64(&o.column, 0, 8);
    sieve_column_finish(&o.column, 1, a, &out);
    EXPECT(out.unchanged == NULL);
    one_column_done(&o);
}

TEST(sieve_column_writes_a_row_again)
{
    struct arena *a AUTO(arena_freep) = arena_new(1 << 20);
    struct one_column o;
    one_column_init(&o, &treat_keep, "{as: double}", a);
    sieve_column_unchanged(&o.column, 0);
    sieve_column_f64(&o.column, 0, 2.5);
    struct batch_column out;
    sieve_column_finish(&o.column, 1, a, &out);
    EXPECT_EQ(out.present[0], 1);
    EXPECT_EQ(out.unchanged[0], 0);
    EXPECT(out.f64[0] == 2.5);
    one_column_done(&o);
}

TEST(sieve_column_hashes_many_subjects)
{
    struct arena *a AUTO(arena_freep) = arena_new(1 << 20);
    struct one_column o;
    one_column_init(&o, &treat_pseudonym, "{subject: device}", a);
    sieve_column_room(&o.column, 1000);
    char text[16];
    for (uint32_t i = 0; i < 1000; i++) {
        snprintf(text, sizeof text, "%u", i);
        EXPECT_EQ(sieve_column_subject(&o.column, i, slice_text(text), NULL), OK);
    }
    EXPECT_EQ(o.column.texts.count, 1000);
    EXPECT(o.bytes >= 1000 * 16);
    struct batch_column out;
    sieve_column_finish(&o.column, 1000, a, &out);
    EXPECT_EQ(out.value_count, 1000);
    uint8_t want[PSEUDONYM_BYTES];
    pseudonym_of_text(o.column.subject_key, slice_text("998"), want);
    EXPECT(slice_equal(out.values[out.codes[998]], slice_of(want, sizeof want)));
    one_column_done(&o);
}
