// SPDX-License-Identifier: Apache-2.0
#include "policy/suggest.h"

#include "base/limits.h"
#include "policy/detector.h"
#include "policy/name_words.h"
#include "policy/personal.h"
#include "policy/suggest_private.h"

#include <string.h>

// A dimension has few values and each of them often.
enum { DIMENSION_MAX = 200, DIMENSION_BYTES_MAX = 64, REPEATS_MIN = 5, TELLING_MIN = 20 };

static bool says(struct proposal *p, const char *treat, const char *reason)
{
    p->enters = strncmp(treat, "{treat: drop", 12) != 0;
    buf_text(&p->treat, treat);
    buf_text(&p->reason, reason);
    return true;
}

static bool drops(struct proposal *p, const char *reason)
{
    return says(p, "{treat: drop}", reason);
}

static bool cannot_enter(const struct suggesting *a, struct proposal *p)
{
    if (!a->column->is_readable)
        return drops(p, "the role that looked may not read it");
    if (a->column->is_generated)
        return drops(p, "generated, which PostgreSQL does not send");
    return a->column->kind == SURVEY_NOT_TAKEN && drops(p, "a type that is not taken");
}

// "customer_id" names the table customers, with a foreign key or without.
static bool is_reference(const struct suggesting *a, struct proposal *p)
{
    const char *reason = a->column->refers_to ? "refers to " : "named after ";
    const struct survey_table *to = suggest_referred(a->survey, a->table, a->column);
    if (!to || (a->column->is_key && a->table->key_count == 1))
        return false;
    struct buf subject AUTO(buf_donep) = buf_init(SUBJECT_BYTES_MAX);
    suggest_subject(to, &subject);
    p->enters = true;
    buf_print(&p->treat, "{treat: pseudonym, subject: %.*s", SLICE_PRINT(buf_slice(&subject)));
    if (suggest_is_offered(a->survey, to))
        buf_print(&p->treat, ", lookup: %s", to->name);
    buf_text(&p->treat, "}");
    buf_print(&p->reason, "%s%s", reason, to->name);
    return true;
}

static bool is_whole_key(const struct suggesting *a, struct proposal *p)
{
    if (!a->column->is_key || a->table->key_count != 1)
        return false;
    if (!suggest_is_subject(a->survey, a->table))
        return drops(p, "the key, which no table refers to; rows are still told apart");
    struct buf subject AUTO(buf_donep) = buf_init(SUBJECT_BYTES_MAX);
    suggest_subject(a->table, &subject);
    p->enters = true;
    buf_print(&p->treat, "{treat: pseudonym, subject: %.*s}", SLICE_PRINT(buf_slice(&subject)));
    buf_text(&p->reason, "the key, which other tables refer to");
    return true;
}

// What has no form that a detector could know, or must not wait for a value that has one.
static bool is_named_personal(const struct suggesting *a, struct proposal *p)
{
    const char *what = personal_by_name(a->column->name);
    if (!what)
        return false;
    buf_print(&p->reason, "its name says it is %s", what);
    return drops(p, "");
}

static unsigned percent(uint32_t part, uint32_t whole)
{
    uint64_t share = whole ? (uint64_t)part * 100 / whole : 0;
    return part && !share ? 1 : (unsigned)share;
}

static bool has_form(const struct suggesting *a, struct proposal *p)
{
    uint32_t count = 0;
    const struct survey_counts *seen = &a->column->seen;
    const struct detector *found = personal_by_form(seen, &count);
    if (!found || a->column->kind == SURVEY_ADDRESS)
        return false;
    buf_print(&p->reason, "%s in %u %% of its values", found->name, percent(count, seen->distinct));
    return drops(p, found == &detect_ip && count < seen->distinct
                        ? "; versions may look so: allow: [ip] if these are"
                        : "");
}

static bool is_of_plain_type(const struct suggesting *a, struct proposal *p)
{
    static const struct {
        enum survey_kind kind;
        const char *treat, *reason;
    } types[] = {
        {SURVEY_BOOLEAN, "{treat: keep, as: boolean}", "two values"},
        {SURVEY_ENUM, "{treat: keep, as: keyword}", "an enumeration"},
        {SURVEY_TIME, "{treat: round, to: 1h}", "an exact time singles a row out"},
        {SURVEY_DAY, "{treat: round, to: 1d}", "a day"},
        {SURVEY_UUID, "{treat: drop}", "an identifier"},
        {SURVEY_ADDRESS, "{treat: truncate, network: 24/48}", "an address of a network"},
    };

    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (types[i].kind == a->column->kind)
            return says(p, types[i].treat, types[i].reason);
    }
    return false;
}

static bool is_number(const struct suggesting *a, struct proposal *p)
{
    const struct survey_counts *seen = &a->column->seen;
    if (a->column->kind == SURVEY_NUMBER)
        return says(p, "{treat: keep, as: double}", "a measure");
    if (a->column->kind != SURVEY_INTEGER && a->column->kind != SURVEY_LONG)
        return false;
    if (name_has_word(a->column->name, "id"))
        return drops(p, "an identifier, by its name");
    if (seen->values >= TELLING_MIN &&
        (uint64_t)seen->distinct * 10 >= (uint64_t)seen->values * 9) {
        buf_print(&p->reason, "%u of %u sampled values differ: it singles rows out", seen->distinct,
                  seen->values);
        return drops(p, "");
    }
    return says(p,
                a->column->kind == SURVEY_LONG ? "{treat: keep, as: long}"
                                               : "{treat: keep, as: integer}",
                "a number of repeating values");
}

static bool is_dimension(const struct suggesting *a, struct proposal *p)
{
    const struct survey_counts *seen = &a->column->seen;
    if (seen->values < TELLING_MIN || seen->distinct > DIMENSION_MAX ||
        seen->longest > DIMENSION_BYTES_MAX ||
        (uint64_t)seen->distinct * REPEATS_MIN > seen->values)
        return false;
    buf_print(&p->reason, "%u distinct of %u sampled: a dimension", seen->distinct, seen->values);
    return says(p, "{treat: keep, as: keyword}", "");
}

static bool is_unknown(const struct suggesting *a, struct proposal *p)
{
    const struct survey_counts *seen = &a->column->seen;
    if (seen->values < TELLING_MIN)
        return drops(p, "too few values to tell what it is");
    buf_print(&p->reason, "%u distinct of %u sampled%s: too many for a dimension", seen->distinct,
              seen->values,
              (uint64_t)seen->words * 2 > seen->distinct ? ", most of several words" : "");
    return drops(p, "");
}

void suggest_column(const struct suggesting *a, struct proposal *out)
{
    static bool (*const rules[])(const struct suggesting *a, struct proposal *p) = {
        cannot_enter,     is_reference, is_whole_key, is_named_personal, has_form,
        is_of_plain_type, is_number,    is_dimension, is_unknown,
    };
    *out = (struct proposal){.treat = buf_init(PROPOSAL_BYTES_MAX),
                             .reason = buf_init(PROPOSAL_BYTES_MAX)};
    for (size_t i = 0; !rules[i](a, out); i++) {
    }
}
