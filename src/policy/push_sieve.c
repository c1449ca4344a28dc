// SPDX-License-Identifier: Apache-2.0
#include "policy/push_sieve.h"

#include "base/check.h"
#include "base/limits.h"
#include "data/push.h"
#include "keys/crypto.h"
#include "keys/row_key.h"
#include "policy/admit_private.h"
#include "policy/detector.h"
#include "policy/push_doc.h"
#include "policy/sieve_batch.h"
#include "policy/treatment.h"

#include <stdio.h>
#include <stdlib.h>

enum { DOC_ARENA_BYTES = 512 << 20, KEY_SCRATCH_BYTES = PUSH_ID_BYTES_MAX + 16 };

struct push_sieve {
    const struct policy *policy;
    const struct policy_push *declared;
    const struct table *table;
    struct secret *subject_keys; // copies of the caller's
    struct secret *row_keys;
    struct detectors *detectors;
    struct arena *doc; // one document's tree
    uint32_t *field_columns;
    const uint8_t **field_keys;
    struct sieve_shape shape;
    struct sieve_batch batch;
    uint32_t *texts_before; // by field: distinct texts when the row began
    size_t row_bytes;       // about, without texts
    size_t bytes;           // of the batch
    uint64_t number;
    struct push_sieve_counts counts;
};

static void *array(size_t count, size_t bytes)
{
    void *at = calloc(count ? count : 1, bytes);
    CHECK(at != NULL);
    return at;
}

static struct secret *copy_keys(const uint8_t (*keys)[32], uint32_t count)
{
    return count ? secret_new(keys, (size_t)count * KEY_BYTES) : NULL;
}

static void init_fields(struct push_sieve *s)
{
    const struct policy_table *declared = &s->declared->table;
    for (uint32_t c = 0; c < declared->column_count; c++) {
        int f = declared->columns[c].field;
        if (f < 0)
            continue;
        const struct field *field = &s->table->fields[f];
        int subject = schema_subject(s->policy->schema, field->subject);
        s->field_columns[f] = c;
        if (subject >= 0)
            s->field_keys[f] = secret_bytes(s->subject_keys).at + (size_t)subject * KEY_BYTES;
        s->row_bytes += field_storage(field->type) == STORAGE_CODE ? 5 : 9;
    }
}

static void init(struct push_sieve *s, const struct sieve_keys *keys)
{
    const struct schema *schema = s->policy->schema;
    uint32_t fields = s->table->field_count;
    s->subject_keys = copy_keys(keys->subjects, schema->subject_count);
    s->row_keys = copy_keys(keys->row_keys, schema->table_count);
    s->field_columns = array(fields, sizeof *s->field_columns);
    s->field_keys = array(fields, sizeof(uint8_t *));
    s->texts_before = array(fields, sizeof *s->texts_before);
    s->row_bytes = 1 + sizeof(struct row_key);
    init_fields(s);
    s->shape = (struct sieve_shape){
        .declared = &s->declared->table,
        .table = s->table,
        .field_columns = s->field_columns,
        .subject_keys = s->field_keys,
        .row_key = secret_bytes(s->row_keys).at + (size_t)s->declared->table.table * KEY_BYTES,
        .bytes = &s->bytes,
    };
    sieve_batch_init(&s->batch, &s->shape);
}

enum err push_sieve_new(const struct policy *p, uint32_t push, const struct sieve_keys *keys,
                        struct push_sieve **out, struct fault *why)
{
    CHECK(push < p->push_count);
    struct detectors *detectors = NULL;
    enum err e = detectors_new(&detectors, why);
    if (e)
        return e;
    struct push_sieve *s = array(1, sizeof *s);
    s->policy = p;
    s->declared = &p->pushes[push];
    s->table = &p->schema->tables[s->declared->table.table];
    s->detectors = detectors;
    s->doc = arena_new(DOC_ARENA_BYTES);
    init(s, keys);
    *out = s;
    return OK;
}

void push_sieve_free(struct push_sieve *s)
{
    if (!s)
        return;
    sieve_batch_done(&s->batch);
    secret_free(s->subject_keys);
    secret_free(s->row_keys);
    detectors_free(s->detectors);
    arena_free(s->doc);
    free(s->field_columns);
    free(s->field_keys);
    free(s->texts_before);
    free(s);
}

static enum err fits_not(const struct field *f, const struct fault *said, struct fault *why)
{
    return fail(why, ERR_INVALID,
                "document_parsing_exception: failed to parse field [%.255s] of type [%s]: %s",
                f->name, field_type_name(f->type), said->words);
}

// A text that is new to the batch meets the detectors before anybody else.
static enum err scan(struct push_sieve *s, uint32_t f, struct fault *why)
{
    const struct sieve_column *c = &s->batch.columns[f];
    if (!c->declared->treat->scanned || c->field->type != FIELD_KEYWORD ||
        c->texts.count == s->texts_before[f])
        return OK;
    struct slice text = intern_get(&c->texts, c->texts.count - 1);
    const struct detector *hit = detectors_scan(s->detectors, text);
    if (!hit)
        return OK;
    return fail(why, ERR_INVALID, "policy_exception: column [%.255s] holds what looks like: %s",
                c->field->name, hit->name);
}

