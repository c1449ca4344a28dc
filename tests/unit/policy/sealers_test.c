// SPDX-License-Identifier: Apache-2.0
#include "policy/push_sieve.h"
#include "policy/sealers.h"
#include "policy/sieve.h"
#include "unit/policy/sealed.h"

enum { EMAIL = 1, PHONE = 3, MESSAGE = 1, SEALS = 3 };

static uint8_t secrets[SEALS][AGREE_BYTES], publics[SEALS][AGREE_BYTES];
static const uint8_t subjects[1][32] = {{1}};
static const uint8_t row_keys[2][32] = {{2}, {3}};

static struct sieve_keys keys_make(void)
{
    EXPECT_EQ(crypto_start(NULL), OK);
    for (int i = 0; i < SEALS; i++) {
        random_bytes(secrets[i], AGREE_BYTES);
        agree_public(secrets[i], publics[i]);
    }
    return (struct sieve_keys){subjects, row_keys, publics, NULL};
}

static void expect_text(int seal, const struct seal_of *of, const struct batch *b, uint32_t field,
                        const char *want)
{
    uint64_t row[2];
    struct buf text AUTO(buf_donep) = buf_init(1024);
    struct slice value = b->columns[field].values[b->columns[field].codes[0]];
    EXPECT_EQ(seal_open(secrets[seal], of, value, row, &text, NULL), OK);
    EXPECT(slice_is(buf_slice(&text), want));
    EXPECT(row[0] == b->keys[0].hi && row[1] == b->keys[0].lo);
}

TEST(sealers_are_of_the_sealed_fields_alone)
{
    struct arena *a AUTO(arena_freep) = arena_new(16 << 20);
    const struct policy *p = sealed_policy(a);
    struct sieve_keys keys = keys_make();
    struct sealers s;
    EXPECT_EQ(schema_sealed_count(p->schema), SEALS);
    sealers_init(&s, p->schema, SEALED_CUSTOMERS, keys.seals);
    EXPECT(!s.by_field[0] && s.by_field[EMAIL] && !s.by_field[2] && s.by_field[PHONE]);
    EXPECT(s.by_field[EMAIL] != s.by_field[PHONE]);
    sealers_done(&s);
}

TEST(sealers_of_a_table_seal_each_value_for_its_column_and_row)
{
    struct arena *a AUTO(arena_freep) = arena_new(512 << 20);
    const struct policy *p = sealed_policy(a);
    struct sieve_keys keys = keys_make();
    struct sieve *s = NULL;
    const struct admitted *admitted = NULL;
    const struct admitted *again = NULL;
    EXPECT_EQ(sieve_new(p, 0, &keys, &s, NULL), OK);
    const struct raw values[] = {{.type = RAW_I64, .i64 = 41},
                                 {.type = RAW_TEXT, .text = slice_text("ann@example.org")},
                                 {.type = RAW_TEXT, .text = slice_text("Ulm")},
                                 {.type = RAW_TEXT, .text = slice_text("+49 30 123456")}};
    EXPECT_EQ(sieve_row(s, 0, ROW_PUT, values, NULL, NULL), OK);
    const struct position position = {.source = "shop", .phase = PHASE_STREAMING};
    EXPECT_EQ(sieve_cut(s, &position, false, a, &admitted, NULL), OK); // no detector stopped it
    EXPECT_EQ(admitted_decode(admitted_bytes(admitted), p->schema, a, &again, NULL), OK);
    const struct changeset *c = admitted_changeset(again);
    uint64_t policy = schema_identity(p->schema);
    EXPECT_EQ(c->batch_count, 1);
    expect_text(0, &(struct seal_of){"customers", "email", policy}, &c->batches[0], EMAIL,
                "ann@example.org");
    expect_text(1, &(struct seal_of){"customers", "phone", policy}, &c->batches[0], PHONE,
                "+49 30 123456");
    EXPECT(memmem(admitted_bytes(admitted).at, admitted_bytes(admitted).len, "ann@", 4) == NULL);
    sieve_free(s);
}

static void push_and_check(struct push_sieve *s, const struct policy *p, const char *id,
                           struct arena *a)
{
    const struct push_row row = {.op = ROW_PUT,
                                 .id = slice_text(id),
                                 .doc = slice_text("{\"message\":\"mail ann@example.org\"}")};
    const struct admitted *admitted = NULL;
    const struct admitted *again = NULL;
    EXPECT_EQ(push_sieve_row(s, &row, NULL), OK);
    EXPECT_EQ(push_sieve_cut(s, a, &admitted, NULL), OK);
    EXPECT_EQ(admitted_decode(admitted_bytes(admitted), p->schema, a, &again, NULL), OK);
    expect_text(2, &(struct seal_of){"app.log", "message", schema_identity(p->schema)},
                &admitted_changeset(again)->batches[0], MESSAGE, "mail ann@example.org");
}

TEST(sealers_of_a_pushed_index_seal_with_and_without_an_id)
{
    struct arena *a AUTO(arena_freep) = arena_new(512 << 20);
    const struct policy *p = sealed_policy(a);
    struct sieve_keys keys = keys_make();
    struct push_sieve *s = NULL;
    EXPECT_EQ(push_sieve_new(p, 0, &keys, &s, NULL), OK);
    push_and_check(s, p, "document 1", a);
    push_and_check(s, p, "", a);
    push_sieve_free(s);
}

TEST(sealers_refuse_what_only_looks_sealed)
{
    struct arena *a AUTO(arena_freep) = arena_new(512 << 20);
    const struct policy *p = sealed_policy(a);
    const struct admitted *again = NULL;
    struct slice plain = slice_text("ann@example.org");
    uint64_t present = 1;
    uint32_t code = 0;
    struct batch_column columns[2] = {
        {.present = &(uint64_t){0}, .codes = &code},
        {.present = &present, .codes = &code, .value_count = 1, .values = &plain}};
    const struct batch b = {.table = SEALED_LOG,
                            .row_count = 1,
                            .ops = &(uint8_t){ROW_PUT},
                            .keys = &(struct row_key){1, 2},
                            .columns = columns};
    const struct changeset c = {
        .position = {.source = "push/app.log"}, .batch_count = 1, .batches = &b};
    struct buf bytes AUTO(buf_donep) = buf_init(1 << 20);
    EXPECT_EQ(changeset_encode(&c, p->schema, &bytes, NULL), OK);
    EXPECT_EQ(admitted_decode(buf_slice(&bytes), p->schema, a, &again, NULL), ERR_CORRUPT);
}
