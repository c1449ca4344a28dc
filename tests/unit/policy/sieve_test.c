// SPDX-License-Identifier: Apache-2.0
#include "base/limits.h"
#include "keys/crypto.h"
#include "keys/pseudonym.h"
#include "keys/row_key.h"
#include "policy/sieve.h"
#include "test.h"
#include "unit/policy/fleet.h"

#include <stdio.h>

enum { DEVICES, CONNECTIONS };

static const uint8_t subjects[2][32] = {{1}, {2}};
static const uint8_t row_keys[2][32] = {{3}, {4}};

struct stage {
    struct arena *arena;
    const struct policy *policy;
    struct sieve *sieve;
    const struct admitted *admitted;
};

static struct stage stage_new(void)
{
    struct stage st = {.arena = arena_new(512 << 20)};
    const struct sieve_keys keys = {subjects, row_keys, NULL, NULL};
    st.policy = fleet_policy(st.arena);
    EXPECT_EQ(sieve_new(st.policy, 0, &keys, &st.sieve, NULL), OK);
    return st;
}

static void stage_done(struct stage *st)
{
    sieve_free(st->sieve);
    arena_free(st->arena);
}

static const struct changeset *cut(struct stage *st)
{
    const struct position position = {.source = "fleet", .phase = PHASE_STREAMING, .end_lsn = 7};
    struct fault why = {0};
    if (sieve_cut(st->sieve, &position, false, st->arena, &st->admitted, &why))
        test_fail(__FILE__, __LINE__, "%s", why.words);
    return admitted_changeset(st->admitted);
}

static struct raw text(const char *t)
{
    return (struct raw){.type = RAW_TEXT, .text = slice_text(t)};
}

static struct raw number(int64_t n)
{
    return (struct raw){.type = RAW_I64, .i64 = n};
}

static struct raw time_us(int64_t n)
{
    return (struct raw){.type = RAW_TIME_US, .i64 = n};
}

// id, customer_id, model, activated_at
static enum err put_device(struct stage *st, int64_t id, struct raw model, struct fault *why)
{
    const struct raw values[] = {number(id), number(id / 10), model, time_us(3600000000)};
    return sieve_row(st->sieve, DEVICES, ROW_PUT, values, NULL, why);
}

// id, region, at, device_id, outcome, latency_ms, load
static enum err put_connection(struct stage *st, enum row_op op, struct raw outcome)
{
    const struct raw values[] = {number(8),
                                 text("eu"),
                                 time_us(1000),
                                 number(5),
                                 outcome,
                                 number(20),
                                 {.type = RAW_F64, .f64 = 1.3}};
    const struct raw old_key[] = {text("eu"), number(7)};
    return sieve_row(st->sieve, CONNECTIONS, op, values, old_key, NULL);
}

TEST(sieve_treats_each_column_as_declared)
{
    struct stage st = stage_new();
    EXPECT_EQ(put_device(&st, 42, text("M1"), NULL), OK);
    EXPECT_EQ(sieve_row_count(st.sieve), 1);
    const struct changeset *c = cut(&st);
    EXPECT_EQ(c->batch_count, 1);
    const struct batch *b = &c->batches[0];
    EXPECT_EQ(b->table, 0);
    EXPECT_EQ(b->ops[0], ROW_PUT);
    EXPECT(b->keys[0].hi == 0 && b->keys[0].lo == row_key_of_number(row_keys[0], 42));
    uint8_t device[PSEUDONYM_BYTES];
    uint8_t customer[PSEUDONYM_BYTES];
    pseudonym_of_number(subjects[0], 42, device);
    pseudonym_of_number(subjects[1], 4, customer);
    EXPECT(slice_equal(b->columns[0].values[0], slice_of(device, sizeof device)));
    EXPECT(slice_equal(b->columns[1].values[0], slice_of(customer, sizeof customer)));
    EXPECT(slice_is(b->columns[2].values[0], "M1"));
    EXPECT_EQ(b->columns[3].i64[0], 3600000);
    stage_done(&st);
}