static enum err put_raw(struct push_sieve *s, uint32_t f, const struct raw *value,
                        struct fault *why)
{
    struct sieve_column *c = &s->batch.columns[f];
    uint32_t row = s->batch.row_count;
    if (value->type == RAW_NULL) {
        sieve_column_null(c, row);
        return OK;
    }
    struct fault said = {0};
    if (c->declared->treat->apply(c, row, value, &said))
        return fits_not(c->field, &said, why);
    return scan(s, f, why);
}

static enum err put_tree(struct push_sieve *s, const struct json *tree, bool keeps_others,
                         struct fault *why)
{
    if (tree->type != JSON_OBJECT)
        return fail(why, ERR_INVALID,
                    "document_parsing_exception: failed to parse: a document is an object, not %s",
                    json_type_name(tree->type));
    enum err e = OK;
    for (uint32_t f = 0; !e && f < s->table->field_count; f++) {
        const struct field *field = &s->table->fields[f];
        const struct json *v = json_get(tree, field->name);
        struct raw raw = {.type = RAW_NULL};
        struct fault said = {0};
        if (!v && keeps_others)
            sieve_column_unchanged(&s->batch.columns[f], s->batch.row_count);
        else if (v && push_json_raw(v, field->type, &raw, &said))
            e = fits_not(field, &said, why);
        else
            e = put_raw(s, f, &raw, why);
    }
    return e;
}

static enum err put_doc(struct push_sieve *s, const struct push_row *row, struct fault *why)
{
    const struct json *tree = row->tree;
    if (!tree) {
        struct fault said = {0};
        arena_reset(s->doc);
        if (json_parse(row->doc, s->doc, &tree, &said))
            return fail(why, ERR_INVALID, "document_parsing_exception: failed to parse: %s",
                        said.words);
    }
    return put_tree(s, tree, row->keeps_others, why);
}

static void put_nothing(struct push_sieve *s)
{
    for (uint32_t f = 0; f < s->table->field_count; f++)
        sieve_column_null(&s->batch.columns[f], s->batch.row_count);
}

// Texts of a document that is refused do not enter: they would stay in a dictionary.
static void take_back(struct push_sieve *s)
{
    for (uint32_t f = 0; f < s->table->field_count; f++) {
        struct intern *texts = &s->batch.columns[f].texts;
        while (texts->count > s->texts_before[f])
            intern_drop_newest(texts);
    }
}

static void note_texts(struct push_sieve *s)
{
    for (uint32_t f = 0; f < s->table->field_count; f++)
        s->texts_before[f] = s->batch.columns[f].texts.count;
}

struct row_key push_sieve_key(const struct push_sieve *s, struct slice id)
{
    struct row_key key;
    if (push_key_parse(id, &key))
        return key;
    struct buf parts AUTO(buf_donep) = buf_init(KEY_SCRATCH_BYTES);
    row_key_part(&parts, id);
    uint64_t hi = 0;
    uint64_t lo = 0;
    row_key_of_parts(s->shape.row_key, buf_slice(&parts), &hi, &lo);
    wipe(parts.at, parts.len);
    return push_key_of_hash(hi, lo);
}

enum err push_sieve_row(struct push_sieve *s, const struct push_row *row, struct fault *why)
{
    CHECK(row->id.len > 0 || row->op == ROW_PUT || row->op == ROW_CREATE);
    CHECK(row->id.len <= PUSH_ID_BYTES_MAX);
    if (sieve_batch_is_full(&s->batch) || s->bytes + s->row_bytes > LIMIT_CHANGESET_BYTES / 2)
        return fail(why, ERR_LIMIT, "changeset is full");
    (void)sieve_batch_next(&s->batch); // the place is batch.row_count
    note_texts(s);
    enum err e = OK;
    if (row->op == ROW_DELETE)
        put_nothing(s);
    else
        e = put_doc(s, row, why);
    if (e || row->is_trial) {
        take_back(s);
        s->counts.refused += e != OK;
        return e;
    }
    s->number++;
    struct row_key key = row->id.len ? push_sieve_key(s, row->id) : push_key_of_number(s->number);
    sieve_batch_add(&s->batch, row->op, key, (struct row_key){0});
    s->bytes += s->row_bytes;
    return OK;
}

uint32_t push_sieve_row_count(const struct push_sieve *s)
{
    return s->batch.row_count;
}

uint64_t push_sieve_number(const struct push_sieve *s)
{
    return s->number;
}

void push_sieve_go_on(struct push_sieve *s, uint64_t number)
{
    if (number > s->number)
        s->number = number;
}

void push_sieve_drop(struct push_sieve *s)
{
    sieve_batch_reset(&s->batch);
    s->bytes = 0;
}

enum err push_sieve_cut(struct push_sieve *s, struct arena *batch, const struct admitted **out,
                        struct fault *why)
{
    CHECK(s->batch.row_count > 0);
    struct batch *rows = ARENA_NEW(batch, struct batch);
    sieve_batch_finish(&s->batch, s->declared->table.table, batch, rows);
    struct changeset c = {
        .position = {.phase = PHASE_STREAMING,
                     .end_lsn = s->number,
                     .policy_fingerprint = s->policy->schema->push_fingerprint},
        .batch_count = 1,
        .batches = rows,
    };
    snprintf(c.position.source, sizeof c.position.source, "%s", s->declared->source);
    enum err e = admitted_make(&c, s->policy->schema, batch, out, why);
    if (!e)
        s->counts.admitted += s->batch.row_count;
    push_sieve_drop(s);
    return e;
}

struct push_sieve_counts push_sieve_counts(const struct push_sieve *s)
{
    return s->counts;
}
