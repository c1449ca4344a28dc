// SPDX-License-Identifier: Apache-2.0
#include "base/limits.h"
#include "data/push.h"
#include "keys/pseudonym.h"
#include "policy/push_sieve.h"
#include "test.h"
#include "unit/policy/fleet.h"
#include "unit/policy/pushed.h"

#include <stdio.h>

static const uint8_t subjects[1][32] = {{1}};
static const uint8_t row_keys[3][32] = {{2}, {3}, {4}};

struct stage {
    struct arena *arena;
    const struct policy *policy;
    struct push_sieve *sieve;
};

static struct stage stage_new(void)
{
    struct stage st = {.arena = arena_new(512 << 20)};
    const struct sieve_keys keys = {subjects, row_keys, NULL, NULL};
    EXPECT_EQ(policy_parse(slice_text(PUSHED_POLICY), st.arena, &st.policy, NULL), OK);
    EXPECT_EQ(push_sieve_new(st.policy, 0, &keys, &st.sieve, NULL), OK);
    return st;
}

static void stage_done(struct stage *st)
{
    push_sieve_free(st->sieve);
    arena_free(st->arena);
}

static enum err put(struct stage *st, enum row_op op, const char *id, const char *doc,
                    struct fault *why)
{
    const struct push_row row = {
        .op = op, .id = slice_text(id), .doc = doc ? slice_text(doc) : slice_of(NULL, 0)};
    return push_sieve_row(st->sieve, &row, why);
}

static void expect_refused_doc(struct stage *st, const char *doc, const char *words)
{
    struct fault why = {0};
    EXPECT_EQ(put(st, ROW_PUT, "", doc, &why), ERR_INVALID);
    if (strcmp(why.words, words) != 0)
        test_fail(__FILE__, __LINE__, "%s", why.words);
}

static const struct changeset *cut(struct stage *st)
{
    const struct admitted *a = NULL;
    const struct admitted *again = NULL;
    struct fault why = {0};
    if (push_sieve_cut(st->sieve, st->arena, &a, &why) ||
        admitted_decode(admitted_bytes(a), st->policy->schema, st->arena, &again, &why))
        test_fail(__FILE__, __LINE__, "%s", why.words);
    return admitted_changeset(again);
}

TEST(push_sieve_treats_each_column)
{
    struct stage st = stage_new();
    EXPECT_EQ(put(&st, ROW_PUT, "k",
                  "{\"at\":\"1970-01-01T00:00:01.000Z\",\"device_id\":\"d1\",\"model\":\"m\","
                  "\"latency_ms\":12,\"load\":1.3,\"ok\":true,\"nick\":\"x\",\"note\":{}}",
                  NULL),
              OK);
    const struct changeset *c = cut(&st);
    const struct batch *b = c->batches;
    EXPECT_EQ(c->batch_count, 1);
    EXPECT_EQ(b->table, PUSHED_EVENTS);
    EXPECT_EQ(b->row_count, 1);
    EXPECT_EQ(b->columns[EVENT_AT].i64[0], 1000);
    EXPECT_EQ(b->columns[EVENT_LATENCY].i64[0], 12);
    EXPECT_EQ(b->columns[EVENT_OK].i64[0], 1);
    EXPECT(b->columns[EVENT_LOAD].f64[0] == 1.0);
    EXPECT(slice_is(b->columns[EVENT_MODEL].values[0], "m"));
    uint8_t pseudonym[PSEUDONYM_BYTES];
    pseudonym_of_text(subjects[0], slice_text("d1"), pseudonym);
    EXPECT(slice_equal(b->columns[EVENT_DEVICE].values[0], slice_of(pseudonym, sizeof pseudonym)));
    stage_done(&st);
}

TEST(push_sieve_numbers_rows_and_says_so_in_the_position)
{
    struct stage st = stage_new();
    push_sieve_go_on(st.sieve, 40);
    EXPECT_EQ(put(&st, ROW_PUT, "", "{}", NULL), OK);
    EXPECT_EQ(put(&st, ROW_PUT, "", "{\"latency_ms\":\"no\"}", NULL), ERR_INVALID);
    EXPECT_EQ(put(&st, ROW_PUT, "", "{}", NULL), OK);
    const struct changeset *c = cut(&st);
    EXPECT(strcmp(c->position.source, "push/app-events") == 0);
    EXPECT_EQ(c->position.phase, PHASE_STREAMING);
    EXPECT_EQ(c->position.end_lsn, 42);
    EXPECT_EQ(c->batches->row_count, 2);
    EXPECT(row_key_equal(c->batches->keys[0], push_key_of_number(41)));
    EXPECT(row_key_equal(c->batches->keys[1], push_key_of_number(42)));
    push_sieve_go_on(st.sieve, 7); // never back
    EXPECT_EQ(push_sieve_number(st.sieve), 42);
    stage_done(&st);
}

