// SPDX-License-Identifier: Apache-2.0
#include "policy/detector.h"
#include "policy/policy.h"
#include "policy/suggest.h"
#include "policy/suggest_private.h"
#include "test.h"

enum { TEXT_BYTES = 1 << 20, POLICY_BYTES = 128 << 20 };

static const struct survey_counts few = {.values = 1000, .distinct = 5, .longest = 8};
static const struct survey_counts unique = {.values = 1000, .distinct = 1000, .longest = 8};

static struct survey_column column(const char *name, enum survey_kind kind,
                                   struct survey_counts seen)
{
    return (struct survey_column){
        .name = name, .type = "type", .kind = kind, .is_readable = true, .seen = seen};
}

// The proposal for one column of a table "items" without anything else.
static void expect_treat(struct survey_column c, const char *treat, const char *reason)
{
    struct survey_table t = {.name = "items", .column_count = 1, .columns = &c};
    struct survey s = {.table_count = 1, .tables = &t};
    struct suggesting a = {.survey = &s, .table = &t, .column = &c};
    struct proposal p;
    suggest_column(&a, &p);
    buf_u8(&p.treat, 0);
    buf_u8(&p.reason, 0);
    if (strcmp((char *)p.treat.at, treat) != 0 || !strstr((char *)p.reason.at, reason))
        test_fail(__FILE__, __LINE__, "%s: %s: %s", c.name, (char *)p.treat.at,
                  (char *)p.reason.at);
    EXPECT(p.enters == (strcmp(treat, "{treat: drop}") != 0));
    buf_done(&p.treat);
    buf_done(&p.reason);
}

TEST(suggest_keeps_what_repeats_and_drops_what_singles_out)
{
    expect_treat(column("a", SURVEY_TEXT, few), "{treat: keep, as: keyword}", "5 distinct of 1000");
    expect_treat(column("a", SURVEY_TEXT, unique), "{treat: drop}", "too many for a dimension");
    expect_treat(column("a", SURVEY_INTEGER, few), "{treat: keep, as: integer}", "repeating");
    expect_treat(column("a", SURVEY_LONG, few), "{treat: keep, as: long}", "repeating");
    expect_treat(column("a", SURVEY_LONG, unique), "{treat: drop}", "singles rows out");
    expect_treat(column("order_id", SURVEY_LONG, few), "{treat: drop}", "identifier");
    expect_treat(column("a", SURVEY_NUMBER, unique), "{treat: keep, as: double}", "measure");
    expect_treat(column("a", SURVEY_UUID, unique), "{treat: drop}", "identifier");
    expect_treat(column("a", SURVEY_TIME, unique), "{treat: round, to: 1h}", "singles");
    expect_treat(column("a", SURVEY_DAY, few), "{treat: round, to: 1d}", "day");
    expect_treat(column("a", SURVEY_BOOLEAN, few), "{treat: keep, as: boolean}", "two");
    expect_treat(column("a", SURVEY_ENUM, few), "{treat: keep, as: keyword}", "enumeration");
    expect_treat(column("a", SURVEY_ADDRESS, few), "{treat: truncate, network: 24/48}", "address");
}

TEST(suggest_drops_what_nothing_is_known_of)
{
    const struct survey_counts three = {.values = 3, .distinct = 1};
    struct survey_column generated = column("a", SURVEY_TEXT, few);
    struct survey_column hidden = column("a", SURVEY_TEXT, few);
    generated.is_generated = true;
    hidden.is_readable = false;
    expect_treat(column("a", SURVEY_TEXT, three), "{treat: drop}", "too few values");
    expect_treat(column("a", SURVEY_NOT_TAKEN, few), "{treat: drop}", "not taken");
    expect_treat(generated, "{treat: drop}", "generated");
    expect_treat(hidden, "{treat: drop}", "may not read");
}

