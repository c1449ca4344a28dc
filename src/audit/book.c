// SPDX-License-Identifier: Apache-2.0
#include "audit/book.h"

#include "audit/heads.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/num.h"

#include <stdlib.h>

enum {
    SEGMENT_READ_BYTES_MAX = 512 << 20,
    HEADS_READ_BYTES_MAX = 64 << 20,
    FILES_MAX = 1 << 20,
};

struct numbers {
    uint64_t *at;
    uint32_t count;
    bool (*parse)(const char *name, uint64_t *out);
};

struct book {
    const struct world *w;
    const struct book_options *o;
    struct numbers segments, heads;
    struct buf *head_bytes; // of each file of heads
    struct merkle before;   // the first segment
    struct merkle tree;     // as far as it was read
    struct hash256 *leaves;
    uint8_t (*leaf_bytes)[AUDIT_LEAF_BYTES];
    uint64_t count, size;
    int64_t last_ms;
    bool is_drop_told;     // an entry says that those before the first were deleted
    struct arena *scratch; // of one entry
    struct book_facts facts;
};

// --- which files there are

static void add_name(void *context, const char *name)
{
    struct numbers *n = context;
    uint64_t number;
    if (!n->parse(name, &number) || n->count == FILES_MAX)
        return;
    uint64_t *grown = realloc(n->at, (n->count + 1) * sizeof *grown);
    CHECK(grown != NULL);
    n->at = grown;
    n->at[n->count++] = number;
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static enum err list(const struct world *w, bool (*parse)(const char *name, uint64_t *out),
                     struct numbers *out, struct fault *why)
{
    out->parse = parse;
    enum err e = w->ops->list(w, ".", add_name, out, why);
    if (!e && out->count > 1)
        qsort(out->at, out->count, sizeof *out->at, by_number);
    return e;
}

// --- entries

static void grow(struct book *b)
{
    if (b->count < b->size)
        return;
    b->size = b->size ? 2 * b->size : 1024;
    b->leaves = realloc(b->leaves, b->size * sizeof *b->leaves);
    b->leaf_bytes = realloc(b->leaf_bytes, b->size * sizeof *b->leaf_bytes);
    CHECK(b->leaves != NULL && b->leaf_bytes != NULL);
}

// What retention deleted it wrote down first: the entry says what the first one left is.
static void note_drop(struct book *b, const struct audit_entry *e)
{
    for (uint32_t i = 0; e->kind == AUDIT_DROP && i < e->fact_count; i++) {
        uint64_t next = 0;
        if (slice_is(e->facts[i].name, "next") && parse_u64(e->facts[i].value, &next) == OK)
            b->is_drop_told = b->is_drop_told || next == b->before.size;
    }
}

static enum err take_entry(void *context, const struct audit_record *r, const struct hash256 *leaf,
                           struct fault *why)
{
    struct book *b = context;
    struct audit_entry e;
    unsigned long long number = r->leaf.number;
    if (r->leaf.time_ms < b->last_ms)
        return fail(why, ERR_CORRUPT, "entry %llu is older than the one before it", number);
    arena_reset(b->scratch);
    if (audit_body_decode(r->body, b->scratch, &e, why) != OK)
        return fail_in(why, ERR_CORRUPT, "entry %llu", number);
    b->last_ms = r->leaf.time_ms;
    note_drop(b, &e);
    grow(b);
    b->leaves[b->count] = *leaf;
    memcpy(b->leaf_bytes[b->count++], r->leaf_bytes, AUDIT_LEAF_BYTES);
    return OK;
}

static bool same_tree(const struct merkle *a, const struct merkle *b)
{
    return a->size == b->size &&
           memcmp(a->peaks, b->peaks, merkle_peak_count(a->size) * sizeof *a->peaks) == 0;
}

static enum err check_start(struct book *b, uint32_t at, struct slice bytes, struct fault *why)
{
    struct merkle before = {0};
    size_t header = 0;
    enum err e = segment_header_decode(bytes, &before, &header, why);
    if (e)
        return e;
    if (before.size != b->segments.at[at])
        return fail(why, ERR_CORRUPT, "it begins with entry %llu, not as its name says",
                    (unsigned long long)before.size);
    if (at == 0) {
        b->before = b->tree = before;
        return OK;
    }
    if (before.size > b->tree.size)
        return fail(why, ERR_CORRUPT, "entries %llu to %llu before it are missing",
                    (unsigned long long)b->tree.size, (unsigned long long)before.size - 1);
    return same_tree(&before, &b->tree)
               ? OK
               : fail(why, ERR_CORRUPT, "it does not go on where the one before it ends");
}

// A live log may end in an entry that is being written.
static enum err read_segment(struct book *b, uint32_t at, struct fault *why)
{
    char name[SEGMENT_NAME_BYTES];
    struct buf bytes AUTO(buf_donep) = buf_init(SEGMENT_READ_BYTES_MAX);
    const struct segment_walk walk = {take_entry, b};
    struct merkle tree = {0};
    size_t end = 0;
    segment_name(b->segments.at[at], name);
    enum err e = world_read_file(b->w, name, &bytes, why);
    if (!e)
        e = check_start(b, at, buf_slice(&bytes), why);
    if (!e) {
        e = segment_walk(buf_slice(&bytes), &walk, &tree, &end, why);
        b->tree = tree;
    }
    bool may_be_torn = at + 1 == b->segments.count && !b->o->is_whole && end > 0;
    if (e == ERR_CORRUPT && may_be_torn && strstr(why->words, "is cut off"))
        return OK; // whatever a head is over must be there: see check_head()
    return e ? fail_in(why, e, "%s at byte %zu", name, end) : OK;
}

static enum err read_segments(struct book *b, struct fault *why)
{
    if (b->segments.count == 0)
        return fail(why, ERR_NOT_FOUND, "no audit log is here");
    enum err e = OK;
    for (uint32_t i = 0; !e && i < b->segments.count; i++)
        e = read_segment(b, i, why);
    b->facts.first = b->before.size;
    b->facts.entries = b->tree.size;
    if (!e && b->before.size > 0 && !b->is_drop_told)
        e = fail(why, ERR_CORRUPT,
                 "the first segment left is %016llx.seg, and no entry says that retention deleted "
                 "those before it",
                 (unsigned long long)b->before.size);
    return e;
}

// --- heads

static struct merkle_range range_of(const struct book *b)
{
    return (struct merkle_range){&b->before, b->leaves, b->count};
}

// Trees of growing size: the leaves between two heads are added once.
struct climb {
    struct merkle tree;
};

static enum err check_head(struct book *b, struct climb *climb, const struct audit_head *h,
                           struct fault *why)
{
    if (b->o->key && !audit_head_is_signed(h, b->o->key))
        return fail(why, ERR_CORRUPT, "its signature is not of this key");
    if (h->size > b->tree.size)
        return fail(why, ERR_CORRUPT, "it is over %llu entries, and the log has %llu",
                    (unsigned long long)h->size, (unsigned long long)b->tree.size);
    if (h->size < b->before.size)
        return OK; // over entries that retention deleted: the signature is all there is
    while (climb->tree.size < h->size)
        merkle_add(&climb->tree, &b->leaves[climb->tree.size - b->before.size]);
    struct hash256 root;
    merkle_root(&climb->tree, &root);
    if (climb->tree.size == h->size && hash256_equal(&root, &h->root))
        return OK;
    return fail(why, ERR_CORRUPT, "the first %llu entries are not those it is over",
                (unsigned long long)h->size);
}

static enum err check_order(struct book *b, const struct audit_head *h, uint64_t want,
                            struct fault *why)
{
    const struct audit_head *last = &b->facts.head;
    if (h->number != want)
        return fail(why, ERR_CORRUPT, "it is number %llu", (unsigned long long)h->number);
    if (b->facts.has_head && (h->size <= last->size || h->time_ms < last->time_ms))
        return fail(why, ERR_CORRUPT, "it is not after the one before it");
    return OK;
}

static enum err check_heads_file(struct book *b, uint32_t at, struct climb *climb,
                                 struct fault *why)
{
    char name[HEADS_NAME_BYTES];
    const struct buf bytes = b->head_bytes[at];
    uint64_t want = b->heads.at[at];
    enum err e = OK;
    heads_name(want, name);
    if (b->facts.has_head && b->facts.head.number + 1 != want)
        e = fail(why, ERR_CORRUPT, "the heads from %llu on are missing",
                 (unsigned long long)b->facts.head.number + 1);
    bool may_be_torn = at + 1 == b->heads.count && !b->o->is_whole;
    if (!e && bytes.len % AUDIT_HEAD_BYTES && !may_be_torn)
        e = fail(why, ERR_CORRUPT, "it ends in the middle of a head");
    for (size_t i = 0; !e && i + AUDIT_HEAD_BYTES <= bytes.len; i += AUDIT_HEAD_BYTES) {
        struct audit_head h = audit_head_decode(bytes.at + i);
        e = check_order(b, &h, want, why);
        if (!e)
            e = check_head(b, climb, &h, why);
        if (e)
            return fail_in(why, e, "%s: head %llu", name, (unsigned long long)want);
        b->facts.has_head = true;
        b->facts.head = h;
        b->facts.heads++;
        want++;
    }
    return e ? fail_in(why, e, "%s", name) : OK;
}

static enum err check_witnesses(struct book *b, struct fault *why)
{
    enum err e = OK;
    for (uint32_t i = 0; !e && i < b->o->witness_count; i++) {
        const struct audit_head *h = &b->o->witnesses[i];
        struct climb climb = {.tree = b->before};
        e = check_head(b, &climb, h, why);
        if (!e && (!b->facts.has_head || b->facts.head.number < h->number))
            e = fail(why, ERR_CORRUPT, "the log has no head of this number any more");
        if (e)
            return fail_in(why, e, "witness: head %llu", (unsigned long long)h->number);
    }
    return e;
}

static enum err check_heads(struct book *b, struct fault *why)
{
    struct climb climb = {.tree = b->before};
    enum err e = OK;
    for (uint32_t i = 0; !e && i < b->heads.count; i++)
        e = check_heads_file(b, i, &climb, why);
    if (e)
        return e;
    uint64_t signed_entries = b->facts.has_head ? b->facts.head.size : 0;
    if (signed_entries < b->before.size)
        return fail(why, ERR_CORRUPT, "no head is over the entries that are here");
    b->facts.unsigned_entries = b->tree.size - signed_entries;
    if (b->facts.unsigned_entries)
        b->facts.unsigned_since_ms =
            audit_leaf_decode(b->leaf_bytes[signed_entries - b->before.size]).time_ms;
    if (b->o->is_whole && b->facts.unsigned_entries)
        return fail(why, ERR_CORRUPT, "entries from %llu on have no head",
                    (unsigned long long)signed_entries);
    return check_witnesses(b, why);
}

// Before the entries: a live log may get more of both meanwhile, and a head must not be over
// entries that were not read.
static enum err read_heads(struct book *b, struct fault *why)
{
    b->head_bytes = calloc(b->heads.count + 1, sizeof *b->head_bytes);
    CHECK(b->head_bytes != NULL);
    enum err e = OK;
    for (uint32_t i = 0; !e && i < b->heads.count; i++) {
        char name[HEADS_NAME_BYTES];
        heads_name(b->heads.at[i], name);
        b->head_bytes[i] = buf_init(HEADS_READ_BYTES_MAX);
        e = world_read_file(b->w, name, &b->head_bytes[i], why);
    }
    return e;
}

// --- the door

enum err book_open(const struct world *w, const struct book_options *o, struct book **out,
                   struct fault *why)
{
    struct book *b = calloc(1, sizeof *b);
    CHECK(b != NULL);
    struct fault own = {0};
    if (!why)
        why = &own;
    b->w = w;
    b->o = o;
    b->scratch = arena_new(AUDIT_ENTRY_ARENA_BYTES);
    enum err e = list(w, heads_name_parse, &b->heads, why);
    if (!e)
        e = read_heads(b, why);
    if (!e)
        e = list(w, segment_name_parse, &b->segments, why);
    if (!e)
        e = read_segments(b, why);
    if (!e)
        e = check_heads(b, why);
    if (e) {
        book_close(b);
        return e;
    }
    *out = b;
    return OK;
}

void book_close(struct book *b)
{
    if (!b)
        return;
    for (uint32_t i = 0; b->head_bytes && i < b->heads.count; i++)
        buf_done(&b->head_bytes[i]);
    free(b->head_bytes);
    free(b->segments.at);
    free(b->heads.at);
    free(b->leaves);
    free(b->leaf_bytes);
    arena_free(b->scratch);
    free(b);
}

struct book_facts book_facts(const struct book *b)
{
    return b->facts;
}

struct telling {
    struct book *b;
    uint64_t from;
    enum err (*each)(void *context, const struct audit_entry *e, struct fault *why);
    void *context;
    bool has_failed; // here or in `each`, not in what lies behind the last entry
};

static enum err tell_one(void *context, const struct audit_record *r, const struct hash256 *leaf,
                         struct fault *why)
{
    struct telling *t = context;
    struct book *b = t->b;
    uint64_t at = r->leaf.number - b->before.size;
    // What was checked when it was opened, and nothing that came since.
    if (r->leaf.number < t->from || at >= b->count)
        return OK;
    if (!hash256_equal(leaf, &b->leaves[at]))
        return fail(why, ERR_CORRUPT, "entry %llu was changed while the log was read",
                    (unsigned long long)r->leaf.number);
    struct audit_entry e;
    arena_reset(b->scratch);
    enum err failed = audit_body_decode(r->body, b->scratch, &e, why);
    if (failed)
        return failed;
    e.number = r->leaf.number;
    e.time_ms = r->leaf.time_ms;
    return t->each(t->context, &e, why);
}

static enum err tell(void *context, const struct audit_record *r, const struct hash256 *leaf,
                     struct fault *why)
{
    enum err e = tell_one(context, r, leaf, why);
    ((struct telling *)context)->has_failed = e != OK;
    return e;
}

enum err book_each(struct book *b, uint64_t from,
                   enum err (*each)(void *context, const struct audit_entry *e, struct fault *why),
                   void *context, struct fault *why)
{
    struct telling t = {.b = b, .from = from, .each = each, .context = context};
    const struct segment_walk walk = {tell, &t};
    enum err e = OK;
    for (uint32_t i = 0; !e && i < b->segments.count; i++) {
        if (i + 1 < b->segments.count && b->segments.at[i + 1] <= from)
            continue;
        char name[SEGMENT_NAME_BYTES];
        struct buf bytes AUTO(buf_donep) = buf_init(SEGMENT_READ_BYTES_MAX);
        struct merkle tree = {0};
        size_t end = 0;
        segment_name(b->segments.at[i], name);
        e = world_read_file(b->w, name, &bytes, why);
        if (!e)
            e = segment_walk(buf_slice(&bytes), &walk, &tree, &end, why);
        if (e == ERR_CORRUPT && !t.has_failed && tree.size >= b->tree.size)
            e = OK; // an entry that is being written
    }
    return e;
}

struct copying {
    const struct book *b;
    size_t bytes; // of the records that the last head is over
};

static enum err measure(void *context, const struct audit_record *r, const struct hash256 *leaf,
                        struct fault *why)
{
    struct copying *c = context;
    const struct book *b = c->b;
    if (r->leaf.number >= b->facts.head.size)
        return OK;
    c->bytes += r->bytes;
    if (hash256_equal(leaf, &b->leaves[r->leaf.number - b->before.size]))
        return OK;
    return fail(why, ERR_CORRUPT, "entry %llu was changed while the log was read",
                (unsigned long long)r->leaf.number);
}

static enum err copy_segment(struct book *b, uint32_t at, const struct world *to, struct fault *why)
{
    char name[SEGMENT_NAME_BYTES];
    struct buf bytes AUTO(buf_donep) = buf_init(SEGMENT_READ_BYTES_MAX);
    struct copying c = {.b = b};
    const struct segment_walk walk = {measure, &c};
    struct merkle tree = {0};
    size_t end = 0;
    size_t header = 0;
    segment_name(b->segments.at[at], name);
    enum err e = world_read_file(b->w, name, &bytes, why);
    if (!e)
        e = segment_header_decode(buf_slice(&bytes), &tree, &header, why);
    if (!e)
        e = segment_walk(buf_slice(&bytes), &walk, &tree, &end, why);
    if (e == ERR_CORRUPT && tree.size >= b->tree.size)
        e = OK; // an entry that is being written
    return e ? e : world_write_file(to, name, slice_of(bytes.at, header + c.bytes), why);
}

enum err book_export(struct book *b, const struct world *to, struct fault *why)
{
    enum err e = OK;
    if (!b->facts.has_head)
        return fail(why, ERR_NOT_FOUND, "no head is signed yet");
    for (uint32_t i = 0; !e && i < b->segments.count; i++) {
        if (i == 0 || b->segments.at[i] < b->facts.head.size)
            e = copy_segment(b, i, to, why);
    }
    for (uint32_t i = 0; !e && i < b->heads.count; i++) {
        char name[HEADS_NAME_BYTES];
        size_t torn = b->head_bytes[i].len % AUDIT_HEAD_BYTES; // a head that is being written
        heads_name(b->heads.at[i], name);
        e = world_write_file(to, name, slice_of(b->head_bytes[i].at, b->head_bytes[i].len - torn),
                             why);
    }
    return e;
}

enum err book_prove(const struct book *b, uint64_t number, uint64_t size, struct book_proof *out,
                    struct fault *why)
{
    const struct merkle_range r = range_of(b);
    if (number < b->before.size || number >= b->tree.size)
        return fail(why, ERR_NOT_FOUND, "entry %llu is not here", (unsigned long long)number);
    memcpy(out->leaf, b->leaf_bytes[number - b->before.size], AUDIT_LEAF_BYTES);
    return merkle_inclusion(&r, number, size, &out->path, why);
}

enum err book_consistency(const struct book *b, uint64_t first, uint64_t size,
                          struct merkle_proof *out, struct fault *why)
{
    const struct merkle_range r = range_of(b);
    return merkle_consistency(&r, first, size, out, why);
}
