// SPDX-License-Identifier: Apache-2.0
#include "audit/book.h"
#include "audit/heads.h"
#include "audit/witness.h"
#include "unit/audit/shelf.h"

#include <time.h>

enum { FILES_MAX = 64, TAMPERS = 1500, TAMPERS_LONG = 10000 };

// The log's files in memory, to change and to put back.
struct copy {
    char name[32];
    struct buf bytes;
};

struct library {
    struct shelf shelf, other; // the log, and the witness's place
    struct copy files[FILES_MAX];
    uint32_t count;
    struct audit_head witness;
};

static void read_files(struct library *l)
{
    DIR *d = opendir(l->shelf.path);
    for (struct dirent *e = readdir(d); e; e = readdir(d)) {
        if (e->d_name[0] == '.')
            continue;
        struct copy *c = &l->files[l->count++];
        snprintf(c->name, sizeof c->name, "%.30s", e->d_name);
        c->bytes = buf_init(1 << 24);
        EXPECT_EQ(world_read_file(&l->shelf.world, c->name, &c->bytes, NULL), OK);
    }
    closedir(d);
}

// Some segments, some heads, all signed, with a witness.
static void library_open(struct library *l, int entries)
{
    memset(l, 0, sizeof *l);
    shelf_open(&l->shelf);
    shelf_open(&l->other);
    const struct audit_options o = {.journal = {.segment_bytes = 1500}, .witness = l->other.path};
    struct audit *a = NULL;
    EXPECT_EQ(audit_open(&l->shelf.world, &o, &a, NULL), OK);
    for (int i = 0; i < entries; i++) {
        struct arena *request AUTO(arena_freep) = arena_new(1 << 16);
        struct row_key rows[2] = {{0, (uint64_t)i}, {0, (uint64_t)i + 7}};
        const struct slice indices[] = {slice_text("events")};
        const struct audit_set set = {.rows = rows, .row_count = 2};
        struct audit_entry e = {.kind = AUDIT_ANSWER,
                                .status = 200,
                                .principal = slice_text(i % 3 ? "ana" : "bob"),
                                .rows = 2,
                                .indices = indices,
                                .index_count = 1,
                                .sets = &set,
                                .set_count = 1};
        EXPECT(audited_may_leave(audit_answer(a, &e, request)));
        if (i % 4 == 3)
            EXPECT_EQ(audit_tick(a, shelf_sign, &l->shelf, NULL), OK);
    }
    EXPECT_EQ(audit_tick(a, shelf_sign, &l->shelf, NULL), OK);
    struct audit_stats stats;
    audit_stats(a, &stats);
    l->witness = stats.head;
    audit_close(a);
    read_files(l);
}

static void library_close(struct library *l)
{
    for (uint32_t i = 0; i < l->count; i++)
        buf_done(&l->files[i].bytes);
    shelf_close(&l->other);
    shelf_close(&l->shelf);
}

