// SPDX-License-Identifier: Apache-2.0
#include "store/manifest.h"

#include "base/hash.h"
#include "base/limits.h"
#include "base/reader.h"

#include <stdio.h>

// The file (varints but where said, text and bytes with a varint length before them):
//
//     u64 "TAMISMF4" ("TAMISMF3" has no generations, "TAMISMF2" no `kept` either)
//     log_first  next_file
//     subjects:  count, { name, dict, generation }
//     tables:    count, { name, source, time, subject, key field (each + 1),
//                         fields:   count, { name, type, subject + 1, lookup_table + 1, dict },
//                         segments: count, { file, live_file, rows } }
//     positions: count, { source, phase, generation, end_lsn, u64 commit time, system_id,
//                         timeline, u64 policy fingerprint, u64 stopped[4] }
//     kept:      file, bytes, u64 checksum
//     u64 checksum of all before
//
// A dict is { file, bytes, u64 chain, count }.  u64 is little-endian.

static const uint64_t magic = 0x34464d53494d4154;        // "TAMISMF4"
static const uint64_t magic_kept = 0x33464d53494d4154;   // "TAMISMF3"
static const uint64_t magic_before = 0x32464d53494d4154; // "TAMISMF2"

_Static_assert(LIMIT_TABLES == 64 * 4, "position.stopped has a bit for each table");

static void put_text(struct buf *out, const char *text)
{
    buf_blob(out, slice_text(text));
}

static void put_dict(struct buf *out, const struct manifest_dict *d)
{
    buf_varint(out, d->file);
    buf_varint(out, d->bytes);
    buf_u64_le(out, d->chain);
    buf_varint(out, d->count);
}

static void put_table(struct buf *out, const struct schema *s, const struct table *t,
                      const struct manifest_table *m)
{
    put_text(out, t->name);
    put_text(out, t->source);
    buf_varint(out, (uint64_t)t->time_field + 1);
    buf_varint(out, (uint64_t)t->subject_field + 1);
    buf_varint(out, (uint64_t)t->key_field + 1);
    buf_varint(out, t->field_count);
    for (uint32_t f = 0; f < t->field_count; f++) {
        const struct field *field = &t->fields[f];
        put_text(out, field->name);
        buf_varint(out, (uint64_t)field->type);
        buf_varint(out, (uint64_t)schema_subject(s, field->subject) + 1);
        buf_varint(out, (uint64_t)field->lookup_table + 1);
        put_dict(out, &m->dicts[f]);
    }
    buf_varint(out, m->segment_count);
    for (uint32_t i = 0; i < m->segment_count; i++) {
        buf_varint(out, m->segments[i].file);
        buf_varint(out, m->segments[i].live_file);
        buf_varint(out, m->segments[i].rows);
    }
}

static void put_position(struct buf *out, const struct position *p)
{
    put_text(out, p->source);
    buf_varint(out, p->phase);
    buf_varint(out, p->generation);
    buf_varint(out, p->end_lsn);
    buf_u64_le(out, (uint64_t)p->commit_time_ms);
    buf_varint(out, p->system_id);
    buf_varint(out, p->timeline);
    buf_u64_le(out, p->policy_fingerprint);
    for (int i = 0; i < 4; i++)
        buf_u64_le(out, p->stopped[i]);
}

enum err manifest_encode(const struct manifest *m, struct buf *out, struct fault *why)
{
    const struct schema *s = &m->schema;
    buf_u64_le(out, magic);
    buf_varint(out, m->log_first);
    buf_varint(out, m->next_file);
    buf_varint(out, s->subject_count);
    for (uint32_t i = 0; i < s->subject_count; i++) {
        put_text(out, s->subjects[i]);
        put_dict(out, &m->subject_dicts[i]);
        buf_varint(out, m->subject_dicts[i].generation);
    }
    buf_varint(out, s->table_count);
    for (uint32_t i = 0; i < s->table_count; i++)
        put_table(out, s, &s->tables[i], &m->tables[i]);
    buf_varint(out, m->position_count);
    for (uint32_t i = 0; i < m->position_count; i++)
        put_position(out, &m->positions[i]);
    buf_varint(out, m->kept.file);
    buf_varint(out, m->kept.bytes);
    buf_u64_le(out, m->kept.sum);
    buf_u64_le(out, checksum(out->at, out->len));
    enum err e = buf_end(out, why);
    return e ? fail_in(why, e, "manifest") : OK;
}