TEST(suggest_drops_what_is_named_or_looks_personal)
{
    struct survey_column email = column("a", SURVEY_TEXT, few);
    struct survey_column version = column("firmware", SURVEY_TEXT, few);
    email.seen.hits[__builtin_ctz(detector_bit(&detect_email))] = 5;
    version.seen.hits[__builtin_ctz(detector_bit(&detect_ip))] = 1;
    expect_treat(email, "{treat: drop}", "e-mail address in 100 % of its values");
    expect_treat(version, "{treat: drop}",
                 "IP address in 20 % of its values; versions may look so");
    expect_treat(column("wifi_ssid", SURVEY_TEXT, few), "{treat: drop}", "network's name");
    expect_treat(column("birthDate", SURVEY_DAY, few), "{treat: drop}", "birthday");
    expect_treat(column("weight_kg", SURVEY_NUMBER, few), "{treat: drop}", "body");
    expect_treat(column("latitude", SURVEY_NUMBER, few), "{treat: drop}", "place");
}

static void expect_subject(const char *table, const char *subject)
{
    struct survey_table t = {.name = table};
    struct buf out AUTO(buf_donep) = buf_init(SUBJECT_BYTES_MAX);
    suggest_subject(&t, &out);
    EXPECT(slice_is(buf_slice(&out), subject));
}

TEST(suggest_names_a_kind_of_subject_after_one_of_its_rows)
{
    expect_subject("customers", "customer");
    expect_subject("cities", "city");
    expect_subject("boxes", "box");
    expect_subject("branches", "branch");
    expect_subject("address", "address");
    expect_subject("staff", "staff");
    expect_subject("Große Tabelle", "_ro__e__abelle");
}

// Two tables, one naming the other; one that cannot be taken.
static void print_shops(struct buf *out)
{
    struct survey_column shops[] = {column("id", SURVEY_INTEGER, unique),
                                    column("open", SURVEY_BOOLEAN, few)};
    struct survey_column sales[] = {
        column("id", SURVEY_UUID, unique), column("shop_id", SURVEY_INTEGER, few),
        column("at", SURVEY_TIME, unique), column("Pay \\ \"kind", SURVEY_TEXT, few),
        column("true", SURVEY_TEXT, few),  column("_hidden", SURVEY_TEXT, few)};
    struct survey_column loose[] = {column("a", SURVEY_TEXT, few)};
    shops[0].is_key = sales[0].is_key = true;
    struct survey_table tables[] = {{"public", "loose", 0, 1, loose},
                                    {"shop", "sales", 1, 6, sales},
                                    {"public", "shops", 1, 2, shops}};
    const struct survey s = {.table_count = 3, .tables = tables};
    const struct suggest_source source = {.name = "mall",
                                          .conninfo = "host=x dbname=mall",
                                          .replication_user = "r",
                                          .copy_user = "c",
                                          .copy_password_file = "keys/c"};
    suggest_print(&source, &s, out);
}

TEST(suggest_prints_a_policy_that_parses_with_the_lookup_it_found)
{
    struct fault why = {0};
    const struct policy *p = NULL;
    struct arena *arena AUTO(arena_freep) = arena_new(POLICY_BYTES);
    struct buf out AUTO(buf_donep) = buf_init(TEXT_BYTES);
    print_shops(&out);
    if (policy_parse(buf_slice(&out), arena, &p, &why))
        test_fail(__FILE__, __LINE__, "%s\n%.*s", why.words, SLICE_PRINT(buf_slice(&out)));
    EXPECT_EQ(p->sources[0].table_count, 2);
    const struct table *sales = schema_table(p->schema, slice_text("sales"));
    const struct table *shops = schema_table(p->schema, slice_text("shops"));
    EXPECT(sales && shops);
    EXPECT_EQ(sales->fields[table_field(sales, slice_text("shop_id"))].lookup_table,
              shops - p->schema->tables);
    EXPECT_EQ(sales->time_field, table_field(sales, slice_text("at")));
    buf_u8(&out, 0);
    EXPECT(strstr((char *)out.at, "# loose stays out: it has no primary key") != NULL);
}
