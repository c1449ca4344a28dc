// SPDX-License-Identifier: Apache-2.0
#include "store/attribute.h"

#include "base/check.h"
#include "store/lookup.h"
#include "store/read_fault.h"
#include "store/snapshot_private.h"
#include "store/units.h"

#include <pthread.h>
#include <stdlib.h>

enum {
    // Past so many differing keys most blocks have one, and none is looked for.
    DIFFERING_MAX = 1 << 14,
    ATTRIBUTES_MAX = 64, // of one part
    // Readers opened since one was wanted: then it may go.  Fewer, and searches by turns would
    // drive out one another's when there is no room for all.
    STALE_READERS = 64,
};

struct piece { // a block's codes
    uint32_t refs;
    uint32_t bytes;
    bool lacks_none; // of one byte: every row has a code
    struct attribute_room *room;
    uint64_t codes[];
};

struct version {
    uint32_t refs;
    uint32_t block_count;
    uint64_t epoch; // of the view of the table referred to
    uint32_t root_count;
    struct cow *roots[COMBINED_MAX]; // references, one a field
    struct piece *pieces[];          // NULL: not looked up yet; only that changes, atomically
};

struct attribute {
    uint32_t field;
    uint32_t target_field;
    uint32_t more_count, more[COMBINED_MAX - 1];
    struct combinations *combinations; // NULL: of one field
    const struct table *target;
    unsigned width;
    struct version *newest; // reference
    struct attribute *next;
    // The room's list and clock.
    struct attributes *of;
    struct attribute_room *room;
    struct attribute *before, *after;
    uint64_t wanted;
    bool has_newest; // since it was last wanted
};

struct attributes {
    pthread_mutex_t list; // guards all below
    uint32_t count;
    struct attribute *first;
};

struct reading { // of one entry of the view
    struct version *version;
    struct combinations *combinations; // the part's
    uint64_t *differ;                  // bit per block: not as this search sees it; NULL: none
};

struct attribute_reader {
    const struct view *view;
    unsigned width;
    struct attribute_room *room;
    struct reading of[]; // one an entry
};

static void *checked(void *at)
{
    CHECK(at);
    return at;
}

// ---- the room ----

void attribute_room_init(struct attribute_room *r, uint64_t limit, struct units *units)
{
    *r = (struct attribute_room){.limit = limit, .units = units};
    CHECK(pthread_mutex_init(&r->lock, NULL) == 0);
}

void attribute_room_done(struct attribute_room *r)
{
    CHECK(!r->first);
    pthread_mutex_destroy(&r->lock);
}

static void room_add(struct attribute_room *r, struct attribute *at)
{
    at->room = r;
    at->after = r->first;
    if (r->first)
        r->first->before = at;
    r->first = at;
}

static void room_remove(struct attribute *at)
{
    struct attribute_room *r = at->room;
    pthread_mutex_lock(&r->lock);
    *(at->before ? &at->before->after : &r->first) = at->after;
    if (at->after)
        at->after->before = at->before;
    pthread_mutex_unlock(&r->lock);
}

static void room_take(struct attribute_room *r, uint32_t bytes)
{
    __atomic_fetch_add(&r->used, bytes, __ATOMIC_RELAXED);
    if (r->units)
        units_charge(r->units, bytes);
}

static void room_give(struct attribute_room *r, uint32_t bytes)
{
    __atomic_fetch_sub(&r->used, bytes, __ATOMIC_RELAXED);
    if (r->units)
        units_discharge(r->units, bytes);
}

// ---- what is kept ----

// NOLINTNEXTLINE(readability-non-const-parameter): changed by an atomic
static bool refs_down_to_none(uint32_t *refs)
{
    return __atomic_fetch_sub(refs, 1, __ATOMIC_ACQ_REL) == 1;
}

static void piece_unref(struct piece *p)
{
    if (!p || !refs_down_to_none(&p->refs))
        return;
    room_give(p->room, p->bytes);
    free(p);
}

