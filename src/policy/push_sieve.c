// SPDX-License-Identifier: Apache-2.0
#include "policy/push_sieve.h"

#include "base/check.h"
#include "base/hash.h"
#include "base/limits.h"
#include "data/push.h"
#include "keys/crypto.h"
#include "keys/row_key.h"
#include "policy/admit_private.h"
#include "policy/body_watch.h"
#include "policy/detector.h"
#include "policy/free_text.h"
#include "policy/layers.h"
#include "policy/push_doc.h"
#include "policy/sealers.h"
#include "policy/sieve_batch.h"
#include "policy/treatment.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    DOC_ARENA_BYTES = 512 << 20,
    KEY_SCRATCH_BYTES = PUSH_ID_BYTES_MAX + 16,
    IDS_BYTES_MAX = LIMIT_BATCH_ROWS * KEY_SCRATCH_BYTES
};

// Hashed together when the batch is cut.
struct id_place {
    uint32_t row;
    uint32_t at, len; // of the sieve's ids
};

// A text of up to SHORT_TEXT_BYTES that this batch has had, and its code.
struct short_text {
    uint64_t first, last;
    uint64_t batch; // of which it is true
    uint32_t len;
    uint32_t code;
};

enum { SHORT_TEXT_BYTES = 16, SHORT_TEXT_BITS = 6, SHORT_TEXTS = 1 << SHORT_TEXT_BITS };

enum { CLEAN_NAMES = 1024 };

