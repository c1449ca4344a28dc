// SPDX-License-Identifier: Apache-2.0
#include "sql/cell.h"

#include "base/num.h"

#include <math.h>
#include <stdlib.h>
#include <strings.h>

static const char *const names[SQL_TYPE_COUNT] = {
    [SQL_NULL] = "null",
    [SQL_BOOLEAN] = "boolean",
    [SQL_INTEGER] = "integer",
    [SQL_LONG] = "long",
    [SQL_DOUBLE] = "double",
    [SQL_KEYWORD] = "keyword",
    [SQL_DATE] = "date",
    [SQL_DATETIME] = "datetime",
    [SQL_MONTHS] = "interval_month",
    [SQL_SPAN] = "interval_day_to_second",
};

static const struct {
    const char *name;
    enum sql_type type;
} casts[] = {
    {"boolean", SQL_BOOLEAN},   {"bool", SQL_BOOLEAN},       {"byte", SQL_INTEGER},
    {"tinyint", SQL_INTEGER},   {"short", SQL_INTEGER},      {"smallint", SQL_INTEGER},
    {"integer", SQL_INTEGER},   {"int", SQL_INTEGER},        {"long", SQL_LONG},
    {"bigint", SQL_LONG},       {"signed", SQL_LONG},        {"unsigned_long", SQL_LONG},
    {"float", SQL_DOUBLE},      {"real", SQL_DOUBLE},        {"double", SQL_DOUBLE},
    {"numeric", SQL_DOUBLE},    {"decimal", SQL_DOUBLE},     {"half_float", SQL_DOUBLE},
    {"keyword", SQL_KEYWORD},   {"text", SQL_KEYWORD},       {"string", SQL_KEYWORD},
    {"varchar", SQL_KEYWORD},   {"char", SQL_KEYWORD},       {"date", SQL_DATE},
    {"datetime", SQL_DATETIME}, {"timestamp", SQL_DATETIME},
};

const char *sql_type_name(enum sql_type t)
{
    return t < SQL_TYPE_COUNT ? names[t] : "unsupported";
}

bool sql_type_parse(struct slice name, enum sql_type *out)
{
    for (size_t i = 0; i < sizeof casts / sizeof *casts; i++) {
        if (name.len == strlen(casts[i].name) &&
            strncasecmp((const char *)name.at, casts[i].name, name.len) == 0) {
            *out = casts[i].type;
            return true;
        }
    }
    return false;
}

bool sql_type_is_number(enum sql_type t)
{
    return t == SQL_INTEGER || t == SQL_LONG || t == SQL_DOUBLE;
}

bool sql_type_is_time(enum sql_type t)
{
    return t == SQL_DATE || t == SQL_DATETIME;
}

double cell_number(const struct cell *c)
{
    if (c->type == SQL_DOUBLE)
        return c->f64;
    return c->type == SQL_KEYWORD || c->type == SQL_NULL ? 0 : (double)c->i64;
}

bool cell_is_whole(const struct cell *c)
{
    return c->type == SQL_INTEGER || c->type == SQL_LONG;
}

int cell_compare(const struct cell *a, const struct cell *b)
{
    if (a->type == SQL_NULL || b->type == SQL_NULL)
        return (a->type != SQL_NULL) - (b->type != SQL_NULL);
    if (a->type == SQL_KEYWORD && b->type == SQL_KEYWORD)
        return slice_compare(a->text, b->text);
    if (a->type == SQL_KEYWORD || b->type == SQL_KEYWORD)
        return (a->type == SQL_KEYWORD) - (b->type == SQL_KEYWORD);
    if (a->type != SQL_DOUBLE && b->type != SQL_DOUBLE)
        return (a->i64 > b->i64) - (a->i64 < b->i64);
    double x = cell_number(a);
    double y = cell_number(b);
    return (x > y) - (x < y);
}

struct cell cell_of_value(const struct value *v, enum sql_type type)
{
    switch (v->type) {
    case VALUE_NONE:
        break;
    case VALUE_TEXT:
        return cell_text(v->text);
    case VALUE_LONG:
        return type == SQL_DOUBLE ? cell_f64((double)v->i64)
                                  : cell_i64(type == SQL_INTEGER ? type : SQL_LONG, v->i64);
    case VALUE_DOUBLE:
        return isnan(v->f64) ? cell_null() : cell_f64(v->f64);
    case VALUE_BOOLEAN:
        return cell_i64(SQL_BOOLEAN, v->i64);
    case VALUE_DATE:
        return cell_i64(SQL_DATETIME, v->i64);
    }
    return cell_null();
}

