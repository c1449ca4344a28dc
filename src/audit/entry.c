// SPDX-License-Identifier: Apache-2.0
#include "audit/entry.h"

#include "base/reader.h"
#include "keys/crypto.h"

#include <stdlib.h>

enum { BODY_VERSION = 1 };

static const char *const kind_names[AUDIT_KIND_COUNT] = {
    [AUDIT_ANSWER] = "answer", [AUDIT_REFUSAL] = "refusal", [AUDIT_LOGIN] = "login",
    [AUDIT_PUSH] = "push",     [AUDIT_CHANGE] = "change",   [AUDIT_START] = "start",
    [AUDIT_DROP] = "drop",     [AUDIT_MORE] = "more",
};

const char *audit_kind_name(enum audit_kind k)
{
    return (unsigned)k < AUDIT_KIND_COUNT && kind_names[k] ? kind_names[k] : "unknown";
}

// --- sets

static int compare_rows(const void *a, const void *b)
{
    const struct row_key *x = a;
    const struct row_key *y = b;
    if (x->hi != y->hi)
        return (x->hi > y->hi) - (x->hi < y->hi);
    return (x->lo > y->lo) - (x->lo < y->lo);
}

static int compare_subjects(const void *a, const void *b)
{
    return memcmp(a, b, SUBJECT_BYTES);
}

static uint32_t unique(void *at, uint32_t count, size_t bytes,
                       int (*compare)(const void *, const void *))
{
    uint8_t *items = at;
    uint32_t kept = 0;
    if (count > 1)
        qsort(at, count, bytes, compare);
    for (uint32_t i = 0; i < count; i++) {
        if (kept > 0 && compare(items + (size_t)(kept - 1) * bytes, items + (size_t)i * bytes) == 0)
            continue;
        memmove(items + (size_t)kept * bytes, items + (size_t)i * bytes, bytes);
        kept++;
    }
    return kept;
}

// Keys of one number are permuted into 24, 32, 40 or 64 bits: sorted, their steps take
// two to eight bytes.  Others are 16 bytes that no code makes shorter.
static void encode_rows(const struct row_key *rows, uint32_t count, struct buf *out)
{
    uint32_t numbers = 0;
    while (numbers < count && rows[numbers].hi == 0)
        numbers++;
    buf_varint(out, numbers);
    for (uint32_t i = 0; i < numbers; i++)
        buf_varint(out, i ? rows[i].lo - rows[i - 1].lo : rows[i].lo);
    buf_varint(out, count - numbers);
    for (uint32_t i = numbers; i < count; i++) {
        buf_u64_le(out, rows[i].hi);
        buf_u64_le(out, rows[i].lo);
    }
}

// A count from outside, each of whose items takes at least `bytes_min` of what is left.
static uint32_t take_count(struct reader *in, size_t bytes_min)
{
    uint64_t count = reader_varint(in);
    if (count > reader_left(in) / bytes_min) {
        in->short_of_bytes = true;
        return 0;
    }
    return (uint32_t)count;
}

static bool decode_rows(struct reader *in, struct arena *arena, struct audit_set *out)
{
    // A byte for a number at least, and what follows fits behind it.
    uint32_t numbers = take_count(in, 1);
    uint64_t *first = ARENA_ARRAY(arena, uint64_t, numbers + 1);
    bool sorted = true;
    for (uint32_t i = 0; i < numbers; i++) {
        uint64_t step = reader_varint(in);
        first[i] = i ? first[i - 1] + step : step;
        sorted = sorted && (i == 0 || first[i] > first[i - 1]);
    }
    uint32_t wide = take_count(in, 2 * sizeof(uint64_t));
    struct row_key *rows = ARENA_ARRAY(arena, struct row_key, (size_t)numbers + wide + 1);
    for (uint32_t i = 0; i < numbers; i++)
        rows[i].lo = first[i];
    for (uint32_t i = numbers; i < numbers + wide; i++) {
        rows[i].hi = reader_u64_le(in);
        rows[i].lo = reader_u64_le(in);
        sorted = sorted && rows[i].hi != 0 && (i == 0 || compare_rows(&rows[i - 1], &rows[i]) < 0);
    }
    out->rows = rows;
    out->row_count = numbers + wide;
    return sorted;
}

static bool decode_subjects(struct reader *in, struct arena *arena, struct audit_set *out)
{
    uint32_t count = take_count(in, SUBJECT_BYTES);
    struct subject *subjects = ARENA_ARRAY(arena, struct subject, (size_t)count + 1);
    bool sorted = true;
    for (uint32_t i = 0; i < count; i++) {
        struct slice bytes = reader_bytes(in, SUBJECT_BYTES);
        if (bytes.len == SUBJECT_BYTES)
            memcpy(subjects[i].at, bytes.at, SUBJECT_BYTES);
        sorted = sorted && (i == 0 || compare_subjects(&subjects[i - 1], &subjects[i]) < 0);
    }
    out->subjects = subjects;
    out->subject_count = count;
    return sorted;
}

// --- the body

static void encode_lists(struct audit_entry *e, struct buf *out)
{
    buf_varint(out, e->index_count);
    for (uint32_t i = 0; i < e->index_count; i++)
        buf_blob(out, e->indices[i]);
    buf_varint(out, e->field_count);
    for (uint32_t i = 0; i < e->field_count; i++) {
        buf_varint(out, e->fields[i].index);
        buf_u8(out, e->fields[i].how);
        buf_blob(out, e->fields[i].name);
    }
}

