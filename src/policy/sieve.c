// SPDX-License-Identifier: Apache-2.0
#include "policy/sieve.h"

#include "base/check.h"
#include "base/limits.h"
#include "keys/crypto.h"
#include "policy/admit_private.h"
#include "policy/body_watch.h"
#include "policy/detector.h"
#include "policy/free_text.h"
#include "policy/layers.h"
#include "policy/sealers.h"
#include "policy/sieve_batch.h"
#include "policy/sieve_key.h"
#include "policy/treatment.h"

#include <stdio.h>
#include <stdlib.h>

struct sieve_table {
    struct sieve_shape shape;
    struct body_watch bodies;
    struct free_text **free_texts; // by field; NULL where none is looked for
    uint32_t *field_columns;
    uint32_t *field_values;       // by field: index into a row's values
    uint32_t *key_values;         // by key column: index into a row's values
    const uint8_t **subject_keys; // by field; into the sieve's copy
    struct sealers sealers;
    struct layers layers;
    const uint8_t *row_key;
    size_t row_bytes;            // about, without texts
    struct sieve_batch *batches; // batch_used of them hold rows, in order
    uint32_t batch_used, batch_made;
    bool is_stopped;
    struct refusal refusal;
    uint64_t admitted_rows;
    uint64_t missing_before; // of batches that are given back
};

struct sieve {
    const struct policy *policy;
    const struct policy_source *source;
    struct sieve_table *tables;
    struct secret *subject_keys; // copies of the caller's
    struct secret *row_keys;
    struct detectors *detectors;
    struct buf scratch; // a key's columns
    uint32_t row_count, batch_count;
    size_t bytes;
};

static struct secret *copy_keys(const uint8_t (*keys)[32], uint32_t count)
{
    return count ? secret_new(keys, (size_t)count * KEY_BYTES) : NULL;
}

static void *array(size_t count, size_t bytes)
{
    void *at = calloc(count ? count : 1, bytes);
    CHECK(at != NULL);
    return at;
}

static uint32_t value_of(const struct policy_table *t, uint32_t column)
{
    uint32_t i = 0;
    while (i < t->wanted_count && t->wanted[i] != column)
        i++;
    CHECK(i < t->wanted_count); // a column that enters or is of the key is wanted
    return i;
}

static bool meets_free_text(const struct policy_column *c, const struct field *f)
{
    return c->treat->scanned && f->type == FIELD_KEYWORD &&
           !(c->allows & detector_bit(&detect_free_text));
}

static void init_field(struct sieve *s, struct sieve_table *t, uint32_t column)
{
    int field = t->shape.declared->columns[column].field;
    if (field < 0)
        return;
    const struct field *f = &t->shape.table->fields[field];
    t->field_columns[field] = column;
    t->field_values[field] = value_of(t->shape.declared, column);
    if (meets_free_text(&t->shape.declared->columns[column], f))
        t->free_texts[field] = array(1, sizeof **t->free_texts);
    int subject = schema_subject(s->policy->schema, f->subject);
    if (subject >= 0)
        t->subject_keys[field] = secret_bytes(s->subject_keys).at + (size_t)subject * KEY_BYTES;
    t->row_bytes += field_storage(f->type) == STORAGE_CODE ? 5 : 9; // and its bits
}

static void init_table(struct sieve *s, struct sieve_table *t, const struct policy_table *declared,
                       const struct sieve_keys *keys)
{
    const struct table *table = &s->policy->schema->tables[declared->table];
    t->field_columns = array(table->field_count, sizeof *t->field_columns);
    t->field_values = array(table->field_count, sizeof *t->field_values);
    t->subject_keys = array(table->field_count, sizeof *t->subject_keys);
    t->free_texts = array(table->field_count, sizeof(struct free_text *));
    t->key_values = array(declared->key_count, sizeof *t->key_values);
    t->row_key = secret_bytes(s->row_keys).at + (size_t)declared->table * KEY_BYTES;
    sealers_init(&t->sealers, s->policy->schema, declared->table, keys->seals);
    layers_init(&t->layers, s->policy->schema, declared->table, keys->layers);
    t->shape = (struct sieve_shape){
        .declared = declared,
        .table = table,
        .field_columns = t->field_columns,
        .subject_keys = t->subject_keys,
        .row_key = t->row_key,
        .sealers = t->sealers.by_field,
        .layers = t->layers.by_field,
        .policy = schema_identity(s->policy->schema),
        .bytes = &s->bytes,
    };
    t->row_bytes = 1 + sizeof(struct row_key);
    body_watch_init(&t->bodies, declared);
    for (uint32_t i = 0; i < declared->column_count; i++)
        init_field(s, t, i);
    for (uint32_t i = 0; i < declared->key_count; i++)
        t->key_values[i] = value_of(declared, declared->keys[i]);
}

