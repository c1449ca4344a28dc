// SPDX-License-Identifier: Apache-2.0
#include "audit/account.h"

#include "base/check.h"
#include "base/hash.h"

#include <stdlib.h>

enum { NAMES_BYTES = 64 << 20 };

// A row or a person among all: of which index, or of which kind, and who.
struct member {
    uint64_t of; // hash of the index's or the kind's name
    uint64_t hi, lo;
};

struct members {
    struct member *at;
    size_t count, size;
    size_t sorted; // of `at`, without doubles
};

struct holder {
    struct account told;
    struct members rows, subjects;
};

struct accounts {
    struct arena *names;
    struct holder *at;
    uint32_t count;
};

struct accounts *accounts_new(void)
{
    struct accounts *a = calloc(1, sizeof *a);
    CHECK(a != NULL);
    a->names = arena_new(NAMES_BYTES);
    return a;
}

void accounts_free(struct accounts *a)
{
    if (!a)
        return;
    for (uint32_t i = 0; i < a->count; i++) {
        free(a->at[i].rows.at);
        free(a->at[i].subjects.at);
    }
    free(a->at);
    arena_free(a->names);
    free(a);
}

static int compare(const void *a, const void *b)
{
    const struct member *x = a;
    const struct member *y = b;
    if (x->of != y->of)
        return (x->of > y->of) - (x->of < y->of);
    if (x->hi != y->hi)
        return (x->hi > y->hi) - (x->hi < y->hi);
    return (x->lo > y->lo) - (x->lo < y->lo);
}

static void settle(struct members *m)
{
    if (m->sorted == m->count)
        return;
    qsort(m->at, m->count, sizeof *m->at, compare);
    size_t kept = 0;
    for (size_t i = 0; i < m->count; i++) {
        if (kept == 0 || compare(&m->at[kept - 1], &m->at[i]) != 0)
            m->at[kept++] = m->at[i];
    }
    m->count = m->sorted = kept;
}

// Doubles leave before more memory is asked for.
static void add(struct members *m, struct member one)
{
    if (m->count == m->size && m->sorted < m->count / 2)
        settle(m);
    if (m->count == m->size) {
        size_t size = m->size ? 2 * m->size : 64;
        struct member *grown = realloc(m->at, size * sizeof *grown);
        CHECK(grown != NULL);
        m->at = grown;
        m->size = size;
    }
    m->at[m->count++] = one;
}

static struct holder *holder_of(struct accounts *a, const struct audit_entry *e)
{
    for (uint32_t i = 0; i < a->count; i++) {
        struct account *t = &a->at[i].told;
        if (slice_equal(t->principal, e->principal) && slice_equal(t->key_id, e->key_id))
            return &a->at[i];
    }
    struct holder *grown = realloc(a->at, (a->count + 1) * sizeof *grown);
    CHECK(grown != NULL);
    a->at = grown;
    struct holder *h = &grown[a->count++];
    *h = (struct holder){.told = {.principal = arena_copy(a->names, e->principal),
                                  .key_id = arena_copy(a->names, e->key_id)}};
    return h;
}

static void add_set(struct holder *h, const struct audit_entry *e, const struct audit_set *s)
{
    struct slice index = e->indices[s->index];
    uint64_t of = hash_bytes(index.at, index.len);
    for (uint32_t i = 0; i < s->row_count; i++)
        add(&h->rows, (struct member){of, s->rows[i].hi, s->rows[i].lo});
    of = hash_bytes(s->kind.at, s->kind.len);
    for (uint32_t i = 0; i < s->subject_count; i++) {
        struct member who = {.of = of};
        memcpy(&who.hi, s->subjects[i].at, sizeof who.hi);
        memcpy(&who.lo, s->subjects[i].at + sizeof who.hi, sizeof who.lo);
        add(&h->subjects, who);
    }
}

void accounts_add(struct accounts *a, const struct audit_entry *e)
{
    struct holder *h = holder_of(a, e);
    h->told.entries++;
    h->told.rows_shown += e->rows;
    h->told.buckets += e->buckets;
    h->told.changes += e->kind == AUDIT_CHANGE;
    h->told.refused += e->kind == AUDIT_REFUSAL || e->kind == AUDIT_LOGIN;
    for (uint32_t i = 0; i < e->set_count; i++)
        add_set(h, e, &e->sets[i]);
}

static int by_name(const void *a, const void *b)
{
    const struct holder *x = a;
    const struct holder *y = b;
    int order = slice_compare(x->told.principal, y->told.principal);
    return order ? order : slice_compare(x->told.key_id, y->told.key_id);
}

void accounts_each(struct accounts *a, void (*each)(void *context, const struct account *one),
                   void *context)
{
    if (a->count > 1)
        qsort(a->at, a->count, sizeof *a->at, by_name);
    for (uint32_t i = 0; i < a->count; i++) {
        struct holder *h = &a->at[i];
        settle(&h->rows);
        settle(&h->subjects);
        h->told.rows = h->rows.count;
        h->told.subjects = h->subjects.count;
        each(context, &h->told);
    }
}

void account_json(const struct account *one, struct json_writer *w)
{
    const struct {
        const char *key;
        uint64_t value;
    } numbers[] = {{"subjects", one->subjects},     {"rows", one->rows},
                   {"rows_shown", one->rows_shown}, {"buckets", one->buckets},
                   {"entries", one->entries},       {"changes", one->changes},
                   {"refused", one->refused}};

    json_object(w);
    json_key(w, "principal");
    json_string(w, one->principal);
    if (one->key_id.len) {
        json_key(w, "key_id");
        json_string(w, one->key_id);
    }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        json_key(w, numbers[i].key);
        json_uint(w, numbers[i].value);
    }
    json_end(w);
}
