// SPDX-License-Identifier: Apache-2.0
#include "store/units.h"

#include "base/check.h"
#include "store/slabs.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/sysinfo.h>

enum {
    SLAB_BYTES_MAX = 32 << 20,
    SLABS_LEAST = 16,   // a small budget is cut into so many
    LOOKED_AT = 64,     // units, to find one that goes
    OLDEST_ONE_IN = 16, // so often the one goes that was not wanted for longest
    OWN_ONE_IN = 8,     // of the budget, that others' memory never takes
};

_Atomic uint32_t units_clock = 1;

struct retired { // out of sight, but some thread was reading it
    void *body;
    size_t bytes;
};

struct units {
    pthread_mutex_t lock; // held over no reading
    pthread_cond_t loaded;
    struct slabs slabs;
    uint64_t bytes_max;
    uint64_t charged;    // piece by piece
    uint64_t beside;     // as a whole
    struct unit **items; // in memory
    uint32_t count, size;
    uint32_t hand; // where looking for one that goes begins
    struct retired *retired;
    uint32_t retired_count, retired_size;
    uint64_t loads, bytes_loaded, gone;
};

uint64_t units_default_bytes(void)
{
    struct sysinfo machine;
    CHECK(sysinfo(&machine) == 0);
    return (uint64_t)machine.totalram * machine.mem_unit / 5 * 2;
}

struct units *units_new(uint64_t bytes_max)
{
    struct units *p = calloc(1, sizeof *p);
    CHECK(p != NULL);
    p->bytes_max = bytes_max ? bytes_max : units_default_bytes();
    uint64_t slab = p->bytes_max / SLABS_LEAST;
    slabs_init(&p->slabs, slab < SLAB_BYTES_MAX ? slab : SLAB_BYTES_MAX);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->loaded, NULL);
    return p;
}

uint64_t units_too_large(const struct units *p)
{
    return p->bytes_max / 4;
}

static void reap(struct units *p)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < p->retired_count; i++) {
        if (hazard_is_read(p->retired[i].body))
            p->retired[kept++] = p->retired[i];
        else
            slabs_give(&p->slabs, p->retired[i].body, p->retired[i].bytes);
    }
    p->retired_count = kept;
}