enum err sieve_new(const struct policy *p, uint32_t source, const struct sieve_keys *keys,
                   struct sieve **out, struct fault *why)
{
    CHECK(source < p->source_count);
    struct detectors *detectors = NULL;
    enum err e = detectors_new(&detectors, why);
    if (e)
        return e;
    struct sieve *s = array(1, sizeof *s);
    s->policy = p;
    s->source = &p->sources[source];
    s->detectors = detectors;
    s->scratch = buf_init(LIMIT_CHANGESET_BYTES);
    s->subject_keys = copy_keys(keys->subjects, p->schema->subject_count);
    s->row_keys = copy_keys(keys->row_keys, p->schema->table_count);
    s->tables = array(s->source->table_count, sizeof *s->tables);
    for (uint32_t i = 0; i < s->source->table_count; i++)
        init_table(s, &s->tables[i], &s->source->tables[i], keys);
    *out = s;
    return OK;
}

static uint64_t missing_in(const struct sieve_batch *b)
{
    uint64_t count = 0;
    for (uint32_t f = 0; f < b->table->field_count; f++)
        count += b->columns[f].missing_count;
    return count;
}

// Gives back the batches from the `keep`-th on.
static void drop_batches(struct sieve_table *t, uint32_t keep)
{
    while (t->batch_made > keep) {
        struct sieve_batch *b = &t->batches[--t->batch_made];
        t->missing_before += missing_in(b);
        sieve_batch_done(b);
    }
}

// Keeps the first batch's memory: small transactions need no more.
static void empty_table(struct sieve_table *t)
{
    drop_batches(t, 1);
    if (t->batch_made > 0)
        sieve_batch_reset(&t->batches[0]);
    t->batch_used = 0;
}

void sieve_free(struct sieve *s)
{
    if (!s)
        return;
    for (uint32_t i = 0; i < s->source->table_count; i++) {
        struct sieve_table *t = &s->tables[i];
        drop_batches(t, 0);
        free(t->batches);
        for (uint32_t f = 0; f < t->shape.table->field_count; f++)
            free(t->free_texts[f]);
        free(t->free_texts);
        free(t->field_columns);
        free(t->field_values);
        free(t->key_values);
        free(t->subject_keys);
        sealers_done(&t->sealers);
        layers_done(&t->layers);
    }
    free(s->tables);
    secret_free(s->subject_keys);
    secret_free(s->row_keys);
    detectors_free(s->detectors);
    buf_done(&s->scratch);
    free(s);
}

static uint32_t rows_of(const struct sieve_table *t)
{
    uint32_t rows = 0;
    for (uint32_t i = 0; i < t->batch_used; i++)
        rows += t->batches[i].row_count;
    return rows;
}

// The bytes of its texts stay counted until the cut: too many rather than too few.
static void stop_table(struct sieve *s, struct sieve_table *t, const char *column,
                       const char *detector, uint64_t count)
{
    s->row_count -= rows_of(t);
    s->batch_count -= t->batch_used;
    empty_table(t);
    t->is_stopped = true;
    t->refusal = (struct refusal){
        .table = t->shape.table->name, .column = column, .detector = detector, .count = count};
}

// Room for one more row of `t`; ERR_LIMIT when the changeset is full.
static enum err batch_for_row(struct sieve *s, struct sieve_table *t, struct sieve_batch **out,
                              struct fault *why)
{
    if (s->bytes + t->row_bytes > LIMIT_CHANGESET_BYTES)
        return fail(why, ERR_LIMIT, "changeset is over %d bytes; cut it", LIMIT_CHANGESET_BYTES);
    if (t->batch_used > 0 && !sieve_batch_is_full(&t->batches[t->batch_used - 1])) {
        *out = &t->batches[t->batch_used - 1];
        return OK;
    }
    if (s->batch_count == LIMIT_CHANGESET_BATCHES)
        return fail(why, ERR_LIMIT, "changeset is over %d batches; cut it",
                    LIMIT_CHANGESET_BATCHES);
    if (t->batch_used == t->batch_made) {
        t->batches = realloc(t->batches, (t->batch_made + 1) * sizeof *t->batches);
        CHECK(t->batches != NULL);
        sieve_batch_init(&t->batches[t->batch_made++], &t->shape);
    }
    s->batch_count++;
    *out = &t->batches[t->batch_used++];
    return OK;
}

struct incoming {
    enum row_op op;
    const struct raw *values;
    const struct raw *old_key;
    const char *refused_column; // out
};

static enum err put_value(struct sieve_column *to, uint32_t row, const struct raw *value,
                          struct fault *why)
{
    if (value->type == RAW_NULL)
        sieve_column_null(to, row);
    else if (value->type == RAW_UNCHANGED)
        sieve_column_unchanged(to, row);
    else
        return to->declared->treat->apply(to, row, value, why);
    return OK;
}