TEST(push_sieve_hashes_ids_under_the_table_s_key)
{
    struct stage st = stage_new();
    EXPECT_EQ(put(&st, ROW_PUT, "anna@home.org", "{}", NULL), OK);
    EXPECT_EQ(put(&st, ROW_CREATE, "b", "{}", NULL), OK);
    EXPECT_EQ(put(&st, ROW_DELETE, "b", NULL, NULL), OK);
    const struct batch *b = cut(&st)->batches;
    EXPECT_EQ(b->ops[1], ROW_CREATE);
    EXPECT_EQ(b->ops[2], ROW_DELETE);
    EXPECT(row_key_equal(b->keys[1], b->keys[2]));
    EXPECT(!row_key_equal(b->keys[0], b->keys[1]));
    EXPECT(row_key_equal(b->keys[0], push_sieve_key(st.sieve, slice_text("anna@home.org"))));
    EXPECT_EQ(b->keys[0].hi >> 32, PUSH_KEY_MARK);
    // What the API shows of a row names it too.
    struct buf shown AUTO(buf_donep) = buf_init(64);
    row_key_print(b->keys[0], &shown);
    EXPECT(row_key_equal(push_sieve_key(st.sieve, buf_slice(&shown)), b->keys[0]));
    stage_done(&st);
}

TEST(push_sieve_refuses_a_document_and_nothing_of_it_enters)
{
    struct stage st = stage_new();
    expect_refused_doc(&st, "{\"model\":\"me@home.org\"}",
                       "policy_exception: column [model] holds what looks like: e-mail address");
    expect_refused_doc(&st, "{\"model\":\"secret\",\"latency_ms\":\"twelve\"}",
                       "document_parsing_exception: failed to parse field [latency_ms] of type "
                       "[integer]: a text is no integer");
    expect_refused_doc(&st, "{\"latency_ms\":3000000000}",
                       "document_parsing_exception: failed to parse field [latency_ms] of type "
                       "[integer]: an integer is no integer");
    expect_refused_doc(&st, "{\"model\":{\"a\":1}}",
                       "document_parsing_exception: failed to parse field [model] of type "
                       "[keyword]: an object is no keyword");
    expect_refused_doc(&st, "[1]",
                       "document_parsing_exception: failed to parse: a document is an object, not "
                       "an array");
    expect_refused_doc(&st, "{\"model\":",
                       "document_parsing_exception: failed to parse: line 1, column 10: a value "
                       "is missing at the end");
    EXPECT_EQ(push_sieve_row_count(st.sieve), 0);
    EXPECT_EQ(put(&st, ROW_PUT, "", "{\"model\":\"cam\"}", NULL), OK);
    const struct batch *b = cut(&st)->batches;
    EXPECT_EQ(b->row_count, 1);
    EXPECT_EQ(b->columns[EVENT_MODEL].value_count, 1);
    EXPECT(slice_is(b->columns[EVENT_MODEL].values[0], "cam"));
    EXPECT_EQ(push_sieve_counts(st.sieve).refused, 6);
    EXPECT_EQ(push_sieve_counts(st.sieve).admitted, 1);
    stage_done(&st);
}

TEST(push_sieve_keeps_what_a_part_of_a_document_does_not_name)
{
    struct stage st = stage_new();
    const struct push_row row = {.op = ROW_UPDATE,
                                 .id = slice_text("k"),
                                 .doc = slice_text("{\"model\":\"m\",\"ok\":null}"),
                                 .keeps_others = true};
    EXPECT_EQ(push_sieve_row(st.sieve, &row, NULL), OK);
    const struct batch *b = cut(&st)->batches;
    EXPECT(bit_get(b->columns[EVENT_MODEL].present, 0));
    EXPECT(bit_get(b->columns[EVENT_LATENCY].unchanged, 0));
    EXPECT(!bit_get(b->columns[EVENT_OK].present, 0));
    EXPECT(!b->columns[EVENT_OK].unchanged || !bit_get(b->columns[EVENT_OK].unchanged, 0));
    stage_done(&st);
}

TEST(push_sieve_tries_without_taking)
{
    struct stage st = stage_new();
    struct push_row row = {.op = ROW_PUT, .doc = slice_text("{\"model\":\"m\"}"), .is_trial = true};
    EXPECT_EQ(push_sieve_row(st.sieve, &row, NULL), OK);
    EXPECT_EQ(push_sieve_row_count(st.sieve), 0);
    EXPECT_EQ(push_sieve_number(st.sieve), 0);
    row.doc = slice_text("{\"ok\":\"maybe\"}");
    EXPECT_EQ(push_sieve_row(st.sieve, &row, NULL), ERR_INVALID);
    stage_done(&st);
}