// The sets are ours to sort: the caller gave them for that.
static void encode_set(const struct audit_set *s, struct buf *out)
{
    uint32_t rows = unique(s->rows, s->row_count, sizeof *s->rows, compare_rows);
    uint32_t subjects =
        unique(s->subjects, s->subject_count, sizeof *s->subjects, compare_subjects);
    buf_varint(out, s->index);
    buf_blob(out, s->kind);
    encode_rows(s->rows, rows, out);
    buf_varint(out, subjects);
    buf_bytes(out, s->subjects, (size_t)subjects * SUBJECT_BYTES);
}

void audit_body_encode(struct audit_entry *e, struct buf *out)
{
    buf_u8(out, BODY_VERSION);
    buf_u8(out, (uint8_t)e->kind);
    buf_u16_le(out, e->status);
    buf_blob(out, e->principal);
    buf_blob(out, e->key_id);
    buf_blob(out, e->address);
    buf_blob(out, e->action);
    buf_blob(out, e->route);
    buf_varint(out, e->rows);
    buf_varint(out, e->buckets);
    buf_varint(out, e->bytes);
    encode_lists(e, out);
    buf_blob(out, e->shape);
    buf_varint(out, e->set_count);
    for (uint32_t i = 0; i < e->set_count; i++)
        encode_set(&e->sets[i], out);
    buf_varint(out, e->fact_count);
    for (uint32_t i = 0; i < e->fact_count; i++) {
        buf_blob(out, e->facts[i].name);
        buf_blob(out, e->facts[i].value);
    }
}

static bool decode_names(struct reader *in, struct arena *arena, struct audit_entry *out)
{
    out->index_count = take_count(in, 1);
    struct slice *indices = ARENA_ARRAY(arena, struct slice, (size_t)out->index_count + 1);
    for (uint32_t i = 0; i < out->index_count; i++)
        indices[i] = reader_blob(in);
    out->indices = indices;
    out->field_count = take_count(in, 3);
    struct audit_field *fields =
        ARENA_ARRAY(arena, struct audit_field, (size_t)out->field_count + 1);
    bool good = true;
    for (uint32_t i = 0; i < out->field_count; i++) {
        uint64_t index = reader_varint(in);
        fields[i].index = (uint32_t)index;
        fields[i].how = reader_u8(in);
        fields[i].name = reader_blob(in);
        good = good && index < out->index_count && fields[i].how >= 1 && fields[i].how <= 3;
    }
    out->fields = fields;
    return good;
}

static bool decode_sets(struct reader *in, struct arena *arena, struct audit_entry *out)
{
    out->set_count = take_count(in, 5);
    struct audit_set *sets = ARENA_ARRAY(arena, struct audit_set, (size_t)out->set_count + 1);
    bool good = true;
    for (uint32_t i = 0; i < out->set_count; i++) {
        uint64_t index = reader_varint(in);
        sets[i].index = (uint32_t)index;
        sets[i].kind = reader_blob(in);
        good = decode_rows(in, arena, &sets[i]) && good;
        good = decode_subjects(in, arena, &sets[i]) && good;
        good = good && index < out->index_count;
    }
    out->sets = sets;
    return good;
}

static void decode_facts(struct reader *in, struct arena *arena, struct audit_entry *out)
{
    out->fact_count = take_count(in, 2);
    struct audit_fact *facts = ARENA_ARRAY(arena, struct audit_fact, (size_t)out->fact_count + 1);
    for (uint32_t i = 0; i < out->fact_count; i++) {
        facts[i].name = reader_blob(in);
        facts[i].value = reader_blob(in);
    }
    out->facts = facts;
}

enum err audit_body_decode(struct slice body, struct arena *arena, struct audit_entry *out,
                           struct fault *why)
{
    struct reader in = reader_over(body);
    struct audit_entry e = {0};
    uint8_t version = reader_u8(&in);
    uint8_t kind = reader_u8(&in);
    e.kind = (enum audit_kind)kind;
    e.status = reader_u16_le(&in);
    e.principal = reader_blob(&in);
    e.key_id = reader_blob(&in);
    e.address = reader_blob(&in);
    e.action = reader_blob(&in);
    e.route = reader_blob(&in);
    e.rows = reader_varint(&in);
    e.buckets = reader_varint(&in);
    e.bytes = reader_varint(&in);
    bool good = version == BODY_VERSION && kind >= 1 && kind < AUDIT_KIND_COUNT &&
                body.len <= AUDIT_BODY_BYTES_MAX;
    good = good && decode_names(&in, arena, &e);
    e.shape = reader_blob(&in);
    good = good && decode_sets(&in, arena, &e);
    if (good)
        decode_facts(&in, arena, &e);
    if (!good)
        return fail(why, ERR_CORRUPT, "an audit entry does not decode");
    enum err ended = reader_end(&in, why);
    if (!ended)
        *out = e;
    return ended;
}

// --- the leaf

void audit_body_digest(struct slice body, uint8_t out[32])
{
    sha256_parts(&body, 1, out);
}

static void put_u64(uint64_t v, uint8_t *out)
{
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t)(v >> (8 * i));
}

static uint64_t get_u64(const uint8_t *at)
{
    uint64_t v = 0;
    for (int i = 7; i >= 0; i--)
        v = v << 8 | at[i];
    return v;
}

void audit_leaf_encode(const struct audit_leaf *l, uint8_t out[AUDIT_LEAF_BYTES])
{
    put_u64(l->number, out);
    put_u64((uint64_t)l->time_ms, out + 8);
    memcpy(out + 16, l->digest, sizeof l->digest);
}

struct audit_leaf audit_leaf_decode(const uint8_t bytes[AUDIT_LEAF_BYTES])
{
    struct audit_leaf l = {.number = get_u64(bytes), .time_ms = (int64_t)get_u64(bytes + 8)};
    memcpy(l.digest, bytes + 16, sizeof l.digest);
    return l;
}