static enum err put_columns(const struct sieve_table *t, struct sieve_batch *b, uint32_t row,
                            struct incoming *in, struct fault *why)
{
    bool has_values = row_op_brings((uint8_t)in->op);
    for (uint32_t f = 0; f < t->shape.table->field_count; f++) {
        if (!has_values) {
            sieve_column_null(&b->columns[f], row);
            continue;
        }
        enum err e = put_value(&b->columns[f], row, &in->values[t->field_values[f]], why);
        if (e) {
            in->refused_column = b->columns[f].declared->name;
            return e;
        }
    }
    return OK;
}

// Of the row's values, or of the old key it moves away from.
static enum err key_of(struct sieve *s, const struct sieve_table *t, struct incoming *in,
                       bool is_old, struct row_key *out, struct fault *why)
{
    const struct policy_table *p = t->shape.declared;
    const struct raw *values = is_old ? in->old_key : in->values;
    const uint32_t *at = is_old ? NULL : t->key_values;
    enum err e = sieve_key(p, t->row_key, values, at, &s->scratch, out);
    if (!e)
        return OK;
    in->refused_column = sieve_key_missing(p, values, at)->name;
    return fail(why, ERR_INVALID, "a row's key has no value, or is too large");
}

static enum err put_row(struct sieve *s, struct sieve_table *t, struct sieve_batch *b,
                        struct incoming *in, struct fault *why)
{
    struct row_key key = {0};
    struct row_key old_key = {0};
    uint32_t row = sieve_batch_next(b);
    enum err e = OK;
    if (in->op != ROW_TRUNCATE)
        e = key_of(s, t, in, false, &key, why);
    if (!e && in->op == ROW_MOVE)
        e = key_of(s, t, in, true, &old_key, why);
    sieve_batch_row(b, key);
    if (!e)
        e = put_columns(t, b, row, in, why);
    if (e)
        return e;
    sieve_batch_add(b, in->op, key, old_key);
    s->row_count++;
    s->bytes += t->row_bytes;
    return OK;
}

enum err sieve_row(struct sieve *s, uint32_t table, enum row_op op, const struct raw *values,
                   const struct raw *old_key, struct fault *why)
{
    CHECK(table < s->source->table_count && op < ROW_OP_COUNT);
    struct sieve_table *t = &s->tables[table];
    if (t->is_stopped)
        return OK;
    struct sieve_batch *b = NULL;
    enum err e = batch_for_row(s, t, &b, why);
    if (e)
        return e;
    struct incoming in = {.op = op, .values = values, .old_key = old_key};
    struct fault said = {0};
    e = put_row(s, t, b, &in, &said);
    if (!e)
        return OK;
    stop_table(s, t, in.refused_column, "type", 1);
    snprintf(t->refusal.words, sizeof t->refusal.words, "table %.63s column %.63s: %.100s",
             t->refusal.table, in.refused_column, said.words);
    return fail(why, ERR_INVALID, "%s", t->refusal.words);
}

uint32_t sieve_row_count(const struct sieve *s)
{
    return s->row_count;
}

size_t sieve_bytes(const struct sieve *s)
{
    return s->bytes;
}

// How many distinct values of the column trip the detector that is tripped first.
static uint64_t count_hits(struct sieve *s, const struct sieve_column *c,
                           const struct detector **out_detector)
{
    uint64_t count = 0;
    if (!c->declared->treat->scanned || c->field->type != FIELD_KEYWORD)
        return 0;
    for (uint32_t code = 0; code < c->texts.count; code++) {
        const struct detector *hit =
            detectors_scan(s->detectors, intern_get(&c->texts, code), c->declared->allows);
        if (hit && count == 0)
            *out_detector = hit;
        count += hit && hit == *out_detector;
    }
    return count;
}

static void refuse(struct sieve *s, struct sieve_table *t, const char *column,
                   const struct detector *detector, uint64_t count)
{
    stop_table(s, t, column, detector->name, count);
    snprintf(t->refusal.words, sizeof t->refusal.words,
             "table %.63s column %.63s: %llu distinct values hold what looks like: %s",
             t->refusal.table, column, (unsigned long long)count, detector->name);
}

// Codes count up by their first row, so a row's text is new when its code is the next.
static bool is_free_text(struct free_text *watch, const struct sieve_column *c, uint32_t rows)
{
    uint32_t next = 0;
    uint32_t values = 0;
    for (uint32_t row = 0; row < rows && values < FREE_TEXT_WINDOW; row++) {
        if (!bit_get(c->present, row))
            continue;
        values++;
        if (c->codes[row] < next)
            continue;
        next = c->codes[row] + 1;
        free_text_add(watch, intern_get(&c->texts, c->codes[row]),
                      c->texts.entries[c->codes[row]].hash);
    }
    free_text_values(watch, values);
    return free_text_holds(watch);
}