static struct piece *piece_at(const struct version *v, uint32_t block)
{
    return __atomic_load_n(&v->pieces[block], __ATOMIC_ACQUIRE);
}

static uint32_t root_count(const struct attribute_path *path)
{
    return 1 + path->more_count;
}

static struct cow *root_of(const struct attribute_path *path, uint32_t i)
{
    return path->target->lookups[i == 0 ? path->target_field : path->more[i - 1]];
}

static struct version *version_new(const struct attribute_path *path, uint32_t block_count)
{
    // NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers.
    struct version *v = checked(calloc(1, sizeof *v + block_count * sizeof v->pieces[0]));
    v->refs = 1;
    v->block_count = block_count;
    v->epoch = path->target->epoch;
    v->root_count = root_count(path);
    for (uint32_t i = 0; i < v->root_count; i++)
        v->roots[i] = cow_ref(root_of(path, i));
    return v;
}

static void version_unref(struct version *v)
{
    if (!v || !refs_down_to_none(&v->refs))
        return;
    for (uint32_t b = 0; b < v->block_count; b++)
        piece_unref(v->pieces[b]);
    for (uint32_t i = 0; i < v->root_count; i++)
        cow_unref(v->roots[i]);
    free(v);
}

// The same blocks but those that differ, as of other roots.
static struct version *version_after(const struct version *v, const uint64_t *differ,
                                     const struct attribute_path *path)
{
    struct version *next = version_new(path, v->block_count);
    for (uint32_t b = 0; b < v->block_count; b++) {
        struct piece *p = differ && bit_get(differ, b) ? NULL : piece_at(v, b);
        if (p)
            __atomic_fetch_add(&p->refs, 1, __ATOMIC_RELAXED);
        next->pieces[b] = p;
    }
    return next;
}

static struct combinations *combinations_new(uint32_t fields)
{
    struct combinations *c = checked(calloc(1, sizeof *c));
    CHECK(pthread_mutex_init(&c->lock, NULL) == 0);
    c->fields = fields;
    return c;
}

static void combinations_free(struct combinations *c)
{
    if (!c)
        return;
    pthread_mutex_destroy(&c->lock);
    free(c);
}

uint32_t combinations_count(const struct combinations *c)
{
    return __atomic_load_n(&c->count, __ATOMIC_ACQUIRE);
}

static uint32_t combination_find(const struct combinations *c, const uint32_t *values)
{
    for (uint32_t i = 0; i < c->count; i++)
        if (memcmp(c->values[i], values, c->fields * sizeof *values) == 0)
            return i;
    return COMBINATION_NONE;
}

uint32_t combinations_add(struct combinations *c, const uint32_t *values)
{
    pthread_mutex_lock(&c->lock);
    uint32_t at = combination_find(c, values);
    if (at == COMBINATION_NONE && c->count < COMBINATIONS_MAX) {
        at = c->count;
        memcpy(c->values[at], values, c->fields * sizeof *values);
        __atomic_store_n(&c->count, at + 1, __ATOMIC_RELEASE);
    }
    pthread_mutex_unlock(&c->lock);
    return at;
}

struct attributes *attributes_new(void)
{
    struct attributes *a = checked(calloc(1, sizeof *a));
    CHECK(pthread_mutex_init(&a->list, NULL) == 0);
    return a;
}

void attributes_free(struct attributes *a)
{
    if (!a)
        return;
    while (a->first) {
        struct attribute *gone = a->first;
        a->first = gone->next;
        room_remove(gone);
        version_unref(gone->newest);
        combinations_free(gone->combinations);
        free(gone);
    }
    pthread_mutex_destroy(&a->list);
    free(a);
}

