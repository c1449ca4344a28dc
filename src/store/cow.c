// SPDX-License-Identifier: Apache-2.0
#include "store/cow.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE_LEAVES = 64 };

struct leaf {
    uint32_t refs;
    uint32_t unused; // keeps the bytes aligned for 64-bit words
    uint8_t bytes[];
};

struct page {
    uint32_t refs;
    struct leaf *leaves[PAGE_LEAVES];
};

struct cow {
    uint32_t refs;
    uint32_t leaf_bytes;
    uint32_t page_count;
    void *notes[COW_NOTES];
    struct page *pages[];
};

static void *checked(void *at)
{
    CHECK(at);
    return at;
}

// NOLINTNEXTLINE(readability-non-const-parameter): changed by an atomic
static void refs_up(uint32_t *refs)
{
    __atomic_fetch_add(refs, 1, __ATOMIC_RELAXED);
}

// NOLINTNEXTLINE(readability-non-const-parameter): changed by an atomic
static bool refs_down_to_none(uint32_t *refs)
{
    return __atomic_fetch_sub(refs, 1, __ATOMIC_ACQ_REL) == 1;
}

// Nobody else can raise a count of one: new references come from a holder.
static bool is_mine(const uint32_t *refs)
{
    return __atomic_load_n(refs, __ATOMIC_ACQUIRE) == 1;
}

struct cow *cow_new(uint32_t leaf_bytes)
{
    struct cow *c = checked(calloc(1, sizeof *c));
    c->refs = 1;
    c->leaf_bytes = leaf_bytes;
    return c;
}

struct cow *cow_ref(struct cow *c)
{
    refs_up(&c->refs);
    return c;
}

static void leaf_unref(struct leaf *l)
{
    if (l && refs_down_to_none(&l->refs))
        free(l);
}

static void page_unref(struct page *p)
{
    if (!p || !refs_down_to_none(&p->refs))
        return;
    for (uint32_t i = 0; i < PAGE_LEAVES; i++)
        leaf_unref(p->leaves[i]);
    free(p);
}

static void drop_notes(struct cow *c)
{
    for (unsigned i = 0; i < COW_NOTES; i++) {
        free(c->notes[i]);
        c->notes[i] = NULL;
    }
}

const void *cow_note(const struct cow *c, unsigned slot)
{
    DCHECK(slot < COW_NOTES);
    return __atomic_load_n(&c->notes[slot], __ATOMIC_ACQUIRE);
}

const void *cow_put_note(struct cow *c, unsigned slot, void *note)
{
    DCHECK(slot < COW_NOTES);
    void *had = NULL;
    if (__atomic_compare_exchange_n(&c->notes[slot], &had, note, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE))
        return note;
    free(note);
    return had;
}

void cow_unref(struct cow *c)
{
    if (!c || !refs_down_to_none(&c->refs))
        return;
    drop_notes(c);
    for (uint32_t i = 0; i < c->page_count; i++)
        page_unref(c->pages[i]);
    free(c);
}

const void *cow_leaf(const struct cow *c, uint32_t index)
{
    uint32_t page = index / PAGE_LEAVES;
    if (page >= c->page_count || !c->pages[page])
        return NULL;
    const struct leaf *l = c->pages[page]->leaves[index % PAGE_LEAVES];
    return l ? l->bytes : NULL;
}

static size_t root_bytes(uint32_t page_count)
{
    return sizeof(struct cow) + page_count * sizeof(struct page *);
}

// A root of our own with at least `page_count` pages.
static struct cow *root_to_write(struct cow *c, uint32_t page_count)
{
    uint32_t had = c->page_count;
    uint32_t want = page_count > had ? page_count : had;
    bool mine = is_mine(&c->refs);
    if (mine)
        drop_notes(c);
    if (mine && want == had)
        return c;
    struct cow *to = checked(mine ? realloc(c, root_bytes(want)) : malloc(root_bytes(want)));
    if (!mine) {
        memcpy(to->pages, c->pages, had * sizeof(struct page *)); // not the count: it moves
        memset(to->notes, 0, sizeof to->notes);
        to->refs = 1;
        to->leaf_bytes = c->leaf_bytes;
        for (uint32_t i = 0; i < had; i++) {
            if (to->pages[i])
                refs_up(&to->pages[i]->refs);
        }
        cow_unref(c);
    }
    for (uint32_t i = had; i < want; i++)
        to->pages[i] = NULL;
    to->page_count = want;
    return to;
}

static struct page *page_to_write(struct page *p)
{
    if (!p) {
        p = checked(calloc(1, sizeof *p));
        p->refs = 1;
        return p;
    }
    if (is_mine(&p->refs))
        return p;
    struct page *to = checked(malloc(sizeof *to));
    memcpy(to->leaves, p->leaves, sizeof p->leaves);
    to->refs = 1;
    for (uint32_t i = 0; i < PAGE_LEAVES; i++) {
        if (to->leaves[i])
            refs_up(&to->leaves[i]->refs);
    }
    page_unref(p);
    return to;
}

static struct leaf *leaf_to_write(struct leaf *l, uint32_t bytes, bool *out_fresh)
{
    *out_fresh = !l;
    if (l && is_mine(&l->refs))
        return l;
    struct leaf *to = checked(l ? malloc(sizeof *to + bytes) : calloc(1, sizeof *to + bytes));
    to->refs = 1;
    if (l)
        memcpy(to->bytes, l->bytes, bytes);
    leaf_unref(l);
    return to;
}

void *cow_write(struct cow **c, uint32_t index, bool *out_fresh)
{
    uint32_t page = index / PAGE_LEAVES;
    *c = root_to_write(*c, page + 1);
    struct page **p = &(*c)->pages[page];
    *p = page_to_write(*p);
    struct leaf **l = &(*p)->leaves[index % PAGE_LEAVES];
    *l = leaf_to_write(*l, (*c)->leaf_bytes, out_fresh);
    return (*l)->bytes;
}

static const struct page *page_at(const struct cow *c, uint32_t page)
{
    return page < c->page_count ? c->pages[page] : NULL;
}

bool cow_differing(const struct cow *a, const struct cow *b, uint32_t *index)
{
    uint32_t pages = a->page_count > b->page_count ? a->page_count : b->page_count;
    for (uint32_t page = *index / PAGE_LEAVES; page < pages; page++) {
        const struct page *p = page_at(a, page);
        const struct page *q = page_at(b, page);
        uint32_t at = *index / PAGE_LEAVES == page ? *index % PAGE_LEAVES : 0;
        for (; p != q && at < PAGE_LEAVES; at++) {
            if ((p ? p->leaves[at] : NULL) != (q ? q->leaves[at] : NULL)) {
                *index = page * PAGE_LEAVES + at;
                return true;
            }
        }
    }
    return false;
}

uint32_t cow_leaves(const struct cow *c)
{
    return c->page_count * PAGE_LEAVES;
}

uint64_t cow_bytes(const struct cow *c)
{
    uint64_t bytes = root_bytes(c->page_count);
    for (uint32_t i = 0; i < c->page_count; i++) {
        if (!c->pages[i])
            continue;
        bytes += sizeof(struct page);
        for (uint32_t k = 0; k < PAGE_LEAVES; k++)
            bytes += c->pages[i]->leaves[k] ? sizeof(struct leaf) + c->leaf_bytes : 0;
    }
    return bytes;
}
