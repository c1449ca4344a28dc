// SPDX-License-Identifier: Apache-2.0
#include "search/room.h"

#include "base/check.h"
#include "search/budget.h"

// An arena may leave the end of a block unused when a large piece comes; each piece is
// charged for that, so that the arena's own budget can never be met.
enum { PIECE_CHARGE_BYTES = 64 * 1024, SMALL_BYTES = 4096 };

// A small search asks its budget once or twice; one that grows asks for a part of what it has.
enum { TAKE_BYTES_MIN = 256 * 1024, TAKE_PART = 8 };

struct room room_init(size_t limit_bytes)
{
    CHECK(limit_bytes < SIZE_MAX / 8);
    size_t budget = 3 * limit_bytes + (size_t)16 * PIECE_CHARGE_BYTES;
    return (struct room){.arena = arena_new(budget), .bytes_left = limit_bytes};
}

// The arena's own bound is never met, whatever the budget is.
struct room room_in(struct budget *b)
{
    return (struct room){.arena = arena_new(SIZE_MAX / 2), .budget = b};
}

void room_done(struct room *r)
{
    if (r->taken)
        budget_give(r->budget, r->taken);
    r->taken = 0;
    arena_free(r->arena);
    r->arena = NULL;
}

static bool take_more(struct room *r, size_t charge)
{
    if (!r->budget)
        return false;
    size_t short_of = charge - r->bytes_left;
    size_t wish = r->taken / TAKE_PART > TAKE_BYTES_MIN ? r->taken / TAKE_PART : TAKE_BYTES_MIN;
    size_t take = short_of > wish ? short_of : wish;
    if (!budget_has(r->budget, take))
        take = short_of;
    if (!budget_take(r->budget, take))
        return false;
    r->taken += take;
    r->bytes_left += take;
    return true;
}

void *room_alloc(struct room *r, size_t bytes)
{
    size_t charge = bytes > SIZE_MAX / 2 ? SIZE_MAX : bytes;
    if (bytes > SMALL_BYTES && charge != SIZE_MAX)
        charge += PIECE_CHARGE_BYTES;
    if (charge > r->bytes_left && !take_more(r, charge)) {
        r->is_over = true;
        return NULL;
    }
    r->bytes_left -= charge;
    return arena_alloc(r->arena, bytes ? bytes : 1);
}

void *room_grow(struct room *r, void *at, size_t *cap, size_t need, size_t bytes)
{
    if (need <= *cap)
        return at;
    size_t want = *cap ? *cap * 2 : 16;
    if (want < need)
        want = need;
    if (want > SIZE_MAX / 2 / bytes)
        return room_alloc(r, SIZE_MAX); // refused, and remembered
    void *grown = room_alloc(r, want * bytes);
    if (!grown)
        return NULL;
    if (*cap)
        memcpy(grown, at, *cap * bytes);
    *cap = want;
    return grown;
}