TEST(sieve_subjects_agree_over_tables)
{
    struct stage st = stage_new();
    EXPECT_EQ(put_device(&st, 5, text("M1"), NULL), OK);
    EXPECT_EQ(put_connection(&st, ROW_PUT, text("ok")), OK);
    const struct changeset *c = cut(&st);
    EXPECT_EQ(c->batch_count, 2);
    EXPECT(slice_equal(c->batches[0].columns[0].values[0], c->batches[1].columns[2].values[0]));
    EXPECT(c->batches[1].keys[0].hi != 0);
    EXPECT(c->batches[1].columns[5].f64[0] == 1.0);
    stage_done(&st);
}

TEST(sieve_takes_all_four_operations_in_order)
{
    struct stage st = stage_new();
    EXPECT_EQ(put_connection(&st, ROW_PUT, text("ok")), OK);
    EXPECT_EQ(put_connection(&st, ROW_MOVE, (struct raw){.type = RAW_UNCHANGED}), OK);
    EXPECT_EQ(put_connection(&st, ROW_DELETE, (struct raw){.type = RAW_NULL}), OK);
    EXPECT_EQ(sieve_row(st.sieve, CONNECTIONS, ROW_TRUNCATE, NULL, NULL, NULL), OK);
    EXPECT_EQ(put_connection(&st, ROW_PUT, (struct raw){.type = RAW_NULL}), OK);
    const struct batch *b = &cut(&st)->batches[0];
    EXPECT_EQ(b->row_count, 5);
    EXPECT(memcmp(b->ops, (const uint8_t[]){0, 2, 1, 3, 0}, 5) == 0);
    EXPECT(!row_key_equal(b->old_keys[1], b->keys[1]));
    EXPECT(row_key_equal(b->keys[3], (struct row_key){0}));
    EXPECT(row_key_equal(b->keys[4], b->keys[0]));
    const struct batch_column *outcome = &b->columns[3];
    EXPECT_EQ(outcome->present[0], 1);
    EXPECT_EQ(outcome->unchanged[0], 2);
    EXPECT_EQ(b->columns[0].present[0], 0x13);
    stage_done(&st);
}

TEST(sieve_cut_encodes_what_decodes_to_the_same)
{
    struct stage st = stage_new();
    for (int64_t i = 0; i < 100; i++)
        EXPECT_EQ(put_device(&st, i, text(i % 3 ? "M1" : "M2"), NULL), OK);
    const struct changeset *c = cut(&st);
    const struct admitted *again = NULL;
    EXPECT_EQ(
        admitted_decode(admitted_bytes(st.admitted), st.policy->schema, st.arena, &again, NULL),
        OK);
    const struct batch *a = &c->batches[0];
    const struct batch *b = &admitted_changeset(again)->batches[0];
    EXPECT_EQ(b->row_count, 100);
    for (uint32_t i = 0; i < 100; i++) {
        EXPECT(row_key_equal(a->keys[i], b->keys[i]));
        EXPECT(slice_equal(a->columns[2].values[a->columns[2].codes[i]],
                           b->columns[2].values[b->columns[2].codes[i]]));
    }
    EXPECT(admitted_changeset(again)->position.policy_fingerprint ==
           st.policy->schema->fingerprint);
    EXPECT_EQ(admitted_changeset(again)->position.end_lsn, 7);
    stage_done(&st);
}

TEST(sieve_cut_without_rows_moves_the_position_only)
{
    struct stage st = stage_new();
    EXPECT_EQ(cut(&st)->batch_count, 0);
    EXPECT_EQ(put_device(&st, 1, text("M1"), NULL), OK);
    EXPECT_EQ(cut(&st)->batch_count, 1);
    EXPECT_EQ(sieve_row_count(st.sieve), 0);
    EXPECT_EQ(sieve_bytes(st.sieve), 0);
    EXPECT_EQ(cut(&st)->batch_count, 0);
    EXPECT_EQ(sieve_admitted_rows(st.sieve, DEVICES), 1);
    stage_done(&st);
}