uint64_t attributes_bytes(struct attributes *a)
{
    uint64_t bytes = sizeof *a;
    pthread_mutex_lock(&a->list);
    for (const struct attribute *at = a->first; at; at = at->next) {
        bytes += sizeof *at + (at->combinations ? sizeof *at->combinations : 0);
        for (uint32_t b = 0; at->newest && b < at->newest->block_count; b++) {
            const struct piece *p = piece_at(at->newest, b);
            bytes += sizeof(struct piece *) + (p ? p->bytes : 0);
        }
    }
    pthread_mutex_unlock(&a->list);
    return bytes;
}

static bool is_of(const struct attribute *at, const struct attribute_path *path)
{
    return at->field == path->field && at->target_field == path->target_field &&
           at->target == path->target->table && at->more_count == path->more_count &&
           memcmp(at->more, path->more, path->more_count * sizeof *path->more) == 0;
}

static struct attribute *find(const struct attributes *a, const struct attribute_path *path)
{
    struct attribute *at = a->first;
    while (at && !is_of(at, path))
        at = at->next;
    return at;
}

// Under the locks of the list and of the room: the path's attribute, made when there is none;
// NULL for one too many.  Narrow codes that the dictionary has outgrown are of no use any more.
static struct attribute *attribute_of(struct attributes *a, struct attribute_room *room,
                                      const struct attribute_path *path)
{
    struct attribute *at = find(a, path);
    if (!at && a->count < ATTRIBUTES_MAX) {
        at = checked(calloc(1, sizeof *at));
        *at = (struct attribute){.field = path->field,
                                 .target_field = path->target_field,
                                 .target = path->target->table,
                                 .width = path->width,
                                 .more_count = path->more_count,
                                 .next = a->first,
                                 .of = a};
        memcpy(at->more, path->more, sizeof at->more);
        if (path->more_count > 0)
            at->combinations = combinations_new(root_count(path));
        room_add(room, at);
        a->first = at;
        a->count++;
    }
    if (at) {
        at->wanted = room->clock;
        at->has_newest = true;
    }
    if (at && at->width < path->width) {
        version_unref(at->newest);
        at->newest = NULL;
        at->width = path->width;
    }
    return at && at->width == path->width ? at : NULL;
}

// ---- from one state of the look-up to another ----

struct differing { // keys' codes, rising
    const struct cow *from, *to;
    bool are_most;
    uint32_t count;
    uint32_t codes[DIFFERING_MAX];
};

static void compare_leaves(const uint32_t *a, const uint32_t *b, uint32_t first,
                           struct differing *out)
{
    for (uint32_t i = 0; i < LOOKUP_CODES && !out->are_most; i++) {
        if ((a ? a[i] : 0) == (b ? b[i] : 0)) // 0 is none, which a leaf never written is full of
            continue;
        if (out->count == DIFFERING_MAX)
            out->are_most = true;
        else
            out->codes[out->count++] = first + i;
    }
}

static void find_differing(const struct cow *from, const struct cow *to, struct differing *out)
{
    if (out->from == from && out->to == to)
        return;
    out->from = from;
    out->to = to;
    out->are_most = false;
    out->count = 0;
    uint32_t leaf = 0;
    while (!out->are_most && cow_differing(from, to, &leaf)) {
        compare_leaves(cow_leaf(from, leaf), cow_leaf(to, leaf), leaf * LOOKUP_CODES, out);
        leaf++;
    }
}

// Bits of the part's blocks that have a row of a differing key; stay NULL for none.
static void add_differing_blocks(const struct entry *e, uint32_t field,
                                 const struct differing *keys, uint64_t **bits)
{
    if (keys->count == 0)
        return;
    uint32_t blocks = entry_block_count(e);
    if (!*bits)
        *bits = checked(calloc(bit_words(blocks), sizeof **bits));
    struct wanted_codes want = {field, keys->codes, keys->count};
    if (keys->are_most)
        memset(*bits, 0xff, bit_words(blocks) * sizeof **bits);
    else
        part_blocks_of(e->part, e->rows, &want, 0, *bits);
}

