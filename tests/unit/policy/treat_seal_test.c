// SPDX-License-Identifier: Apache-2.0
#include "keys/seal.h"
#include "test.h"
#include "unit/policy/one_column.h"

struct sealing {
    struct one_column one;
    struct sealer sealer;
    uint8_t secret_half[AGREE_BYTES];
};

static void sealing_init(struct sealing *s, struct arena *a)
{
    uint8_t public_half[AGREE_BYTES];
    EXPECT_EQ(crypto_start(NULL), OK);
    random_bytes(s->secret_half, AGREE_BYTES);
    agree_public(s->secret_half, public_half);
    sealer_init(&s->sealer, public_half);
    one_column_init(&s->one, &treat_seal, "{}", a);
    s->one.column.sealer = &s->sealer;
    s->one.column.seal_of = (struct seal_of){"t", "c", 1};
    s->one.column.seal_row[1] = 9;
}

static void expect_opens(struct sealing *s, struct arena *a, const char *want)
{
    struct batch_column out;
    uint64_t row[2];
    struct buf text AUTO(buf_donep) = buf_init(1024);
    sieve_column_finish(&s->one.column, 1, a, &out);
    struct slice last = out.values[out.value_count - 1];
    EXPECT_EQ(seal_open(s->secret_half, &s->one.column.seal_of, last, row, &text, NULL), OK);
    EXPECT(slice_is(buf_slice(&text), want));
    EXPECT(row[0] == 0 && row[1] == 9);
}

TEST(treat_seal_takes_every_kind_of_value_as_its_text)
{
    struct arena *a AUTO(arena_freep) = arena_new(1 << 20);
    struct sealing s;
    sealing_init(&s, a);
    EXPECT_EQ(s.one.field.type, FIELD_SEALED);
    EXPECT_EQ(one_column_put(&s.one, (struct raw){.type = RAW_I64, .i64 = -5}, NULL), OK);
    expect_opens(&s, a, "-5");
    EXPECT_EQ(one_column_put(&s.one, (struct raw){.type = RAW_BOOL, .i64 = 1}, NULL), OK);
    expect_opens(&s, a, "true");
    struct raw text = {.type = RAW_TEXT, .text = slice_text("ann@example.org")};
    EXPECT_EQ(one_column_put(&s.one, text, NULL), OK);
    expect_opens(&s, a, "ann@example.org");
    one_column_done(&s.one);
}

TEST(treat_seal_gives_the_batch_no_raw_byte)
{
    struct arena *a AUTO(arena_freep) = arena_new(1 << 20);
    struct sealing s;
    sealing_init(&s, a);
    struct raw text = {.type = RAW_TEXT, .text = slice_text("alice")};
    EXPECT_EQ(one_column_put(&s.one, text, NULL), OK);
    EXPECT_EQ(one_column_put(&s.one, text, NULL), OK);
    EXPECT_EQ(s.one.column.texts.count, 2); // equal values are not seen to be equal
    EXPECT(memmem(s.one.column.texts.bytes.at, s.one.column.texts.bytes.len, "alice", 5) == NULL);
    one_column_done(&s.one);
}

TEST(treat_seal_lets_nothing_in_once_the_key_is_destroyed)
{
    struct arena *a AUTO(arena_freep) = arena_new(1 << 20);
    struct sealing s;
    sealing_init(&s, a);
    s.sealer.is_destroyed = true;
    struct raw text = {.type = RAW_TEXT, .text = slice_text("alice")};
    EXPECT_EQ(one_column_put(&s.one, text, NULL), OK);
    EXPECT(!bit_get(s.one.column.present, 0));
    EXPECT_EQ(s.one.column.texts.count, 0);
    one_column_done(&s.one);
}

TEST(treat_seal_refuses_what_is_too_long_without_a_word_of_it)
{
    static uint8_t long_text[SEAL_TEXT_BYTES_MAX + 1];
    struct arena *a AUTO(arena_freep) = arena_new(1 << 20);
    struct sealing s;
    struct fault why = {0};
    sealing_init(&s, a);
    memset(long_text, 'x', sizeof long_text);
    struct raw text = {.type = RAW_TEXT, .text = slice_of(long_text, sizeof long_text)};
    EXPECT_EQ(one_column_put(&s.one, text, &why), ERR_INVALID);
    EXPECT(strcmp(why.words, "a value longer than 28652 bytes cannot be sealed") == 0);
    one_column_done(&s.one);
}