TEST(push_sieve_says_when_a_changeset_is_full)
{
    struct stage st = stage_new();
    for (int i = 0; i < LIMIT_BATCH_ROWS; i++)
        EXPECT_EQ(put(&st, ROW_PUT, "", "{}", NULL), OK);
    EXPECT_EQ(put(&st, ROW_PUT, "", "{}", NULL), ERR_LIMIT);
    EXPECT_EQ(push_sieve_number(st.sieve), LIMIT_BATCH_ROWS);
    EXPECT_EQ(cut(&st)->batches->row_count, LIMIT_BATCH_ROWS);
    EXPECT_EQ(put(&st, ROW_PUT, "", "{}", NULL), OK);
    push_sieve_drop(st.sieve);
    EXPECT_EQ(push_sieve_row_count(st.sieve), 0);
    stage_done(&st);
}

TEST(push_sieve_looks_at_names_of_fields)
{
    struct stage st = stage_new();
    static const char words[] = "policy_exception: the name of a field looks like: e-mail address";
    for (int i = 0; i < 2; i++) {
        expect_refused_doc(&st, "{\"model\":\"a\",\"jane@example.org\":1}", words);
        expect_refused_doc(&st, "{\"x\":[{\"y\":{\"jane@example.org\":1}}]}", words);
        EXPECT_EQ(put(&st, ROW_PUT, "", "{\"model\":\"a\",\"other\":1}", NULL), OK);
        EXPECT_EQ(put(&st, ROW_PUT, "", "{\"model\":\"a\",\"other\":{\"b\":[1]}}", NULL), OK);
    }
    EXPECT_EQ(push_sieve_row_count(st.sieve), 4);
    stage_done(&st);
}

TEST(push_sieve_refuses_what_people_wrote_also_over_many_batches)
{
    struct stage st = stage_new();
    uint32_t refused = 0;
    uint32_t repeated = 0;
    for (uint32_t i = 0; i < 1200; i++) {
        char doc[128];
        char again[128];
        snprintf(doc, sizeof doc, "{\"model\":\"camera of %c%c%c\"}", 'a' + (int)(i % 26),
                 'a' + (int)(i / 26 % 26), 'a' + (int)(i / 676));
        snprintf(again, sizeof again, "{\"model\":\"ok\"}");
        refused += put(&st, ROW_PUT, "", doc, NULL) == ERR_INVALID;
        repeated += i >= 1000 && put(&st, ROW_PUT, "", again, NULL) == ERR_INVALID;
        if (i % 10 == 9 && push_sieve_row_count(st.sieve) > 0)
            cut(&st);
    }
    EXPECT(refused >= 850 && refused <= 901);
    EXPECT(repeated <= 1);
    stage_done(&st);
}

TEST(push_sieve_lets_in_buckets_and_prefixes_and_no_more)
{
    static const char yaml[] =
        "push:\n  x: {columns: {age: {treat: bucket, edges: [18, 65]}, from: "
        "{treat: truncate, network: 24/48}, zip: {treat: truncate, "
        "characters: 2}}}";
    struct stage st = {.arena = arena_new(512 << 20)};
    const struct sieve_keys keys = {NULL, row_keys, NULL, NULL};
    EXPECT_EQ(policy_parse(slice_text(yaml), st.arena, &st.policy, NULL), OK);
    EXPECT_EQ(push_sieve_new(st.policy, 0, &keys, &st.sieve, NULL), OK);
    EXPECT_EQ(
        put(&st, ROW_PUT, "", "{\"age\":37,\"from\":\"203.0.113.77\",\"zip\":\"10115\"}", NULL),
        OK);
    EXPECT_EQ(put(&st, ROW_PUT, "", "{\"age\":\"64.5\",\"zip\":\"10999\",\"from\":null}", NULL),
              OK);
    expect_refused_doc(&st, "{\"from\":\"here\"}",
                       "document_parsing_exception: failed to parse field [from] of type "
                       "[keyword]: a text is no IP address");
    const struct batch *b = &cut(&st)->batches[0];
    EXPECT_EQ(b->row_count, 2);
    EXPECT(b->columns[0].value_count == 1 && slice_is(b->columns[0].values[0], "18..65"));
    EXPECT(b->columns[1].value_count == 1 && slice_is(b->columns[1].values[0], "203.0.113.0/24"));
    EXPECT(b->columns[2].value_count == 1 && slice_is(b->columns[2].values[0], "10"));
    stage_done(&st);
}