// ---- reading ----

static struct version *version_ref(struct version *v)
{
    __atomic_fetch_add(&v->refs, 1, __ATOMIC_RELAXED);
    return v;
}

// The newest version of the entry's part, made when there is none; NULL when none may be.
static struct version *newest_version(const struct entry *e, struct attribute_room *room,
                                      const struct attribute_path *path,
                                      struct combinations **out_combinations)
{
    struct attributes *a = e->part->attributes;
    struct version *v = NULL;
    pthread_mutex_lock(&room->lock);
    pthread_mutex_lock(&a->list);
    struct attribute *at = attribute_of(a, room, path);
    if (at && !at->newest)
        at->newest = version_new(path, entry_block_count(e));
    if (at) {
        v = version_ref(at->newest);
        *out_combinations = at->combinations;
    }
    pthread_mutex_unlock(&a->list);
    pthread_mutex_unlock(&room->lock);
    return v;
}

// `next` in the place of `then`, unless somebody else was faster.
static void replace_newest(const struct entry *e, const struct attribute_path *path,
                           const struct version *then, struct version *next)
{
    struct attributes *a = e->part->attributes;
    struct version *gone = NULL;
    pthread_mutex_lock(&a->list);
    struct attribute *at = find(a, path);
    if (at && at->newest == then) {
        gone = at->newest;
        at->newest = version_ref(next);
    }
    pthread_mutex_unlock(&a->list);
    version_unref(gone);
}

static bool has_roots(const struct version *v, const struct attribute_path *path)
{
    bool same = v->root_count == root_count(path);
    for (uint32_t i = 0; i < v->root_count; i++)
        same &= v->roots[i] == root_of(path, i);
    return same;
}

static void open_entry(const struct entry *e, struct attribute_room *room,
                       const struct attribute_path *path, struct differing *keys,
                       struct reading *out)
{
    *out = (struct reading){0};
    struct version *v = out->version = newest_version(e, room, path, &out->combinations);
    if (!v || has_roots(v, path))
        return;
    uint64_t *differ = NULL;
    for (uint32_t i = 0; i < v->root_count; i++) {
        find_differing(v->roots[i], root_of(path, i), keys);
        add_differing_blocks(e, path->field, keys, &differ);
    }
    if (path->target->epoch < v->epoch) { // an older state, which nobody will ask for again
        out->differ = differ;
        return;
    }
    out->version = version_after(v, differ, path);
    replace_newest(e, path, v, out->version);
    version_unref(v);
    free(differ);
}

// Under the room's lock: the version of what was wanted longest ago, taken out.
static struct version *take_stalest(struct attribute_room *r)
{
    struct attribute *stalest = NULL;
    struct version *v = NULL;
    for (struct attribute *at = r->first; at; at = at->after)
        if (at->has_newest && r->clock - at->wanted >= STALE_READERS &&
            (!stalest || at->wanted < stalest->wanted))
            stalest = at;
    if (!stalest)
        return NULL;
    pthread_mutex_lock(&stalest->of->list);
    v = stalest->newest;
    stalest->newest = NULL;
    pthread_mutex_unlock(&stalest->of->list);
    stalest->has_newest = false;
    r->gone++;
    return v;
}

static bool is_nearly_full(const struct attribute_room *r)
{
    return __atomic_load_n(&r->used, __ATOMIC_RELAXED) > r->limit / 4 * 3;
}

static void tick(struct attribute_room *r)
{
    struct version *v = NULL;
    pthread_mutex_lock(&r->lock);
    r->clock++;
    while (is_nearly_full(r) && (v = take_stalest(r)))
        version_unref(v);
    pthread_mutex_unlock(&r->lock);
}