static void print_interval(const struct cell *c, struct buf *out)
{
    if (c->type == SQL_MONTHS) {
        buf_print(out, "%lld", (long long)c->i64);
        return;
    }
    int64_t s = c->i64 / MS_PER_SECOND;
    buf_print(out, "%lld %02lld:%02lld:%02lld", (long long)(s / 86400),
              (long long)llabs(s / 3600 % 24), (long long)llabs(s / 60 % 60),
              (long long)llabs(s % 60));
}

static void print_time(const struct cell *c, const struct date_zone *zone, struct buf *out)
{
    struct slice format = c->type == SQL_DATE ? slice_text("yyyy-MM-dd") : slice_of(NULL, 0);
    size_t before = out->len;
    if (date_print(out, c->i64, format, zone ? zone : date_zone_utc(), NULL)) {
        out->len = before; // a year that no date has: its milliseconds
        buf_print(out, "%lld", (long long)c->i64);
    }
}

void cell_print(const struct cell *c, const struct date_zone *zone, struct buf *out)
{
    switch (c->type) {
    case SQL_NULL:
    case SQL_TYPE_COUNT:
        break;
    case SQL_BOOLEAN:
        buf_text(out, c->i64 ? "true" : "false");
        break;
    case SQL_INTEGER:
    case SQL_LONG:
        buf_print(out, "%lld", (long long)c->i64);
        break;
    case SQL_DOUBLE:
        print_f64(out, c->f64);
        break;
    case SQL_KEYWORD:
        buf_slice_add(out, c->text);
        break;
    case SQL_DATE:
    case SQL_DATETIME:
        print_time(c, zone, out);
        break;
    case SQL_MONTHS:
    case SQL_SPAN:
        print_interval(c, out);
        break;
    }
}

struct cell cell_fit(struct cell c, enum sql_type type)
{
    if (type == SQL_DOUBLE && cell_is_whole(&c))
        return cell_f64((double)c.i64);
    bool is_wider = (type == SQL_LONG && c.type == SQL_INTEGER) ||
                    (type == SQL_INTEGER && c.type == SQL_LONG) ||
                    (type == SQL_DATETIME && c.type == SQL_DATE);
    if (is_wider)
        c.type = type;
    return c;
}

struct slice cell_keep_text(const struct cell_context *how, struct slice text)
{
    if (how->text_bytes)
        *how->text_bytes += text.len;
    if (how->text_bytes && *how->text_bytes > SQL_TEXTS_BYTES_MAX)
        return slice_of("", 0);
    return arena_copy(how->arena, text);
}

// ---- CAST ----

static enum err cannot(const struct cell *c, enum sql_type to, struct fault *why)
{
    if (c->type == SQL_KEYWORD)
        return fail(why, ERR_INVALID, "cannot cast [%.*s] to [%s]",
                    c->text.len < 64 ? (int)c->text.len : 64, (const char *)c->text.at,
                    sql_type_name(to));
    return fail(why, ERR_INVALID, "cannot cast a [%s] to [%s]", sql_type_name(c->type),
                sql_type_name(to));
}

static enum err text_to_boolean(const struct cell *c, struct cell *out, struct fault *why)
{
    static const char *const words[] = {"false", "true"};
    for (int i = 0; i < 2; i++) {
        if (c->text.len == strlen(words[i]) &&
            strncasecmp((const char *)c->text.at, words[i], c->text.len) == 0) {
            *out = cell_i64(SQL_BOOLEAN, i);
            return OK;
        }
    }
    return cannot(c, SQL_BOOLEAN, why);
}

static enum err to_boolean(const struct cell *c, struct cell *out, struct fault *why)
{
    if (c->type == SQL_KEYWORD)
        return text_to_boolean(c, out, why);
    if (!sql_type_is_number(c->type))
        return cannot(c, SQL_BOOLEAN, why);
    *out = cell_i64(SQL_BOOLEAN, cell_number(c) != 0);
    return OK;
}