TEST(sieve_stops_a_table_whose_text_trips_a_detector)
{
    struct stage st = stage_new();
    EXPECT_EQ(put_connection(&st, ROW_PUT, text("ok")), OK);
    EXPECT_EQ(put_device(&st, 1, text("M1"), NULL), OK);
    EXPECT_EQ(put_device(&st, 2, text("jane@example.org"), NULL), OK);
    EXPECT_EQ(put_device(&st, 3, text("joe@example.org"), NULL), OK);
    EXPECT_EQ(put_device(&st, 4, text("joe@example.org"), NULL), OK);
    const struct changeset *c = cut(&st);
    EXPECT_EQ(c->batch_count, 1);
    EXPECT_EQ(c->batches[0].table, 1);
    EXPECT_EQ(c->position.stopped[0], 1);
    const struct refusal *r = sieve_refusal(st.sieve, DEVICES);
    EXPECT(r != NULL);
    EXPECT(strcmp(r->column, "model") == 0 && strcmp(r->detector, "e-mail address") == 0);
    EXPECT_EQ(r->count, 2);
    EXPECT(strcmp(r->words, "table devices column model: 2 distinct values hold what looks like: "
                            "e-mail address") == 0);
    EXPECT(memmem(admitted_bytes(st.admitted).at, admitted_bytes(st.admitted).len, "jane", 4) ==
           NULL);
    EXPECT(sieve_refusal(st.sieve, CONNECTIONS) == NULL);
    EXPECT_EQ(put_device(&st, 5, text("M1"), NULL), OK); // left out
    EXPECT_EQ(sieve_row_count(st.sieve), 0);
    EXPECT_EQ(cut(&st)->batch_count, 0);
    EXPECT_EQ(sieve_admitted_rows(st.sieve, DEVICES), 0);
    stage_done(&st);
}

TEST(sieve_stops_a_table_whose_value_does_not_fit)
{
    struct stage st = stage_new();
    struct fault why = {0};
    EXPECT_EQ(put_device(&st, 1, text("M1"), NULL), OK);
    EXPECT_EQ(put_connection(&st, ROW_PUT, text("ok")), OK);
    EXPECT_EQ(put_device(&st, 2, time_us(1), &why), ERR_INVALID);
    EXPECT(strcmp(why.words, "table devices column model: a time is no keyword") == 0);
    EXPECT_EQ(sieve_row_count(st.sieve), 1);
    EXPECT(strcmp(sieve_refusal(st.sieve, DEVICES)->detector, "type") == 0);
    EXPECT_EQ(put_device(&st, 3, time_us(1), NULL), OK); // told once
    const struct changeset *c = cut(&st);
    EXPECT_EQ(c->batch_count, 1);
    EXPECT_EQ(c->position.stopped[0], 1);
    stage_done(&st);
}

TEST(sieve_stops_a_table_whose_key_is_missing)
{
    struct stage st = stage_new();
    struct fault why = {0};
    const struct raw values[] = {{.type = RAW_NULL}, number(1), text("M1"), time_us(0)};
    EXPECT_EQ(sieve_row(st.sieve, DEVICES, ROW_PUT, values, NULL, &why), ERR_INVALID);
    EXPECT(strcmp(why.words, "table devices column id: a row's key has no value, or is too "
                             "large") == 0);
    stage_done(&st);
}

TEST(sieve_keeps_tables_stopped_by_an_earlier_run)
{
    struct stage st = stage_new();
    const uint64_t stopped[4] = {2};
    sieve_stop(st.sieve, stopped);
    EXPECT_EQ(put_connection(&st, ROW_PUT, text("ok")), OK);
    EXPECT_EQ(put_device(&st, 1, text("M1"), NULL), OK);
    const struct changeset *c = cut(&st);
    EXPECT_EQ(c->batch_count, 1);
    EXPECT_EQ(c->batches[0].table, 0);
    EXPECT_EQ(c->position.stopped[0], 2);
    EXPECT(sieve_refusal(st.sieve, CONNECTIONS)->column == NULL);
    stage_done(&st);
}