// A decoder under way.  What does not fit is remembered, and told at the end.
struct decoding {
    struct reader in;
    struct arena *store;
    uint64_t kind;     // the file's magic
    const char *wrong; // the first thing found wrong
};

static void is_wrong(struct decoding *d, const char *what)
{
    if (!d->wrong)
        d->wrong = what;
}

// A number up to `max`; 0 when it is more.
static uint64_t get(struct decoding *d, uint64_t max, const char *what)
{
    uint64_t v = reader_varint(&d->in);
    if (v <= max)
        return v;
    is_wrong(d, what);
    return 0;
}

// A count of things of at least a byte each.
static uint32_t get_count(struct decoding *d, uint32_t max, const char *what)
{
    uint64_t v = get(d, max, what);
    if (v <= reader_left(&d->in))
        return (uint32_t)v;
    is_wrong(d, what);
    return 0;
}

static const char *get_name(struct decoding *d)
{
    struct slice name = reader_blob(&d->in);
    if (name.len == 0 || name.len > LIMIT_NAME_BYTES || memchr(name.at, 0, name.len)) {
        is_wrong(d, "a name");
        return "";
    }
    return arena_string(d->store, name);
}

static struct manifest_dict get_dict(struct decoding *d)
{
    struct manifest_dict dict = {0};
    dict.file = reader_varint(&d->in);
    dict.bytes = reader_varint(&d->in);
    dict.chain = reader_u64_le(&d->in);
    dict.count = (uint32_t)get(d, UINT32_MAX - 1, "size of a dictionary");
    if (dict.file == 0 && dict.count > 0)
        is_wrong(d, "a dictionary without file");
    return dict;
}

static void get_subjects(struct decoding *d, struct manifest *m)
{
    uint32_t count = get_count(d, LIMIT_COLUMNS, "number of subjects");
    const char **names = ARENA_ARRAY(d->store, const char *, count);
    m->subject_dicts = ARENA_ARRAY(d->store, struct manifest_dict, count);
    for (uint32_t i = 0; i < count; i++) {
        names[i] = get_name(d);
        m->subject_dicts[i] = get_dict(d);
        if (d->kind == magic)
            m->subject_dicts[i].generation =
                (uint32_t)get(d, UINT32_MAX, "generation of a subject's pseudonyms");
    }
    m->schema.subject_count = count;
    m->schema.subjects = names;
}

static void get_field(struct decoding *d, const struct schema *s, struct field *out)
{
    out->name = get_name(d);
    out->type = (enum field_type)get(d, FIELD_TYPE_COUNT - 1, "type of a field");
    uint64_t subject = get(d, s->subject_count, "subject of a field");
    out->subject = subject ? s->subjects[subject - 1] : NULL;
    out->lookup_table = (int)get(d, LIMIT_TABLES, "look-up of a field") - 1;
    if ((out->type == FIELD_PSEUDONYM) != (out->subject != NULL))
        is_wrong(d, "subject of a field");
}

static void get_segments(struct decoding *d, struct manifest_table *out)
{
    out->segment_count = get_count(d, MANIFEST_SEGMENTS_MAX, "number of segments");
    out->segments = ARENA_ARRAY(d->store, struct manifest_segment, out->segment_count);
    for (uint32_t i = 0; i < out->segment_count; i++) {
        struct manifest_segment *s = &out->segments[i];
        s->file = reader_varint(&d->in);
        s->live_file = reader_varint(&d->in);
        s->rows = (uint32_t)get(d, UINT32_MAX - 1, "rows of a segment");
        if (s->file == 0 || s->rows == 0)
            is_wrong(d, "a segment");
    }
}

static void get_table(struct decoding *d, const struct schema *s, struct table *t,
                      struct manifest_table *m)
{
    t->name = get_name(d);
    t->source = get_name(d);
    t->time_field = (int)get(d, LIMIT_COLUMNS, "time field") - 1;
    t->subject_field = (int)get(d, LIMIT_COLUMNS, "subject field") - 1;
    t->key_field = (int)get(d, LIMIT_COLUMNS, "key field") - 1;
    t->field_count = get_count(d, LIMIT_COLUMNS, "number of fields");
    int last = (int)t->field_count - 1;
    if (t->time_field > last || t->subject_field > last || t->key_field > last)
        is_wrong(d, "a field's number");
    struct field *fields = ARENA_ARRAY(d->store, struct field, t->field_count);
    m->dicts = ARENA_ARRAY(d->store, struct manifest_dict, t->field_count);
    for (uint32_t f = 0; f < t->field_count; f++) {
        get_field(d, s, &fields[f]);
        m->dicts[f] = get_dict(d);
    }
    t->fields = fields;
    get_segments(d, m);
}