static enum err whole_of_double(double v, enum sql_type to, struct cell *out, struct fault *why)
{
    double bound = to == SQL_INTEGER ? 0x1p31 : 0x1p63;
    v = round(v);
    if (!(v >= -bound && v < bound))
        return fail(why, ERR_INVALID, "[%g] out of [%s] range", v, sql_type_name(to));
    *out = cell_i64(to, (int64_t)v);
    return OK;
}

static enum err to_whole(const struct cell *c, enum sql_type to, struct cell *out,
                         struct fault *why)
{
    int64_t v = 0;
    double real = 0;
    if (c->type == SQL_KEYWORD && parse_i64(c->text, &v) == OK)
        *out = cell_i64(to, v);
    else if (c->type == SQL_KEYWORD && parse_f64(c->text, &real) == OK)
        return whole_of_double(real, to, out, why);
    else if (c->type == SQL_DOUBLE)
        return whole_of_double(c->f64, to, out, why);
    else if (c->type != SQL_KEYWORD)
        *out = cell_i64(to, c->i64);
    else
        return cannot(c, to, why);
    if (to == SQL_INTEGER && (out->i64 > INT32_MAX || out->i64 < INT32_MIN))
        return fail(why, ERR_INVALID, "[%lld] out of [integer] range", (long long)out->i64);
    return OK;
}

static enum err to_double(const struct cell *c, struct cell *out, struct fault *why)
{
    double v = cell_number(c);
    if (c->type == SQL_KEYWORD && parse_f64(c->text, &v))
        return cannot(c, SQL_DOUBLE, why);
    *out = cell_f64(v);
    return OK;
}

// Midnight of the day, as everything of type date is.
static int64_t day_of(int64_t ms, const struct cell_context *how)
{
    return date_floor(ms, DATE_DAY, how->zone ? how->zone : date_zone_utc());
}

// What tools write has a blank between date and time ("2021-10-28 22:30:00").
static enum err parse_time(struct slice text, const struct cell_context *how, int64_t *out,
                           struct fault *why)
{
    const struct date_zone *zone = how->zone ? how->zone : date_zone_utc();
    struct buf joined AUTO(buf_donep) = buf_init(256);
    if (text.len > 10 && text.at[10] == ' ') {
        uint8_t *copy = buf_room(&joined, text.len);
        if (!copy)
            return fail(why, ERR_INVALID, "no date");
        memcpy(copy, text.at, text.len);
        copy[10] = 'T';
        text = buf_slice(&joined);
    }
    return date_parse_math(text, slice_of(NULL, 0), zone, false, how->now_ms, out, why);
}

static enum err to_time(const struct cell *c, enum sql_type to, const struct cell_context *how,
                        struct cell *out, struct fault *why)
{
    int64_t ms = c->type == SQL_KEYWORD || c->type == SQL_DOUBLE ? 0 : c->i64;
    if (c->type == SQL_KEYWORD && parse_time(c->text, how, &ms, NULL))
        return cannot(c, to, why);
    if (c->type == SQL_BOOLEAN || c->type == SQL_DOUBLE)
        return cannot(c, to, why);
    *out = cell_i64(to, to == SQL_DATE ? day_of(ms, how) : ms);
    return OK;
}

static enum err to_text(const struct cell *c, const struct cell_context *how, struct cell *out)
{
    struct buf text AUTO(buf_donep) = buf_init(128);
    cell_print(c, how->zone, &text);
    *out = cell_text(cell_keep_text(how, buf_slice(&text)));
    return OK;
}

enum err cell_cast(const struct cell *c, enum sql_type to, const struct cell_context *how,
                   struct cell *out, struct fault *why)
{
    *out = *c;
    if (c->type == to || c->type == SQL_NULL || to == SQL_NULL)
        return OK;
    bool is_interval = c->type == SQL_MONTHS || c->type == SQL_SPAN;
    if (is_interval && to != SQL_KEYWORD)
        return cannot(c, to, why);
    switch (to) {
    case SQL_BOOLEAN:
        return to_boolean(c, out, why);
    case SQL_INTEGER:
    case SQL_LONG:
        return to_whole(c, to, out, why);
    case SQL_DOUBLE:
        return to_double(c, out, why);
    case SQL_KEYWORD:
        return to_text(c, how, out);
    case SQL_DATE:
    case SQL_DATETIME:
        return to_time(c, to, how, out, why);
    case SQL_NULL:
    case SQL_MONTHS:
    case SQL_SPAN:
    case SQL_TYPE_COUNT:
        break;
    }
    return cannot(c, to, why);
}
