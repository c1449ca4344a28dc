// SPDX-License-Identifier: Apache-2.0
#include "search/hit_fields.h"

#include "access/seen.h"
#include "search/output.h"

static bool read_value(const struct view *v, struct row_ref at, uint32_t field,
                       enum field_type type, struct arena *request, struct value *out)
{
    uint32_t code;
    int64_t i64;
    double f64;
    switch (field_storage(type)) {
    case STORAGE_CODE:
        if (!row_code(v, at, field, &code) || code == CODE_NONE)
            return false;
        *out = output_text(type, dict_value(view_dict(v, field), code), request);
        return true;
    case STORAGE_I64:
        if (!row_i64(v, at, field, &i64))
            return false;
        *out = output_i64(type, i64);
        return true;
    case STORAGE_F64:
        if (!row_f64(v, at, field, &f64))
            return false;
        *out = output_f64(f64);
        return true;
    }
    return false;
}

static bool look_up(const struct view *target, uint32_t field, enum field_type type, uint32_t ord,
                    struct arena *request, struct value *out)
{
    uint32_t code = CODE_NONE;
    int64_t i64 = 0;
    double f64 = 0;
    uint64_t present = 0;
    switch (field_storage(type)) {
    case STORAGE_CODE:
        lookup_codes(target, field, &ord, 1, &code);
        if (code != CODE_NONE)
            *out = output_text(type, dict_value(view_dict(target, field), code), request);
        return code != CODE_NONE;
    case STORAGE_I64:
        lookup_i64(target, field, &ord, 1, &i64, &present);
        *out = output_i64(type, i64);
        return present & 1;
    case STORAGE_F64:
        lookup_f64(target, field, &ord, 1, &f64, &present);
        *out = output_f64(f64);
        return present & 1;
    }
    return false;
}

struct seen { // what of a row is shown
    const struct snapshot *snapshot;
    const struct permit *permit;
    const struct table *table;
    struct arena *request;
};

// The people a row has the pseudonyms of: its own fields', and those its look-ups lead to.
struct people {
    struct hit_person *at;
    uint32_t count;
};

static void add_person(struct people *p, const struct view *v, uint32_t field, uint32_t code,
                       bool is_about)
{
    struct hit_person *one = &p->at[p->count];
    struct slice stored = dict_value(view_dict(v, field), code);
    if (stored.len != sizeof one->pseudonym)
        return;
    *one = (struct hit_person){.kind = view_table(v)->fields[field].subject, .is_about = is_about};
    memcpy(one->pseudonym, stored.at, stored.len);
    p->count++;
}

static void referred_people(struct people *p, const struct view *target, uint32_t ord)
{
    const struct table *t = view_table(target);
    for (uint32_t i = 0; i < t->field_count; i++) {
        uint32_t code = CODE_NONE;
        if (t->fields[i].type != FIELD_PSEUDONYM || (int)i == t->key_field)
            continue;
        lookup_codes(target, i, &ord, 1, &code);
        if (code != CODE_NONE)
            add_person(p, target, i, code, false);
    }
}

static uint32_t pseudonyms_of(const struct table *t)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < t->field_count; i++)
        count += t->fields[i].type == FIELD_PSEUDONYM;
    return count;
}

static uint32_t people_bound(const struct schema *s, const struct table *t)
{
    uint32_t bound = pseudonyms_of(t);
    for (uint32_t i = 0; i < t->field_count; i++)
        if (t->fields[i].lookup_table >= 0)
            bound += pseudonyms_of(&s->tables[t->fields[i].lookup_table]);
    return bound;
}

static void find_people(const struct snapshot *s, uint32_t table, struct row_ref at,
                        struct people *out)
{
    const struct view *v = snapshot_view(s, table);
    const struct table *t = view_table(v);
    int about = t->subject_field >= 0 ? t->subject_field : t->key_field;
    for (uint32_t i = 0; i < t->field_count; i++) {
        const struct field *f = &t->fields[i];
        uint32_t code = CODE_NONE;
        if (f->type == FIELD_PSEUDONYM && row_code(v, at, i, &code) && code != CODE_NONE)
            add_person(out, v, i, code, (int)i == about);
        if (f->lookup_table >= 0 && row_code(v, at, i, &code))
            referred_people(out, snapshot_view(s, (uint32_t)f->lookup_table), code);
    }
}

static uint32_t referred_fields(const struct seen *s, const struct field *f, uint32_t ord,
                                struct hit_field *out)
{
    const struct snapshot *snapshot = s->snapshot;
    struct arena *request = s->request;
    const struct view *target = snapshot_view(snapshot, (uint32_t)f->lookup_table);
    const struct table *t = view_table(target);
    uint32_t count = 0;
    for (uint32_t i = 0; i < t->field_count; i++) {
        struct value v;
        if ((int)i == t->key_field || // the referring field itself
            t->fields[i].type == FIELD_SEALED ||
            !look_up(target, i, t->fields[i].type, ord, request, &v))
            continue;
        struct slice name = arena_print(request, "%s.%s", f->lookup_prefix, t->fields[i].name);
        if (seen_field(s->permit, snapshot_schema(snapshot), s->table, name))
            out[count++] = (struct hit_field){.name = name, .value = v};
    }
    return count;
}

static uint32_t field_bound(const struct schema *s, const struct table *t)
{
    uint32_t bound = t->field_count;
    for (uint32_t i = 0; i < t->field_count; i++)
        if (t->fields[i].lookup_table >= 0)
            bound += s->tables[t->fields[i].lookup_table].field_count;
    return bound;
}

void hit_fill(const struct snapshot *snapshot, const struct permit *permit, uint32_t table,
              struct row_ref at, struct arena *request, struct hit *out)
{
    const struct schema *s = snapshot_schema(snapshot);
    const struct table *t = &s->tables[table];
    const struct view *v = snapshot_view(snapshot, table);
    struct hit_field *fields = ARENA_ARRAY(request, struct hit_field, field_bound(s, t) + 1);
    struct people people = {ARENA_ARRAY(request, struct hit_person, people_bound(s, t) + 1), 0};
    const struct seen seen = {snapshot, permit, t, request};
    uint32_t count = 0;
    for (uint32_t i = 0; i < t->field_count; i++) {
        const struct field *f = &t->fields[i];
        struct value value;
        uint32_t ord;
        if (f->type != FIELD_SEALED && permit_field(permit, t->name, slice_text(f->name)) &&
            read_value(v, at, i, f->type, request, &value))
            fields[count++] = (struct hit_field){.name = slice_text(f->name), .value = value};
        if (f->lookup_table >= 0 && row_code(v, at, i, &ord))
            count += referred_fields(&seen, f, ord, fields + count);
    }
    out->index = t->name;
    out->key = row_key_of(v, at);
    out->number = row_number(v, at);
    out->term = snapshot_term(snapshot);
    out->hides_number = permit_hides_rows(permit, t->name);
    out->fields = fields;
    out->field_count = count;
    find_people(snapshot, table, at, &people);
    out->people = people.at;
    out->person_count = people.count;
}
