// SPDX-License-Identifier: Apache-2.0
#include "audit/entry_json.h"

#include "base/arena.h"
#include "base/date.h"
#include "json/json_writer.h"
#include "keys/crypto.h"

static void text(struct json_writer *w, const char *key, struct slice value)
{
    if (value.len == 0)
        return;
    json_key(w, key);
    json_string(w, value);
}

static void number(struct json_writer *w, const char *key, uint64_t value)
{
    if (value == 0)
        return;
    json_key(w, key);
    json_uint(w, value);
}

static void write_time(struct json_writer *w, int64_t ms)
{
    struct buf date AUTO(buf_donep) = buf_init(64);
    json_key(w, "time");
    if (date_print(&date, ms, slice_of(NULL, 0), date_zone_utc(), NULL) == OK)
        json_string(w, buf_slice(&date));
    else
        json_int(w, ms);
}

static void write_fields(struct json_writer *w, const struct audit_entry *e, uint8_t how,
                         const char *key)
{
    bool is_open = false;
    for (uint32_t i = 0; i < e->field_count; i++) {
        const struct audit_field *f = &e->fields[i];
        if (!(f->how & how))
            continue;
        if (!is_open) {
            json_key(w, key);
            json_array(w);
            is_open = true;
        }
        json_print(w, "%.*s.%.*s", SLICE_PRINT(e->indices[f->index]), SLICE_PRINT(f->name));
    }
    if (is_open)
        json_end(w);
}

static void write_members(struct json_writer *w, const struct audit_set *s)
{
    struct buf id AUTO(buf_donep) = buf_init(64);
    json_key(w, "rows");
    json_array(w);
    for (uint32_t i = 0; i < s->row_count; i++) {
        buf_reset(&id);
        row_key_print(s->rows[i], &id);
        json_string(w, buf_slice(&id));
    }
    json_end(w);
    json_key(w, "subjects");
    json_array(w);
    for (uint32_t i = 0; i < s->subject_count; i++) {
        buf_reset(&id);
        base64url_print(slice_of(s->subjects[i].at, SUBJECT_BYTES), &id);
        json_string(w, buf_slice(&id));
    }
    json_end(w);
}

static void write_sets(struct json_writer *w, const struct audit_entry *e, bool with_members)
{
    json_key(w, "sets");
    json_array(w);
    for (uint32_t i = 0; i < e->set_count; i++) {
        const struct audit_set *s = &e->sets[i];
        json_object(w);
        json_key(w, "index");
        json_string(w, e->indices[s->index]);
        text(w, "subject", s->kind);
        json_key(w, "row_count");
        json_uint(w, s->row_count);
        json_key(w, "subject_count");
        json_uint(w, s->subject_count);
        if (with_members)
            write_members(w, s);
        json_end(w);
    }
    json_end(w);
}

void audit_entry_json(const struct audit_entry *e, bool with_members, struct json_writer *w)
{
    json_object(w);
    json_key(w, "entry");
    json_uint(w, e->number);
    write_time(w, e->time_ms);
    json_key(w, "kind");
    json_text(w, audit_kind_name(e->kind));
    number(w, "status", e->status);
    text(w, "principal", e->principal);
    text(w, "key_id", e->key_id);
    text(w, "address", e->address);
    text(w, "action", e->action);
    text(w, "route", e->route);
    number(w, "rows", e->rows);
    number(w, "buckets", e->buckets);
    number(w, "bytes", e->bytes);
    if (e->index_count) {
        json_key(w, "indices");
        json_array(w);
        for (uint32_t i = 0; i < e->index_count; i++)
            json_string(w, e->indices[i]);
        json_end(w);
    }
    write_fields(w, e, AUDIT_FIELD_SHOWN, "shown");
    write_fields(w, e, AUDIT_FIELD_USED, "used");
    text(w, "shape", e->shape);
    if (e->set_count)
        write_sets(w, e, with_members);
    for (uint32_t i = 0; i < e->fact_count; i++) {
        if (i == 0) {
            json_key(w, "facts");
            json_object(w);
        }
        json_key_slice(w, e->facts[i].name);
        json_string(w, e->facts[i].value);
    }
    if (e->fact_count)
        json_end(w);
    json_end(w);
}