static void write_file(const struct library *l, const char *name, struct slice bytes)
{
    int fd = openat(l->shelf.world.dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    EXPECT(fd >= 0);
    EXPECT_EQ(write(fd, bytes.at, bytes.len), (ssize_t)bytes.len);
    close(fd);
}

static void put_back(const struct library *l)
{
    shelf_empty(&l->shelf);
    for (uint32_t i = 0; i < l->count; i++)
        write_file(l, l->files[i].name, buf_slice(&l->files[i].bytes));
}

static enum err verify(const struct library *l, bool is_whole, struct fault *why)
{
    const struct book_options o = {
        .key = l->shelf.key, .witnesses = &l->witness, .witness_count = 1, .is_whole = is_whole};
    struct book *b = NULL;
    enum err e = book_open(&l->shelf.world, &o, &b, why);
    book_close(b);
    return e;
}

TEST(book_of_an_honest_log_holds)
{
    struct library l;
    library_open(&l, 50);
    struct fault why = {0};
    EXPECT_EQ(verify(&l, true, &why), OK);
    EXPECT_EQ(verify(&l, false, &why), OK);
    EXPECT(l.count > 3); // several segments
    library_close(&l);
}

static uint64_t random_state;

static size_t random_below(size_t bound)
{
    random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
    return bound ? (size_t)(random_state >> 33) % bound : 0;
}

static struct copy *random_file(struct library *l)
{
    return &l->files[random_below(l->count)];
}

static void flip(struct library *l)
{
    struct copy *c = random_file(l);
    size_t at = random_below(c->bytes.len);
    uint8_t bit = (uint8_t)(1u << random_below(8));
    c->bytes.at[at] ^= bit;
    write_file(l, c->name, buf_slice(&c->bytes));
    c->bytes.at[at] ^= bit;
}

static void cut(struct library *l)
{
    struct copy *c = random_file(l);
    write_file(l, c->name, slice_of(c->bytes.at, random_below(c->bytes.len)));
}

static void cut_out(struct library *l)
{
    struct copy *c = random_file(l);
    size_t from = random_below(c->bytes.len);
    size_t len = 1 + random_below(c->bytes.len - from);
    struct buf left AUTO(buf_donep) = buf_init(1 << 24);
    buf_bytes(&left, c->bytes.at, from);
    buf_bytes(&left, c->bytes.at + from + len, c->bytes.len - from - len);
    write_file(l, c->name, buf_slice(&left));
}

static void remove_file(struct library *l)
{
    EXPECT_EQ(unlinkat(l->shelf.world.dir, random_file(l)->name, 0), 0);
}

static void replace_file(struct library *l)
{
    struct copy *a = random_file(l);
    struct copy *b = random_file(l);
    while (b == a)
        b = random_file(l);
    write_file(l, a->name, buf_slice(&b->bytes));
}

static void replay(struct library *l)
{
    struct copy *c = random_file(l);
    size_t from = random_below(c->bytes.len);
    size_t len = 1 + random_below(c->bytes.len - from);
    struct buf more AUTO(buf_donep) = buf_init(1 << 25);
    buf_bytes(&more, c->bytes.at, from + len);
    buf_bytes(&more, c->bytes.at + from, c->bytes.len - from);
    write_file(l, c->name, buf_slice(&more));
}

static void write_random(struct library *l)
{
    struct copy *c = random_file(l);
    struct buf other AUTO(buf_donep) = buf_init(1 << 24);
    buf_slice_add(&other, buf_slice(&c->bytes));
    size_t from = random_below(c->bytes.len);
    size_t len = 1 + random_below(c->bytes.len - from);
    for (size_t i = 0; i < len; i++)
        other.at[from + i] = (uint8_t)(c->bytes.at[from + i] + 1 + random_below(255));
    write_file(l, c->name, buf_slice(&other));
}

// A record's place and length: the way somebody would go who knows the format.
struct places {
    size_t at[256], bytes[256];
    uint32_t count;
};

static enum err note_place(void *context, const struct audit_record *r, const struct hash256 *leaf,
                           struct fault *why)
{
    struct places *p = context;
    (void)leaf;
    (void)why;
    p->bytes[p->count++] = r->bytes;
    return OK;
}

static struct copy *random_segment(struct library *l, struct places *out)
{
    struct copy *c = random_file(l);
    uint64_t first;
    while (!segment_name_parse(c->name, &first))
        c = random_file(l);
    struct merkle tree;
    size_t end = 0;
    size_t at = 0;
    const struct segment_walk walk = {note_place, out};
    out->count = 0;
    EXPECT_EQ(segment_walk(buf_slice(&c->bytes), &walk, &tree, &end, NULL), OK);
    EXPECT_EQ(segment_header_decode(buf_slice(&c->bytes), &tree, &at, NULL), OK);
    for (uint32_t i = 0; i < out->count; i++) {
        out->at[i] = at;
        at += out->bytes[i];
    }
    return c;
}

static void put_record(struct buf *out, const struct copy *c, const struct places *p, uint32_t i)
{
    buf_bytes(out, c->bytes.at + p->at[i], p->bytes[i]);
}

// Two records change places.
static void reorder(struct library *l)
{
    struct places p;
    struct copy *c = random_segment(l, &p);
    while (p.count < 2)
        c = random_segment(l, &p);
    uint32_t a = (uint32_t)random_below(p.count);
    uint32_t b = (uint32_t)random_below(p.count);
    while (a == b)
        b = (uint32_t)random_below(p.count);
    struct buf other AUTO(buf_donep) = buf_init(1 << 24);
    buf_bytes(&other, c->bytes.at, p.at[0]);
    for (uint32_t i = 0; i < p.count; i++)
        put_record(&other, c, &p, i == a ? b : i == b ? a : i);
    write_file(l, c->name, buf_slice(&other));
}

// An entry is written anew, with everything that needs no key made to fit: what only the
// signed heads can tell.
static void forge(struct library *l)
{
    struct places p;
    struct copy *c = random_segment(l, &p);
    while (p.count == 0)
        c = random_segment(l, &p);
    uint32_t at = (uint32_t)random_below(p.count);
    struct buf other AUTO(buf_donep) = buf_init(1 << 24);
    buf_bytes(&other, c->bytes.at, p.at[0]);
    for (uint32_t i = 0; i < p.count; i++) {
        if (i != at) {
            put_record(&other, c, &p, i);
            continue;
        }
        struct audit_leaf leaf = audit_leaf_decode(c->bytes.at + p.at[i] + AUDIT_RECORD_HEAD_BYTES);
        struct buf body AUTO(buf_donep) = shelf_body(1000 + random_below(1000));
        audit_body_digest(buf_slice(&body), leaf.digest);
        audit_record_encode(&leaf, buf_slice(&body), &other);
    }
    write_file(l, c->name, buf_slice(&other));
}

// Everything as it was some entries ago, as far as the files show: the witness knows.
static void roll_back(struct library *l)
{
    struct places p;
    struct copy *c = &l->files[0];
    struct copy *heads = NULL;
    for (uint32_t i = 0; i < l->count; i++) {
        uint64_t number;
        if (segment_name_parse(l->files[i].name, &number) &&
            (!segment_name_parse(c->name, &number) || strcmp(l->files[i].name, c->name) > 0))
            c = &l->files[i];
        if (heads_name_parse(l->files[i].name, &number))
            heads = &l->files[i];
    }
    struct copy *any = random_segment(l, &p);
    while (any != c)
        any = random_segment(l, &p);
    uint32_t keep = (uint32_t)random_below(p.count);
    write_file(l, c->name, slice_of(c->bytes.at, p.at[keep]));
    uint64_t first = 0;
    EXPECT(segment_name_parse(c->name, &first));
    size_t len = heads->bytes.len;
    while (len && audit_head_decode(heads->bytes.at + len - AUDIT_HEAD_BYTES).size > first + keep)
        len -= AUDIT_HEAD_BYTES;
    write_file(l, heads->name, slice_of(heads->bytes.at, len));
}

static void roll_back_heads(struct library *l)
{
    for (uint32_t i = 0; i < l->count; i++) {
        uint64_t number;
        size_t heads = l->files[i].bytes.len / AUDIT_HEAD_BYTES;
        if (heads_name_parse(l->files[i].name, &number))
            write_file(l, l->files[i].name,
                       slice_of(l->files[i].bytes.at, random_below(heads) * AUDIT_HEAD_BYTES));
    }
}

static bool is_as_it_was(const struct library *l)
{
    bool same = true;
    for (uint32_t i = 0; i < l->count; i++) {
        struct buf now AUTO(buf_donep) = buf_init(1 << 24);
        enum err e = world_read_file(&l->shelf.world, l->files[i].name, &now, NULL);
        same = same && e == OK && slice_equal(buf_slice(&now), buf_slice(&l->files[i].bytes));
    }
    return same;
}

static void tamper_with_all(int tampers)
{
    static void (*const ways[])(struct library *) = {
        flip,         cut,     cut_out, remove_file, replace_file,   replay,
        write_random, reorder, forge,   roll_back,   roll_back_heads};
    const size_t way_count = sizeof ways / sizeof *ways;
    struct library l;
    library_open(&l, 40);
    random_state = 20240611;
    int found = 0;
    for (int i = 0; i < tampers; i++) {
        size_t way = (size_t)i % way_count;
        struct fault why = {0};
        ways[way](&l);
        if (is_as_it_was(&l)) {
            i--; // bytes that repeat: what was cut out or put in changed nothing
            continue;
        }
        // As a log that is closed: a live one may end in bytes of an entry being written.
        if (verify(&l, true, &why) == OK)
            test_fail(__FILE__, __LINE__, "tamper %d, way %zu, was not found", i, way);
        bool has_place = strstr(why.words, ".seg") || strstr(why.words, ".heads") ||
                         strstr(why.words, "witness") || strstr(why.words, "no audit log") ||
                         strstr(why.words, "entries from");
        if (!has_place)
            test_fail(__FILE__, __LINE__, "tamper %d, way %zu, has no place: %s", i, way,
                      why.words);
        found++;
        put_back(&l);
    }
    EXPECT_EQ(found, tampers);
    EXPECT_EQ(verify(&l, true, NULL), OK);
    library_close(&l);
}

TEST(book_finds_every_tamper_and_names_its_place)
{
    tamper_with_all(getenv("TAMIS_LONG") ? TAMPERS_LONG : TAMPERS);
}

TEST(book_finds_any_bit_that_was_changed)
{
    struct library l;
    library_open(&l, 6);
    for (uint32_t f = 0; f < l.count; f++) {
        struct copy *c = &l.files[f];
        for (size_t at = 0; at < c->bytes.len; at++) {
            uint8_t bit = (uint8_t)(1u << at % 8);
            c->bytes.at[at] ^= bit;
            write_file(&l, c->name, buf_slice(&c->bytes));
            EXPECT_EQ(verify(&l, false, NULL), ERR_CORRUPT);
            c->bytes.at[at] ^= bit;
        }
        write_file(&l, c->name, buf_slice(&c->bytes));
    }
    library_close(&l);
}

static enum err count_entry(void *context, const struct audit_entry *e, struct fault *why)
{
    (void)why;
    uint64_t *next = context;
    EXPECT_EQ(e->number, *next);
    ++*next;
    return OK;
}

TEST(book_tells_its_entries_and_proves_each)
{
    struct library l;
    library_open(&l, 30);
    const struct book_options o = {.key = l.shelf.key};
    struct book *b = NULL;
    EXPECT_EQ(book_open(&l.shelf.world, &o, &b, NULL), OK);
    struct book_facts facts = book_facts(b);
    EXPECT_EQ(facts.entries, 30);
    EXPECT_EQ(facts.unsigned_entries, 0);
    uint64_t next = 11;
    EXPECT_EQ(book_each(b, 11, count_entry, &next, NULL), OK);
    EXPECT_EQ(next, 30);
    for (uint64_t i = 0; i < 30; i++) {
        struct book_proof p;
        struct hash256 leaf;
        EXPECT_EQ(book_prove(b, i, facts.head.size, &p, NULL), OK);
        merkle_leaf(slice_of(p.leaf, sizeof p.leaf), &leaf);
        EXPECT(merkle_inclusion_holds(&leaf, i, facts.head.size, &p.path, &facts.head.root));
    }
    struct book_proof p;
    EXPECT_EQ(book_prove(b, 30, 30, &p, NULL), ERR_NOT_FOUND);
    book_close(b);
    library_close(&l);
}

static enum err refuse_last(void *context, const struct audit_entry *e, struct fault *why)
{
    const uint64_t *last = context;
    return e->number == *last ? fail(why, ERR_CORRUPT, "not this one") : OK;
}

TEST(book_tells_what_its_reader_finds_wrong_with_the_last_entry)
{
    struct library l;
    library_open(&l, 30);
    const struct book_options o = {.key = l.shelf.key};
    struct book *b = NULL;
    EXPECT_EQ(book_open(&l.shelf.world, &o, &b, NULL), OK);
    uint64_t last = 29;
    EXPECT_EQ(book_each(b, 0, refuse_last, &last, NULL), ERR_CORRUPT);
    book_close(b);
    library_close(&l);
}

TEST(book_of_a_log_without_its_start_holds)
{
    struct shelf s;
    shelf_open(&s);
    const struct audit_options o = {.journal = {.segment_bytes = 1500}, .bytes_max = 4000};
    struct audit *a = NULL;
    EXPECT_EQ(audit_open(&s.world, &o, &a, NULL), OK);
    for (int i = 0; i < 200; i++) {
        struct arena *request AUTO(arena_freep) = arena_new(1 << 16);
        struct audit_entry e = {.kind = AUDIT_ANSWER, .principal = slice_text("ana")};
        EXPECT(audited_may_leave(audit_answer(a, &e, request)));
        if (i % 8 == 7)
            EXPECT_EQ(audit_tick(a, shelf_sign, &s, NULL), OK);
    }
    EXPECT_EQ(audit_tick(a, shelf_sign, &s, NULL), OK);
    audit_close(a);
    const struct book_options check = {.key = s.key};
    struct book *b = NULL;
    EXPECT_EQ(book_open(&s.world, &check, &b, NULL), OK);
    EXPECT(book_facts(b).first > 0);
    book_close(b);
    shelf_close(&s);
}

TEST(book_is_exported_as_far_as_its_last_head)
{
    struct library l;
    struct shelf copy;
    library_open(&l, 30);
    shelf_open(&copy);
    const struct book_options live = {.key = l.shelf.key};
    const struct book_options whole = {.key = l.shelf.key, .is_whole = true};
    struct journal_options o = {.segment_bytes = 1 << 20};
    struct audit_options log = {.journal = o};
    struct audit *a = NULL;
    struct book *b = NULL;
    struct book *exported = NULL;
    EXPECT_EQ(audit_open(&l.shelf.world, &log, &a, NULL), OK);
    EXPECT_EQ(audit_start(a, NULL, 0, NULL), OK); // and no head over it
    audit_close(a);
    EXPECT_EQ(book_open(&l.shelf.world, &live, &b, NULL), OK);
    struct book_facts from = book_facts(b);
    EXPECT_EQ(from.unsigned_entries, 1);
    EXPECT_EQ(book_export(b, &copy.world, NULL), OK);
    EXPECT_EQ(book_open(&copy.world, &whole, &exported, NULL), OK);
    struct book_facts to = book_facts(exported);
    EXPECT_EQ(to.entries, from.head.size);
    EXPECT_EQ(to.heads, from.heads);
    EXPECT(hash256_equal(&to.head.root, &from.head.root));
    uint64_t next = 0;
    EXPECT_EQ(book_each(exported, 0, count_entry, &next, NULL), OK);
    EXPECT_EQ(next, from.head.size);
    book_close(exported);
    book_close(b);
    shelf_close(&copy);
    library_close(&l);
}