struct attribute_reader *attribute_open(const struct view *v, const struct attribute_path *path)
{
    if (!path->target->lookups || !v->attribute_room || v->attribute_room->limit == 0)
        return NULL;
    struct attribute_reader *r = checked(calloc(1, sizeof *r + v->entry_count * sizeof r->of[0]));
    struct differing *keys = checked(malloc(sizeof *keys));
    keys->from = keys->to = NULL;
    keys->count = 0;
    r->view = v;
    r->width = path->width;
    r->room = v->attribute_room;
    tick(r->room);
    for (uint32_t i = 0; i < v->entry_count; i++)
        if (v->entries[i].part->attributes)
            open_entry(&v->entries[i], r->room, path, keys, &r->of[i]);
    free(keys);
    return r;
}

void attribute_close(struct attribute_reader *r)
{
    for (uint32_t i = 0; r && i < r->view->entry_count; i++) {
        version_unref(r->of[i].version);
        free(r->of[i].differ);
    }
    free(r);
}

// NULL where the block is not kept as this search sees it.
static struct version *version_of(const struct attribute_reader *r, const struct block *b,
                                  uint32_t *out_block)
{
    DCHECK(b->view == r->view);
    const struct entry *e = b->part;
    const struct reading *at = &r->of[e - r->view->entries];
    *out_block = b->index - e->first_block;
    return at->differ && bit_get(at->differ, *out_block) ? NULL : at->version;
}

const void *attribute_codes(const struct attribute_reader *r, const struct block *b)
{
    uint32_t block;
    const struct version *v = version_of(r, b, &block);
    const struct piece *p = v ? piece_at(v, block) : NULL;
    return p ? p->codes : NULL;
}

struct combinations *attribute_combinations(const struct attribute_reader *r, const struct block *b)
{
    DCHECK(b->view == r->view);
    const struct entry *e = b->part;
    return r->of[e - r->view->entries].combinations;
}

bool attribute_is_whole(const struct attribute_reader *r, const struct block *b)
{
    uint32_t block;
    const struct version *v = version_of(r, b, &block);
    const struct piece *p = v ? piece_at(v, block) : NULL;
    return p && p->lacks_none;
}

static bool has_room(const struct attribute_reader *r, uint64_t bytes)
{
    uint64_t used = __atomic_load_n(&r->room->used, __ATOMIC_RELAXED);
    return used < r->room->limit && bytes <= r->room->limit - used;
}

static uint32_t piece_bytes(const struct attribute_reader *r, const struct block *b)
{
    return (uint32_t)sizeof(struct piece) + b->row_count * r->width;
}

bool attribute_takes(const struct attribute_reader *r, const struct block *b)
{
    uint32_t block;
    return version_of(r, b, &block) && has_room(r, piece_bytes(r, b));
}

void attribute_keep(const struct attribute_reader *r, const struct block *b, const void *codes)
{
    uint32_t block;
    struct version *v = version_of(r, b, &block);
    uint32_t bytes = piece_bytes(r, b);
    // A block that could not be read is full of keys that are none.
    if (!v || !has_room(r, bytes) || read_fault_is_noted())
        return;
    struct piece *p = checked(malloc(bytes));
    *p = (struct piece){.refs = 1, .bytes = bytes, .room = r->room};
    p->lacks_none = r->width == 1 && !memchr(codes, UINT8_MAX, b->row_count);
    memcpy(p->codes, codes, (size_t)b->row_count * r->width);
    room_take(r->room, bytes);
    struct piece *had = NULL;
    if (!__atomic_compare_exchange_n(&v->pieces[block], &had, p, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE))
        piece_unref(p);
}

uint32_t attribute_missing(const struct attribute_reader *r)
{
    uint32_t missing = 0;
    for (uint32_t i = 0; i < r->view->entry_count; i++) {
        const struct reading *at = &r->of[i];
        for (uint32_t b = 0; b < entry_block_count(&r->view->entries[i]); b++)
            missing +=
                !at->version || (at->differ && bit_get(at->differ, b)) || !piece_at(at->version, b);
    }
    return missing;
}
