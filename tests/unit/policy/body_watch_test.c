// SPDX-License-Identifier: Apache-2.0
#include "policy/body_watch.h"
#include "policy/push_sieve.h"
#include "policy/sieve.h"
#include "test.h"

#define COLUMNS                                                            \
    "{id: {treat: drop}, height_cm: {treat: keep, as: double},"            \
    " weightKg: {treat: round, to: 0.5}, sex: {treat: keep, as: keyword}," \
    " height_of_parcel: {treat: keep, as: long, allow: [body]}, sextant: {treat: keep, as: long}}"

static const char source_policy[] = "sources:\n"
                                    "  s:\n"
                                    "    postgres: host=h\n"
                                    "    replication: {user: r}\n"
                                    "    copy: {user: c}\n"
                                    "    tables:\n"
                                    "      people: {key: id, columns: " COLUMNS "}\n";
static const char push_policy[] = "push:\n  people: {columns: " COLUMNS "}\n";

static const uint8_t row_keys[1][32] = {{3}};
static const struct sieve_keys keys = {NULL, row_keys, NULL, NULL};

static const struct policy *parsed(const char *yaml, struct arena *a)
{
    const struct policy *p = NULL;
    struct fault why = {0};
    if (policy_parse(slice_text(yaml), a, &p, &why))
        test_fail(__FILE__, __LINE__, "%s", why.words);
    return p;
}

// Heights below 0 are none; so is a NULL sex.  Whether the row got in.
static bool enters(double height, double weight, const char *sex)
{
    struct arena *a AUTO(arena_freep) = arena_new(512 << 20);
    struct sieve *s = NULL;
    const struct raw none = {.type = RAW_NULL};
    EXPECT_EQ(sieve_new(parsed(source_policy, a), 0, &keys, &s, NULL), OK);
    const struct raw values[] = {
        {.type = RAW_I64, .i64 = 1},
        height < 0 ? none : (struct raw){.type = RAW_F64, .f64 = height},
        weight < 0 ? none : (struct raw){.type = RAW_F64, .f64 = weight},
        sex ? (struct raw){.type = RAW_TEXT, .text = slice_text(sex)} : none,
        {.type = RAW_I64, .i64 = 100},
        {.type = RAW_I64, .i64 = 45},
    };
    EXPECT_EQ(sieve_row(s, 0, ROW_PUT, values, NULL, NULL), OK);
    const struct position position = {.source = "s"};
    const struct admitted *admitted = NULL;
    EXPECT_EQ(sieve_cut(s, &position, false, a, &admitted, NULL), OK);
    const struct refusal *r = sieve_refusal(s, 0);
    bool is_body = r && strcmp(r->detector, "body measures") == 0 && r->count == 1;
    EXPECT(is_body || !r);
    sieve_free(s);
    return !is_body;
}

TEST(body_watch_stops_two_measures_in_one_row)
{
    EXPECT(!enters(178.5, 71, NULL));
    EXPECT(!enters(178.5, -1, "f"));
    EXPECT(!enters(-1, 71, "male"));
    EXPECT(!enters(1.78, 157, "m"));
}

TEST(body_watch_lets_one_measure_and_other_things_pass)
{
    EXPECT(enters(178.5, -1, NULL));
    EXPECT(enters(-1, 71, NULL));
    EXPECT(enters(-1, -1, "f"));
    EXPECT(enters(1080, 71, NULL));
    EXPECT(enters(178.5, 4000, NULL));
}

TEST(body_watch_refuses_a_pushed_document_and_no_other)
{
    struct arena *a AUTO(arena_freep) = arena_new(512 << 20);
    struct push_sieve *s = NULL;
    struct fault why = {0};
    EXPECT_EQ(push_sieve_new(parsed(push_policy, a), 0, &keys, &s, NULL), OK);
    struct push_row row = {.op = ROW_PUT};
    row.doc = slice_text("{\"height_cm\":178.5,\"height_of_parcel\":60}");
    EXPECT_EQ(push_sieve_row(s, &row, &why), OK);
    row.doc = slice_text("{\"height_cm\":178.5,\"weightKg\":71.2}");
    EXPECT_EQ(push_sieve_row(s, &row, &why), ERR_INVALID);
    EXPECT(strstr(why.words, "column [weightKg] holds what looks like: body measures") != NULL);
    row.doc = slice_text("{\"weightKg\":71.2}");
    EXPECT_EQ(push_sieve_row(s, &row, &why), OK);
    EXPECT_EQ(push_sieve_row_count(s), 2);
    push_sieve_free(s);
}
