// SPDX-License-Identifier: Apache-2.0
#include "cli/audit_print.h"

#include "base/date.h"
#include "cli/amount.h"

#include <stdio.h>

const char *audit_time(int64_t ms, char out[AUDIT_TIME_BYTES])
{
    struct buf date AUTO(buf_donep) = buf_init(AUDIT_TIME_BYTES);
    if (date_print(&date, ms, slice_of(NULL, 0), date_zone_utc(), NULL) == OK)
        snprintf(out, AUDIT_TIME_BYTES, "%.*s", SLICE_PRINT(buf_slice(&date)));
    else
        snprintf(out, AUDIT_TIME_BYTES, "%lld ms", (long long)ms);
    return out;
}

static void head_row(struct table_print *t, const char *const *names)
{
    for (uint32_t i = 0; i < t->column_count; i++)
        table_cell(t, "%s", names[i]);
}

static void cell(struct table_print *t, struct slice text)
{
    if (text.len)
        table_cell(t, "%.*s", SLICE_PRINT(text));
    else
        table_cell(t, "-");
}

static void cell_count(struct table_print *t, uint64_t n)
{
    char text[AMOUNT_BYTES];
    table_cell(t, "%s", amount_count((int64_t)n, text));
}

static void cell_who(struct table_print *t, struct slice principal, struct slice key_id)
{
    if (key_id.len)
        table_cell(t, "%.*s (key %.*s)", SLICE_PRINT(principal), SLICE_PRINT(key_id));
    else
        cell(t, principal);
}

static void cell_indices(struct table_print *t, const struct audit_entry *e)
{
    enum { NAMES_BYTES = 1 << 22, SHOWN = 3 };
    struct buf names AUTO(buf_donep) = buf_init(NAMES_BYTES);
    for (uint32_t i = 0; i < e->index_count && i < SHOWN; i++)
        buf_print(&names, "%s%.*s", i ? "," : "", SLICE_PRINT(e->indices[i]));
    if (e->index_count > SHOWN)
        buf_print(&names, " and %u more", e->index_count - SHOWN);
    cell(t, buf_slice(&names));
}

struct table_print audit_table(struct arena *scratch)
{
    static const char *const names[] = {"entry",  "time", "kind",    "who", "from",
                                        "status", "what", "indices", "rows"};
    struct table_print t = table_print_of(scratch, sizeof names / sizeof *names);
    head_row(&t, names);
    return t;
}

void audit_row(struct table_print *t, const struct audit_entry *e)
{
    char time[AUDIT_TIME_BYTES];
    table_cell(t, "%llu", (unsigned long long)e->number);
    table_cell(t, "%s", audit_time(e->time_ms, time));
    table_cell(t, "%s", audit_kind_name(e->kind));
    cell_who(t, e->principal, e->key_id);
    cell(t, e->address);
    if (e->status)
        table_cell(t, "%u", e->status);
    else
        table_cell(t, "-");
    cell(t, e->route.len ? e->route : e->action);
    cell_indices(t, e);
    cell_count(t, e->rows);
}

struct table_print account_table(struct arena *scratch)
{
    static const char *const names[] = {"who",     "people",  "rows",    "rows shown",
                                        "buckets", "entries", "changes", "refused"};
    struct table_print t = table_print_of(scratch, sizeof names / sizeof *names);
    head_row(&t, names);
    return t;
}

void account_row(struct table_print *t, const struct account *one)
{
    cell_who(t, one->principal, one->key_id);
    const uint64_t counts[] = {one->subjects, one->rows,    one->rows_shown, one->buckets,
                               one->entries,  one->changes, one->refused};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        cell_count(t, counts[i]);
}

struct table_print audit_reading_table(struct arena *scratch)
{
    static const char *const names[] = {"entry", "time", "who", "from", "what", "shown", "used"};
    struct table_print t = table_print_of(scratch, sizeof names / sizeof *names);
    head_row(&t, names);
    return t;
}

static void cell_fields(struct table_print *t, const struct audit_entry *e, uint8_t how)
{
    enum { NAMES_BYTES = 1 << 20 };
    struct buf names AUTO(buf_donep) = buf_init(NAMES_BYTES);
    for (uint32_t i = 0; i < e->field_count; i++) {
        const struct audit_field *f = &e->fields[i];
        if (f->how & how)
            buf_print(&names, "%s%.*s.%.*s", names.len ? "," : "",
                      SLICE_PRINT(e->indices[f->index]), SLICE_PRINT(f->name));
    }
    cell(t, buf_slice(&names));
}