static bool refuse_column(struct sieve *s, struct sieve_table *t, const struct sieve_batch *b,
                          uint32_t f)
{
    const struct sieve_column *c = &b->columns[f];
    const struct detector *detector = NULL;
    uint64_t count = count_hits(s, c, &detector);
    if (count == 0 && t->free_texts[f] && is_free_text(t->free_texts[f], c, b->row_count)) {
        count = c->texts.count;
        detector = &detect_free_text;
    }
    if (count > 0)
        refuse(s, t, c->declared->name, detector, count);
    return count > 0;
}

static bool refuse_bodies(struct sieve *s, struct sieve_table *t, const struct sieve_batch *b)
{
    const char *column = NULL;
    uint64_t count = 0;
    for (uint32_t row = 0; t->bodies.count > 1 && row < b->row_count; row++)
        count += body_watch_row(&t->bodies, b, row, &column);
    if (count > 0)
        refuse(s, t, column, &detect_body, count);
    return count > 0;
}

// Whether one of the batch's columns trips a detector; if so, the table is stopped.
static bool refuse_batch(struct sieve *s, struct sieve_table *t, const struct sieve_batch *b)
{
    for (uint32_t f = 0; f < b->table->field_count; f++) {
        if (refuse_column(s, t, b, f))
            return true;
    }
    return refuse_bodies(s, t, b);
}

static void run_detectors(struct sieve *s)
{
    for (uint32_t i = 0; i < s->source->table_count; i++) {
        struct sieve_table *t = &s->tables[i];
        for (uint32_t b = 0; b < t->batch_used; b++) {
            if (refuse_batch(s, t, &t->batches[b]))
                break;
        }
    }
}

static void fill_position(const struct sieve *s, struct position *p)
{
    p->policy_fingerprint = s->policy->schema->fingerprint;
    for (uint32_t i = 0; i < s->source->table_count; i++) {
        if (s->tables[i].is_stopped)
            bit_set(p->stopped, s->source->tables[i].table);
    }
}

static void finish_batches(const struct sieve *s, struct arena *batch, struct changeset *out)
{
    struct batch *batches = ARENA_ARRAY(batch, struct batch, s->batch_count);
    for (uint32_t i = 0; i < s->source->table_count; i++) {
        const struct sieve_table *t = &s->tables[i];
        for (uint32_t b = 0; b < t->batch_used; b++) {
            if (t->batches[b].row_count > 0)
                sieve_batch_finish(&t->batches[b], t->shape.declared->table, batch,
                                   &batches[out->batch_count++]);
        }
    }
    out->batches = batches;
}

static void empty(struct sieve *s, bool admitted)
{
    for (uint32_t i = 0; i < s->source->table_count; i++) {
        struct sieve_table *t = &s->tables[i];
        t->admitted_rows += admitted ? rows_of(t) : 0;
        if (t->batch_used > 0)
            empty_table(t);
    }
    s->row_count = 0;
    s->batch_count = 0;
    s->bytes = 0;
}

enum err sieve_cut(struct sieve *s, const struct position *position, bool resets,
                   struct arena *batch, const struct admitted **out, struct fault *why)
{
    run_detectors(s);
    struct changeset c = {.position = *position, .resets = resets};
    fill_position(s, &c.position);
    finish_batches(s, batch, &c);
    enum err e = admitted_make(&c, s->policy->schema, batch, out, why);
    empty(s, e == OK);
    return e;
}

void sieve_stop(struct sieve *s, const uint64_t stopped[4])
{
    for (uint32_t i = 0; i < s->source->table_count; i++) {
        struct sieve_table *t = &s->tables[i];
        if (t->is_stopped || !bit_get(stopped, s->source->tables[i].table))
            continue;
        stop_table(s, t, NULL, "earlier run", 0);
        snprintf(t->refusal.words, sizeof t->refusal.words,
                 "table %.63s: stopped by an earlier run; copy it under another policy",
                 t->refusal.table);
    }
}

const struct refusal *sieve_refusal(const struct sieve *s, uint32_t table)
{
    CHECK(table < s->source->table_count);
    return s->tables[table].is_stopped ? &s->tables[table].refusal : NULL;
}

uint64_t sieve_missing(const struct sieve *s, uint32_t table)
{
    CHECK(table < s->source->table_count);
    uint64_t count = s->tables[table].missing_before;
    for (uint32_t i = 0; i < s->tables[table].batch_made; i++)
        count += missing_in(&s->tables[table].batches[i]);
    return count;
}

uint64_t sieve_admitted_rows(const struct sieve *s, uint32_t table)
{
    CHECK(table < s->source->table_count);
    return s->tables[table].admitted_rows;
}