struct push_sieve {
    const struct policy *policy;
    const struct policy_push *declared;
    const struct table *table;
    struct secret *subject_keys; // copies of the caller's
    struct secret *row_keys;
    struct detectors *detectors;
    struct arena *doc; // one document's tree
    struct json_flat *flat;
    uint64_t mapped;                   // shape of `flat` that the two below are of
    int16_t field_of[FLAT_FIELDS_MAX]; // by place in the document: field, or -1
    uint32_t absent_count;
    uint32_t *absent;               // fields that no place is of
    struct short_text *short_texts; // SHORT_TEXTS of each field
    uint64_t batch_number;          // from 1; grows with each cut
    struct buf ids;                 // the _id of each row that has one, as row_key_part()
    struct id_place *id_places;
    uint32_t id_count, id_room;
    uint32_t *field_columns;
    const uint8_t **field_keys;
    struct sealers sealers;
    struct layers layers;
    struct sieve_shape shape;
    struct sieve_batch batch;
    uint64_t clean_names[CLEAN_NAMES]; // hashes of names in which nothing was found
    struct body_watch bodies;
    struct free_text *free_texts; // by field
    uint32_t *rows_noted;         // by field: of this batch, in its free text's count
    uint32_t *texts_before;       // by field: distinct texts when the row began
    size_t row_bytes;             // about, without texts
    size_t bytes;                 // of the batch
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
    s->free_texts = array(fields, sizeof *s->free_texts);
    s->rows_noted = array(fields, sizeof *s->rows_noted);
    s->absent = array(fields, sizeof *s->absent);
    s->flat = array(1, sizeof *s->flat);
    s->mapped = UINT64_MAX;
    s->short_texts = array((size_t)fields * SHORT_TEXTS, sizeof *s->short_texts);
    s->batch_number = 1;
    s->ids = buf_init(IDS_BYTES_MAX);
    json_flat_init(s->flat);
    s->row_bytes = 1 + sizeof(struct row_key);
    init_fields(s);
    body_watch_init(&s->bodies, &s->declared->table);
    sealers_init(&s->sealers, schema, s->declared->table.table, keys->seals);
    layers_init(&s->layers, schema, s->declared->table.table, keys->layers);
    s->shape = (struct sieve_shape){
        .declared = &s->declared->table,
        .table = s->table,
        .field_columns = s->field_columns,
        .subject_keys = s->field_keys,
        .row_key = secret_bytes(s->row_keys).at + (size_t)s->declared->table.table * KEY_BYTES,
        .sealers = s->sealers.by_field,
        .layers = s->layers.by_field,
        .policy = schema_identity(schema),
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
    push_sieve_drop(s);
    sieve_batch_done(&s->batch);
    buf_done(&s->ids);
    free(s->id_places);
    free(s->absent);
    free(s->flat);
    free(s->short_texts);
    sealers_done(&s->sealers);
    layers_done(&s->layers);
    secret_free(s->subject_keys);
    secret_free(s->row_keys);
    detectors_free(s->detectors);
    arena_free(s->doc);
    free(s->field_columns);
    free(s->field_keys);
    free(s->texts_before);
    free(s->free_texts);
    free(s->rows_noted);
    free(s);
}

static enum err fits_not(const struct field *f, const struct fault *said, struct fault *why)
{
    return fail(why, ERR_INVALID,
                "document_parsing_exception: failed to parse field [%.255s] of type [%s]: %s",
                f->name, field_type_name(f->type), said->words);
}

static enum err looks_like(const char *column, const struct detector *d, struct fault *why)
{
    return fail(why, ERR_INVALID, "policy_exception: column [%.255s] holds what looks like: %s",
                column, d->name);
}

static void note_rows(struct push_sieve *s, uint32_t f)
{
    free_text_values(&s->free_texts[f], s->batch.row_count - s->rows_noted[f]);
    s->rows_noted[f] = s->batch.row_count;
}

// Documents that are refused are no values, so that a column once found stays found;
// only its texts of words are refused then.
static bool is_free_text(struct push_sieve *s, uint32_t f, struct slice text, uint64_t hash)
{
    const struct policy_column *c = s->batch.columns[f].declared;
    if (c->allows & detector_bit(&detect_free_text))
        return false;
    note_rows(s, f);
    free_text_add(&s->free_texts[f], text, hash);
    return free_text_is_words(text) && free_text_holds(&s->free_texts[f]);
}

// A text that is new to the batch meets the detectors before anybody else.
static enum err scan(struct push_sieve *s, uint32_t f, struct fault *why)
{
    const struct sieve_column *c = &s->batch.columns[f];
    if (!c->declared->treat->scanned || c->field->type != FIELD_KEYWORD ||
        c->texts.count == s->texts_before[f])
        return OK;
    uint32_t code = c->texts.count - 1;
    struct slice text = intern_get(&c->texts, code);
    const struct detector *hit = detectors_scan(s->detectors, text, c->declared->allows);
    if (!hit && is_free_text(s, f, text, c->texts.entries[code].hash))
        hit = &detect_free_text;
    return hit ? looks_like(c->field->name, hit, why) : OK;
}

// Of a field that is not declared and does not enter; but a document that has an address for a
// name is not what its index was declared for.
static enum err scan_name(struct push_sieve *s, struct slice name, struct fault *why)
{
    uint64_t hash = hash_bytes(name.at, name.len);
    uint64_t *clean = &s->clean_names[hash % CLEAN_NAMES];
    const struct detector *hit = *clean == hash ? NULL : detectors_scan(s->detectors, name, 0);
    if (!hit) {
        *clean = hash;
        return OK;
    }
    return fail(why, ERR_INVALID, "policy_exception: the name of a field looks like: %s",
                hit->name);
}

static enum err scan_body(const struct push_sieve *s, struct fault *why)
{
    const char *column = NULL;
    if (s->bodies.count < 2 || !body_watch_row(&s->bodies, &s->batch, s->batch.row_count, &column))
        return OK;
    return looks_like(column, &detect_body, why);
}

// Eight bytes from the start and eight up to the end, which overlap in a short text: with
// its length they say all of it.
static void words_of(struct slice text, uint64_t *out_first, uint64_t *out_last)
{
    uint32_t first = 0;
    uint32_t last = 0;
    if (text.len >= 8) {
        memcpy(out_first, text.at, 8);
        memcpy(out_last, text.at + text.len - 8, 8);
        return;
    }
    if (text.len >= 4) {
        memcpy(&first, text.at, 4);
        memcpy(&last, text.at + text.len - 4, 4);
    } else {
        for (size_t i = 0; i < text.len; i++)
            first = first << 8 | text.at[i];
    }
    *out_first = first;
    *out_last = last;
}

static struct short_text *short_text_of(struct push_sieve *s, uint32_t f, struct slice text,
                                        struct short_text *out_wanted)
{
    *out_wanted = (struct short_text){.len = (uint32_t)text.len, .batch = s->batch_number};
    words_of(text, &out_wanted->first, &out_wanted->last);
    uint64_t hash = (out_wanted->first ^ out_wanted->last << 7 ^ text.len) * 0x9e3779b97f4a7c15;
    return &s->short_texts[(size_t)f * SHORT_TEXTS + (hash >> (64 - SHORT_TEXT_BITS))];
}

// A short text that this batch has seen is found without hashing it and without looking for
// it among all others.
static enum err put_text(struct push_sieve *s, uint32_t f, struct slice text, struct fault *why)
{
    struct sieve_column *c = &s->batch.columns[f];
    uint32_t row = s->batch.row_count;
    struct short_text wanted;
    struct short_text *known = NULL;
    if (text.len <= SHORT_TEXT_BYTES) {
        known = short_text_of(s, f, text, &wanted);
        if (known->first == wanted.first && known->last == wanted.last &&
            known->len == wanted.len && known->batch == wanted.batch) {
            sieve_column_code(c, row, known->code);
            return OK;
        }
    }
    struct fault said;
    bool is_subject = c->field->type == FIELD_PSEUDONYM;
    enum err e = is_subject ? sieve_column_subject(c, row, text, &said)
                            : sieve_column_text(c, row, text, &said);
    if (e)
        return fits_not(c->field, &said, why);
    e = scan(s, f, why);
    if (!e && known && c->codes[row] < s->texts_before[f]) {
        *known = wanted;
        known->code = c->codes[row];
    }
    return e;
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
    struct fault said; // large, and written only when wanted
    if (c->declared->treat->apply(c, row, value, &said))
        return fits_not(c->field, &said, why);
    return scan(s, f, why);
}

// Names within what is left out are looked at as well: they are what somebody sends.
static enum err scan_names(struct push_sieve *s, const struct json *tree, bool is_document,
                           struct fault *why)
{
    enum err e = OK;
    for (uint32_t i = 0; !e && i < tree->count; i++) {
        const struct json *value = &tree->items[i];
        if (tree->type == JSON_OBJECT &&
            !(is_document && table_field(s->table, tree->keys[i]) >= 0))
            e = scan_name(s, tree->keys[i], why);
        if (!e && (value->type == JSON_OBJECT || value->type == JSON_ARRAY))
            e = scan_names(s, value, false, why);
    }
    return e;
}

static enum err put_tree(struct push_sieve *s, const struct json *tree, bool keeps_others,
                         struct fault *why)
{
    if (tree->type != JSON_OBJECT)
        return fail(why, ERR_INVALID,
                    "document_parsing_exception: failed to parse: a document is an object, not %s",
                    json_type_name(tree->type));
    enum err e = scan_names(s, tree, true, why);
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

// Which place of the document is which field, anew for another shape.
static enum err map_shape(struct push_sieve *s, struct fault *why)
{
    const struct json_flat *flat = s->flat;
    uint64_t there[LIMIT_COLUMNS / 64] = {0};
    for (uint32_t i = 0; i < flat->count; i++) {
        s->field_of[i] = (int16_t)table_field(s->table, flat->fields[i].key);
        if (s->field_of[i] >= 0) {
            bit_set(there, (size_t)s->field_of[i]);
            continue;
        }
        enum err e = scan_name(s, flat->fields[i].key, why);
        if (e) {
            s->mapped = UINT64_MAX; // half mapped
            return e;
        }
    }
    s->absent_count = 0;
    for (uint32_t f = 0; f < s->table->field_count; f++) {
        if (!bit_get(there, f))
            s->absent[s->absent_count++] = f;
    }
    s->mapped = flat->shape;
    return OK;
}

// The values that come a million times: texts, whole numbers and times of the usual form,
// where the treatment leaves them as they are or the field is a subject.  False: another one.
static bool put_quick(struct push_sieve *s, uint32_t f, const struct flat_value *v, enum err *out,
                      struct fault *why)
{
    struct sieve_column *c = &s->batch.columns[f];
    uint32_t row = s->batch.row_count;
    int64_t number = v->number;
    bool is_text = v->type == JSON_STRING;
    enum field_type type = c->field->type;
    if (type == FIELD_PSEUDONYM && is_text) {
        *out = put_text(s, f, v->text, why);
        return true;
    }
    if (!c->declared->treat->is_plain)
        return false;
    if (type == FIELD_KEYWORD && is_text) {
        *out = put_text(s, f, v->text, why);
        return true;
    }
    bool is_number =
        v->is_integer && (type == FIELD_LONG ||
                          (type == FIELD_INTEGER && number >= INT32_MIN && number <= INT32_MAX));
    if (!is_number && !(type == FIELD_DATE && is_text && push_usual_time(v->text, &number)))
        return false;
    sieve_column_i64(c, row, number);
    *out = OK;
    return true;
}

static enum err put_place(struct push_sieve *s, uint32_t i, struct fault *why)
{
    const struct flat_value *v = &s->flat->fields[i].value;
    uint32_t f = (uint32_t)s->field_of[i];
    enum err e = OK;
    if (put_quick(s, f, v, &e, why))
        return e;
    struct raw raw;
    struct fault said;
    if (push_flat_raw(v, s->table->fields[f].type, &raw, &said))
        return fits_not(&s->table->fields[f], &said, why);
    return put_raw(s, f, &raw, why);
}

static enum err put_flat(struct push_sieve *s, bool keeps_others, struct fault *why)
{
    const struct json_flat *flat = s->flat;
    if (s->mapped != flat->shape) {
        enum err e = map_shape(s, why);
        if (e)
            return e;
    }
    for (uint32_t i = 0; i < flat->count; i++) {
        if (s->field_of[i] < 0)
            continue;
        enum err e = put_place(s, i, why);
        if (e)
            return e;
    }
    for (uint32_t i = 0; i < s->absent_count; i++) {
        if (keeps_others)
            sieve_column_unchanged(&s->batch.columns[s->absent[i]], s->batch.row_count);
        else
            sieve_column_null(&s->batch.columns[s->absent[i]], s->batch.row_count);
    }
    return OK;
}

static enum err put_doc(struct push_sieve *s, const struct push_row *row, struct fault *why)
{
    const struct json *tree = row->tree;
    if (!tree && json_flat_read(s->flat, row->doc))
        return put_flat(s, row->keeps_others, why);
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

// The key of the row being taken: known, or hashed with all others when the batch is cut.
static struct row_key key_later(struct push_sieve *s, struct slice id)
{
    struct row_key key = {0};
    if (push_key_parse(id, &key))
        return key;
    if (s->id_count == s->id_room) {
        s->id_room = s->id_room ? s->id_room * 2 : 64;
        s->id_places = realloc(s->id_places, s->id_room * sizeof *s->id_places);
        CHECK(s->id_places != NULL);
    }
    uint32_t at = (uint32_t)s->ids.len;
    row_key_part(&s->ids, id);
    s->id_places[s->id_count++] =
        (struct id_place){s->batch.row_count, at, (uint32_t)s->ids.len - at};
    return key;
}

static void hash_ids(struct push_sieve *s, struct arena *batch)
{
    CHECK(!s->ids.over_limit); // a row has at most one, and that a limit
    struct slice *parts = ARENA_ARRAY(batch, struct slice, s->id_count);
    uint64_t(*hashes)[2] = arena_alloc(batch, s->id_count * sizeof *hashes);
    for (uint32_t i = 0; i < s->id_count; i++)
        parts[i] = slice_of(s->ids.at + s->id_places[i].at, s->id_places[i].len);
    row_keys_of_parts(s->shape.row_key, parts, s->id_count, hashes);
    for (uint32_t i = 0; i < s->id_count; i++)
        s->batch.keys[s->id_places[i].row] = push_key_of_hash(hashes[i][0], hashes[i][1]);
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
    if (s->batch.has_sealed)
        sieve_batch_row(&s->batch, row->id.len ? push_sieve_key(s, row->id)
                                               : push_key_of_number(s->number + 1));
    if (row->op == ROW_DELETE)
        put_nothing(s);
    else
        e = put_doc(s, row, why);
    if (!e && row->op != ROW_DELETE)
        e = scan_body(s, why);
    if (e || row->is_trial) {
        take_back(s);
        s->counts.refused += e != OK;
        return e;
    }
    s->number++;
    struct row_key key = row->id.len ? key_later(s, row->id) : push_key_of_number(s->number);
    sieve_batch_add(&s->batch, row->op, key, (struct row_key){0});
    s->bytes += s->row_bytes;
    return OK;
}

void push_sieve_clear(struct push_sieve *s)
{
    CHECK(s->batch.row_count == 0);
    (void)sieve_batch_next(&s->batch);
    note_texts(s);
    put_nothing(s);
    s->number++;
    sieve_batch_add(&s->batch, ROW_TRUNCATE, (struct row_key){0}, (struct row_key){0});
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
    for (uint32_t f = 0; f < s->table->field_count; f++) {
        note_rows(s, f);
        s->rows_noted[f] = 0;
    }
    sieve_batch_reset(&s->batch);
    if (s->ids.len > 0)
        wipe(s->ids.at, s->ids.len);
    buf_reset(&s->ids);
    s->id_count = 0;
    s->batch_number++;
    s->bytes = 0;
}

enum err push_sieve_cut(struct push_sieve *s, struct arena *batch, const struct admitted **out,
                        struct fault *why)
{
    CHECK(s->batch.row_count > 0);
    struct batch *rows = ARENA_NEW(batch, struct batch);
    if (s->id_count > 0)
        hash_ids(s, batch);
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