void audit_reading_row(struct table_print *t, const struct audit_entry *e)
{
    char time[AUDIT_TIME_BYTES];
    table_cell(t, "%llu", (unsigned long long)e->number);
    table_cell(t, "%s", audit_time(e->time_ms, time));
    cell_who(t, e->principal, e->key_id);
    cell(t, e->address);
    cell(t, e->route.len ? e->route : e->action);
    cell_fields(t, e, AUDIT_FIELD_SHOWN);
    cell_fields(t, e, AUDIT_FIELD_USED);
}

static void counted_text(const struct absence *a, struct buf *out)
{
    char count[AMOUNT_BYTES];
    if (a->counted == 0)
        return;
    buf_print(out, "answers with numbers in which it may have been one of many: %s\n",
              amount_count((int64_t)a->counted, count));
    buf_print(out, "  of these, in groups of any size: %s\n",
              amount_count((int64_t)a->floorless, count));
    if (a->floor_min)
        buf_print(out, "  all others, in groups of at least: %llu\n",
                  (unsigned long long)a->floor_min);
}

void absence_text(const struct absence *a, struct buf *out)
{
    char until[AUDIT_TIME_BYTES];
    char count[AMOUNT_BYTES];
    buf_print(out, "%s", absence_verdict(a));
    if (a->next > a->first)
        buf_print(out, ": of entries %llu to %llu", (unsigned long long)a->first,
                  (unsigned long long)a->next - 1);
    buf_print(out, ", all there are until %s\n", audit_time(a->until_ms, until));
    buf_print(out, "answers that showed it, named it or were asked for it by name: %s\n",
              amount_count((int64_t)a->read, count));
    counted_text(a, out);
    if (a->is_renamed)
        buf_text(out,
                 "pseudonyms were renewed meanwhile: before, a person had another than this\n");
    if (a->audit_readings)
        buf_print(out, "readings of the audit log itself, which names who read what: %s\n",
                  amount_count((int64_t)a->audit_readings, count));
}

void audit_found_text(const struct audit_found *f, struct buf *out)
{
    const struct book_facts *b = &f->facts;
    char count[AMOUNT_BYTES];
    char from[AUDIT_TIME_BYTES];
    char to[AUDIT_TIME_BYTES];
    if (b->entries == b->first)
        buf_text(out, "no entries yet\n");
    else
        buf_print(out, "%s entries, %llu to %llu, from %s to %s: whole and unchanged\n",
                  amount_count((int64_t)(b->entries - b->first), count),
                  (unsigned long long)b->first, (unsigned long long)b->entries - 1,
                  audit_time(f->first_ms, from), audit_time(f->last_ms, to));
    if (b->has_head)
        buf_print(out, "last signed head: number %llu over %s entries, of %s\n",
                  (unsigned long long)b->head.number, amount_count((int64_t)b->head.size, count),
                  audit_time(b->head.time_ms, from));
    else
        buf_text(out, "no head is signed yet\n");
    if (b->unsigned_entries)
        buf_print(out, "entries after it, from %s on, that no head is over yet: %s\n",
                  audit_time(b->unsigned_since_ms, from),
                  amount_count((int64_t)b->unsigned_entries, count));
}

static void json_time(struct json_writer *w, const char *key, int64_t ms)
{
    char text[AUDIT_TIME_BYTES];
    json_key(w, key);
    json_text(w, audit_time(ms, text));
}

static void json_number(struct json_writer *w, const char *key, uint64_t n)
{
    json_key(w, key);
    json_uint(w, n);
}

void audit_found_json(const struct audit_found *f, struct buf *out)
{
    const struct book_facts *b = &f->facts;
    struct json_writer w = json_writer_to(out);
    json_object(&w);
    json_number(&w, "first", b->first);
    json_number(&w, "entries", b->entries - b->first);
    if (b->entries > b->first) {
        json_time(&w, "from", f->first_ms);
        json_time(&w, "to", f->last_ms);
    }
    if (b->has_head) {
        json_key(&w, "head");
        json_object(&w);
        json_number(&w, "number", b->head.number);
        json_number(&w, "size", b->head.size);
        json_time(&w, "time", b->head.time_ms);
        json_end(&w);
    }
    json_number(&w, "without_head", b->unsigned_entries);
    json_end(&w);
    buf_text(out, "\n");
}