void units_free(struct units *p)
{
    if (!p)
        return;
    reap(p);
    CHECK(p->count == 0 && p->retired_count == 0);
    slabs_done(&p->slabs);
    free(p->items);
    free(p->retired);
    pthread_cond_destroy(&p->loaded);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

// ---- going ----

static void retire(struct units *p, void *body, size_t bytes)
{
    if (p->retired_count == p->retired_size) {
        p->retired_size = p->retired_size ? 2 * p->retired_size : 16;
        p->retired = realloc(p->retired, p->retired_size * sizeof *p->retired);
        CHECK(p->retired != NULL);
    }
    p->retired[p->retired_count++] = (struct retired){body, bytes};
}

static void take_out(struct units *p, struct unit *u)
{
    void *body = atomic_exchange(&u->body, NULL);
    p->items[u->place] = p->items[--p->count];
    p->items[u->place]->place = u->place;
    if (hazard_is_read(body))
        retire(p, body, u->bytes);
    else
        slabs_give(&p->slabs, body, u->bytes);
}

// Who goes rather.  Those that were wanted within the last loads are what searches are
// working on, and go last.  Of the others those that only one scan has passed go first, and
// of these the one it passed last: a scan longer than the budget that is asked again then
// finds most of what was kept, where the longest unwanted would always be the next it needs.
static bool goes_rather(const struct unit *a, const struct unit *b, uint32_t recent)
{
    uint32_t now = atomic_load(&units_clock);
    uint32_t age_a = now - atomic_load(&a->wanted);
    uint32_t age_b = now - atomic_load(&b->wanted);
    bool busy_a = age_a < recent;
    bool busy_b = age_b < recent;
    if (busy_a || busy_b)
        return busy_a && busy_b ? age_a > age_b : busy_b;
    bool again_a = atomic_load(&a->is_again);
    bool again_b = atomic_load(&b->is_again);
    return again_a != again_b ? again_b : age_a < age_b;
}

static bool is_older(const struct unit *a, const struct unit *b)
{
    uint32_t now = atomic_load(&units_clock);
    return now - atomic_load(&a->wanted) > now - atomic_load(&b->wanted);
}

// Looks at some of the units, others each time.  What nobody has wanted for very long goes
// now and then whatever it was, or it would stay for ever.
static struct unit *victim(struct units *p)
{
    uint32_t looks = p->count < LOOKED_AT ? p->count : LOOKED_AT;
    uint32_t recent = p->count / 2 < UNITS_RECENT ? p->count / 2 : UNITS_RECENT;
    bool oldest = p->gone % OLDEST_ONE_IN == OLDEST_ONE_IN - 1;
    struct unit *out = NULL;
    for (uint32_t i = 0; i < looks; i++) {
        struct unit *u = p->items[(p->hand + i) % p->count];
        if (!out || (oldest ? is_older(u, out) : goes_rather(u, out, recent)))
            out = u;
    }
    p->hand = p->count ? (p->hand + looks) % p->count : 0;
    return out;
}

static bool let_one_go(struct units *p)
{
    struct unit *u = victim(p);
    if (!u)
        return false;
    take_out(p, u);
    p->gone++;
    return true;
}

static uint64_t room_of(const struct units *p)
{
    uint64_t own = p->bytes_max / OWN_ONE_IN;
    uint64_t others = p->charged + p->beside;
    return others < p->bytes_max - own ? p->bytes_max - others : own;
}

// Everything of the slab with least in it goes, so that the slab does.
static bool empty_a_slab(struct units *p)
{
    const void *at = NULL;
    size_t bytes = 0;
    if (!slabs_emptiest(&p->slabs, &at, &bytes))
        return false;
    uint32_t before = p->count;
    for (uint32_t i = p->count; i-- > 0;) {
        struct unit *u = p->items[i];
        if ((uintptr_t)atomic_load(&u->body) - (uintptr_t)at < bytes)
            take_out(p, u);
    }
    p->gone += before - p->count;
    return before > p->count;
}

// ---- coming ----

// Past the budget when all that could go has.
static void *make_room(struct units *p, size_t bytes)
{
    reap(p);
    void *at = slabs_take(&p->slabs, bytes, room_of(p));
    while (!at && let_one_go(p))
        at = slabs_take(&p->slabs, bytes, room_of(p));
    size_t most = p->slabs.bytes + bytes + SLAB_GRANULE_BYTES; // no slab larger than the piece
    return at ? at : slabs_take(&p->slabs, bytes, most);
}

static void put_in(struct units *p, struct unit *u, void *body)
{
    if (p->count == p->size) {
        p->size = p->size ? 2 * p->size : 64;
        p->items = realloc(p->items, p->size * sizeof(struct unit *));
        CHECK(p->items != NULL);
    }
    u->place = p->count;
    p->items[p->count++] = u;
    atomic_store(&u->is_again, false);
    atomic_store(&u->passed_by, 0);
    atomic_store(&u->wanted, atomic_fetch_add(&units_clock, 1) + 1);
    atomic_store(&u->body, body);
    p->loads++;
    p->bytes_loaded += u->bytes;
}

// With the lock held, which is let go while the bytes are read.
static enum err fill(struct units *p, struct unit *u, const struct unit_filler *f,
                     struct fault *why)
{
    u->bytes = f->bytes;
    void *body = make_room(p, f->bytes);
    if (!body)
        return fail(why, ERR_LIMIT, "no memory for %zu bytes", f->bytes);
    u->is_loading = true;
    pthread_mutex_unlock(&p->lock);
    enum err e = f->fill(f->context, body, why);
    pthread_mutex_lock(&p->lock);
    u->is_loading = false;
    atomic_store(&u->is_broken, e != OK);
    if (e)
        slabs_give(&p->slabs, body, f->bytes);
    else
        put_in(p, u, body);
    pthread_cond_broadcast(&p->loaded);
    return e;
}

const void *units_load(struct units *p, struct unit *u, const struct unit_filler *f,
                       struct fault *why)
{
    enum err e = OK;
    pthread_mutex_lock(&p->lock);
    while (u->is_loading)
        pthread_cond_wait(&p->loaded, &p->lock);
    if (!atomic_load(&u->body))
        e = fill(p, u, f, why);
    const void *body = e ? NULL : atomic_load(&u->body);
    if (body) { // nothing goes while the lock is held
        hazard_set(body);
        unit_touch(u);
    }
    pthread_mutex_unlock(&p->lock);
    return body;
}

void units_drop(struct units *p, struct unit *u)
{
    pthread_mutex_lock(&p->lock);
    if (atomic_load(&u->body))
        take_out(p, u);
    pthread_mutex_unlock(&p->lock);
}

bool units_have_room(struct units *p, size_t bytes)
{
    pthread_mutex_lock(&p->lock);
    bool has = p->slabs.bytes + bytes <= room_of(p);
    pthread_mutex_unlock(&p->lock);
    return has;
}

// ---- others' memory ----

static void keep_to_room(struct units *p)
{
    reap(p);
    while (p->slabs.bytes > room_of(p) && empty_a_slab(p))
        ;
}

void units_charge(struct units *p, uint64_t bytes)
{
    pthread_mutex_lock(&p->lock);
    p->charged += bytes;
    keep_to_room(p);
    pthread_mutex_unlock(&p->lock);
}

void units_charge_beside(struct units *p, uint64_t bytes)
{
    pthread_mutex_lock(&p->lock);
    p->beside = bytes;
    keep_to_room(p);
    pthread_mutex_unlock(&p->lock);
}

void units_discharge(struct units *p, uint64_t bytes)
{
    pthread_mutex_lock(&p->lock);
    CHECK(p->charged >= bytes);
    p->charged -= bytes;
    pthread_mutex_unlock(&p->lock);
}

void units_stats(struct units *p, struct units_stats *out)
{
    pthread_mutex_lock(&p->lock);
    *out = (struct units_stats){
        .bytes_max = p->bytes_max,
        .bytes = p->slabs.bytes,
        .bytes_charged = p->charged + p->beside,
        .count = p->count,
        .loads = p->loads,
        .bytes_loaded = p->bytes_loaded,
        .gone = p->gone,
    };
    pthread_mutex_unlock(&p->lock);
}
