// SPDX-License-Identifier: Apache-2.0
#include "server/packs.h"

#include "base/check.h"
#include "server/gzip.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct pack {
    _Atomic uint32_t refs; // its place is one of them
    uint64_t number;
    struct gzip_piece piece;
};

struct packs {
    pthread_mutex_t places; // guards all below
    struct pack *at[PACKS_COUNT];
    size_t bytes;
};

struct packs *packs_new(void)
{
    struct packs *p = calloc(1, sizeof *p);
    CHECK(p != NULL && pthread_mutex_init(&p->places, NULL) == 0);
    return p;
}

static void release(struct pack *one)
{
    if (!one || atomic_fetch_sub(&one->refs, 1) != 1)
        return;
    buf_done(&one->piece.blocks);
    free(one);
}

void packs_free(struct packs *p)
{
    if (!p)
        return;
    for (uint32_t i = 0; i < PACKS_COUNT; i++)
        release(p->at[i]);
    pthread_mutex_destroy(&p->places);
    free(p);
}

static struct pack *find(struct packs *p, uint64_t number)
{
    pthread_mutex_lock(&p->places);
    struct pack *one = p->at[number % PACKS_COUNT];
    if (one && one->number == number)
        atomic_fetch_add(&one->refs, 1);
    else
        one = NULL;
    pthread_mutex_unlock(&p->places);
    return one;
}

static struct pack *make(uint64_t number, struct slice plain, struct fault *why)
{
    struct pack *one = calloc(1, sizeof *one);
    CHECK(one != NULL);
    *one = (struct pack){.refs = 1, .number = number};
    if (gzip_piece_make(plain, &one->piece, why) == OK)
        return one;
    release(one);
    return NULL;
}

// Takes the place of what is there, where there is room for it.
static void keep(struct packs *p, struct pack *one)
{
    pthread_mutex_lock(&p->places);
    struct pack **place = &p->at[one->number % PACKS_COUNT];
    struct pack *gone = *place;
    size_t left = p->bytes - (gone ? gone->piece.blocks.size : 0);
    bool fits = one->piece.blocks.size <= PACKS_BYTES_MAX - left;
    if (fits) {
        atomic_fetch_add(&one->refs, 1);
        *place = one;
        p->bytes = left + one->piece.blocks.size;
    }
    pthread_mutex_unlock(&p->places);
    if (fits)
        release(gone);
}

enum err packs_pack(struct packs *p, const struct api_kept *kept, struct slice body,
                    struct buf *out, struct fault *why)
{
    CHECK(kept->at <= body.len && kept->len <= body.len - kept->at);
    struct pack *one = find(p, kept->number);
    bool is_new = one == NULL;
    if (is_new)
        one = make(kept->number, slice_of(body.at + kept->at, kept->len), why);
    if (!one)
        return ERR_LIMIT;
    if (is_new)
        keep(p, one);
    CHECK(one->piece.plain_len == kept->len); // the same number is the same bytes
    enum err e = gzip_piece_join(slice_of(body.at, kept->at), &one->piece,
                                 slice_from(body, kept->at + kept->len), out, why);
    release(one);
    return e;
}

size_t packs_bytes(struct packs *p)
{
    pthread_mutex_lock(&p->places);
    size_t bytes = p->bytes;
    pthread_mutex_unlock(&p->places);
    return bytes;
}