TEST(sieve_does_not_scan_what_is_hashed)
{
    struct stage st = stage_new();
    const struct raw values[] = {text("jane@example.org"), number(1), text("M1"), time_us(0)};
    EXPECT_EQ(sieve_row(st.sieve, DEVICES, ROW_PUT, values, NULL, NULL), OK);
    EXPECT_EQ(cut(&st)->batch_count, 1);
    EXPECT(memmem(admitted_bytes(st.admitted).at, admitted_bytes(st.admitted).len, "jane", 4) ==
           NULL);
    stage_done(&st);
}

TEST(sieve_begins_another_batch_at_the_limit)
{
    struct stage st = stage_new();
    for (int64_t i = 0; i < LIMIT_BATCH_ROWS + 10; i++)
        EXPECT_EQ(put_device(&st, i, text("M1"), NULL), OK);
    const struct changeset *c = cut(&st);
    EXPECT_EQ(c->batch_count, 2);
    EXPECT_EQ(c->batches[0].row_count, LIMIT_BATCH_ROWS);
    EXPECT_EQ(c->batches[1].row_count, 10);
    EXPECT(c->batches[1].keys[9].lo == row_key_of_number(row_keys[0], LIMIT_BATCH_ROWS + 9));
    EXPECT_EQ(sieve_admitted_rows(st.sieve, DEVICES), LIMIT_BATCH_ROWS + 10);
    stage_done(&st);
}

TEST(sieve_says_when_a_changeset_is_full)
{
    struct stage st = stage_new();
    static char large[20000];
    memset(large, 'x', sizeof large);
    enum err e = OK;
    int64_t rows = 0;
    while (!e) {
        snprintf(large, 20, "%019lld", (long long)rows);
        large[19] = 'x';
        e = put_device(&st, rows, (struct raw){.type = RAW_TEXT, .text = slice_of(large, 20000)},
                       NULL);
        rows += !e;
    }
    EXPECT_EQ(e, ERR_LIMIT);
    EXPECT(rows > 800 && rows < 840);
    EXPECT_EQ(cut(&st)->batches[0].row_count, rows);
    EXPECT_EQ(put_device(&st, rows, text("M1"), NULL), OK); // given again
    stage_done(&st);
}

TEST(sieve_counts_values_without_a_form)
{
    struct stage st = stage_new();
    const struct raw values[] = {number(1), number(1), text("M1"), time_us(INT64_MAX)};
    EXPECT_EQ(sieve_row(st.sieve, DEVICES, ROW_PUT, values, NULL, NULL), OK);
    EXPECT_EQ(cut(&st)->batches[0].columns[3].present[0], 0);
    EXPECT_EQ(sieve_missing(st.sieve, DEVICES), 1);
    EXPECT_EQ(sieve_missing(st.sieve, CONNECTIONS), 0);
    stage_done(&st);
}

TEST(sieve_stops_a_table_whose_column_people_wrote)
{
    struct stage st = stage_new();
    for (int64_t i = 0; i < 1000; i++) {
        char name[64];
        snprintf(name, sizeof name, "room of %c%c%c", 'a' + (int)(i % 26), 'a' + (int)(i / 26 % 26),
                 'a' + (int)(i / 676));
        EXPECT_EQ(put_device(&st, i, text(name), NULL), OK);
        if (i % 100 == 99)
            cut(&st);
    }
    const struct refusal *r = sieve_refusal(st.sieve, DEVICES);
    EXPECT(r && strcmp(r->detector, "free text") == 0 && strcmp(r->column, "model") == 0);
    stage_done(&st);
}

TEST(sieve_takes_identifiers_that_all_differ)
{
    struct stage st = stage_new();
    for (int64_t i = 0; i < 1000; i++) {
        char name[64];
        snprintf(name, sizeof name, "order %08lld", (long long)(i * 7919));
        EXPECT_EQ(put_device(&st, i, text(name), NULL), OK);
    }
    cut(&st);
    EXPECT(!sieve_refusal(st.sieve, DEVICES));
    stage_done(&st);
}