static void get_position(struct decoding *d, struct position *p)
{
    struct slice source = reader_blob(&d->in);
    if (source.len == 0 || source.len >= sizeof p->source || memchr(source.at, 0, source.len))
        is_wrong(d, "name of a source");
    else
        memcpy(p->source, source.at, source.len);
    p->phase = (uint8_t)get(d, PHASE_COUNT - 1, "phase of a source");
    p->generation = reader_varint(&d->in);
    p->end_lsn = reader_varint(&d->in);
    p->commit_time_ms = (int64_t)reader_u64_le(&d->in);
    p->system_id = reader_varint(&d->in);
    p->timeline = (uint32_t)get(d, UINT32_MAX, "timeline of a source");
    p->policy_fingerprint = reader_u64_le(&d->in);
    for (int i = 0; i < 4; i++)
        p->stopped[i] = reader_u64_le(&d->in);
}

static struct manifest_kept get_kept(struct decoding *d)
{
    struct manifest_kept kept = {0};
    kept.file = reader_varint(&d->in);
    kept.bytes = get(d, KEPT_BYTES_MAX, "size of what is kept");
    kept.sum = reader_u64_le(&d->in);
    return kept;
}

static void get_all(struct decoding *d, struct manifest *m)
{
    m->log_first = reader_varint(&d->in);
    m->next_file = reader_varint(&d->in);
    get_subjects(d, m);
    uint32_t tables = get_count(d, LIMIT_TABLES, "number of tables");
    struct table *shapes = ARENA_ARRAY(d->store, struct table, tables);
    m->tables = ARENA_ARRAY(d->store, struct manifest_table, tables);
    for (uint32_t i = 0; i < tables; i++)
        get_table(d, &m->schema, &shapes[i], &m->tables[i]);
    m->schema.table_count = tables;
    m->schema.tables = shapes;
    m->position_count = get_count(d, MANIFEST_POSITIONS_MAX, "number of sources");
    m->positions = ARENA_ARRAY(d->store, struct position, m->position_count);
    for (uint32_t i = 0; i < m->position_count; i++)
        get_position(d, &m->positions[i]);
}

enum err manifest_decode(struct slice bytes, struct arena *store, struct manifest *out,
                         struct fault *why)
{
    if (bytes.len < 16)
        return fail(why, ERR_CORRUPT, "manifest ends too soon");
    struct slice body = slice_of(bytes.at, bytes.len - 8);
    struct reader tail = reader_over(slice_from(bytes, body.len));
    if (reader_u64_le(&tail) != checksum(body.at, body.len))
        return fail(why, ERR_CORRUPT, "manifest does not match its checksum");
    struct decoding d = {.in = reader_over(body), .store = store};
    d.kind = reader_u64_le(&d.in);
    if (d.kind != magic && d.kind != magic_kept && d.kind != magic_before)
        return fail(why, ERR_CORRUPT,
                    "manifest is of another format: another version of tamis wrote it. Move data/ "
                    "away: rows of sources are copied anew, documents are to be pushed again");
    struct manifest m = {0};
    get_all(&d, &m);
    if (d.kind != magic_before)
        m.kept = get_kept(&d);
    enum err e = reader_end(&d.in, why);
    if (e)
        return fail_in(why, e, "manifest");
    if (d.wrong)
        return fail(why, ERR_CORRUPT, "manifest: %s is not right", d.wrong);
    *out = m;
    return OK;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool table_same_shape(const struct table *a, const struct table *b)
{
    bool same = a->field_count == b->field_count && same_text(a->source, b->source) &&
                a->key_field == b->key_field;
    for (uint32_t f = 0; same && f < a->field_count; f++) {
        const struct field *x = &a->fields[f];
        const struct field *y = &b->fields[f];
        same =
            x->type == y->type && same_text(x->name, y->name) && same_text(x->subject, y->subject);
    }
    return same;
}
