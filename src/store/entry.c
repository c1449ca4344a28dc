// SPDX-License-Identifier: Apache-2.0
#include "store/entry.h"

#include "base/check.h"

enum { BLOCK_WORDS = BLOCK_ROWS / 64, LIVE_BYTES = BLOCK_ROWS / 8 };

static const uint64_t every[BLOCK_WORDS] = {[0 ... BLOCK_WORDS - 1] = UINT64_MAX};
static const uint64_t nothing[BLOCK_WORDS];

struct entry entry_of_part(struct part *p)
{
    return (struct entry){
        .part = p,
        .live = cow_new(LIVE_BYTES),
        .rows = p->segment_rows,
        .live_rows = p->segment_rows,
    };
}

struct entry entry_ref(const struct entry *e)
{
    struct entry copy = *e;
    part_ref(copy.part);
    cow_ref(copy.live);
    return copy;
}

void entry_unref(struct entry *e)
{
    part_unref(e->part);
    cow_unref(e->live);
    *e = (struct entry){0};
}

uint32_t entry_block_count(const struct entry *e)
{
    return e->rows / BLOCK_ROWS + (e->rows % BLOCK_ROWS != 0);
}

uint32_t entry_block_rows(const struct entry *e, uint32_t block)
{
    uint32_t left = e->rows - block * BLOCK_ROWS;
    return left < BLOCK_ROWS ? left : BLOCK_ROWS;
}

// Live bits of a block nobody wrote to.
static const uint64_t *untouched(const struct entry *e, uint32_t block)
{
    if (e->part->memory)
        return nothing;
    return block + 1 < entry_block_count(e) ? every : e->part->all;
}

const uint64_t *entry_live(const struct entry *e, uint32_t block)
{
    const uint64_t *bits = cow_leaf(e->live, block);
    return bits ? bits : untouched(e, block);
}

bool entry_is_live(const struct entry *e, uint32_t row)
{
    return row < e->rows && bit_get(entry_live(e, row / BLOCK_ROWS), row % BLOCK_ROWS);
}

static uint64_t *live_to_write(struct entry *e, uint32_t block)
{
    bool fresh = false;
    uint64_t *bits = cow_write(&e->live, block, &fresh);
    if (fresh)
        memcpy(bits, untouched(e, block), LIVE_BYTES);
    return bits;
}

void entry_grow(struct entry *e, uint32_t count)
{
    CHECK(e->part->memory);
    for (uint32_t row = e->rows, end = e->rows + count; row < end;) {
        uint64_t *bits = live_to_write(e, row / BLOCK_ROWS);
        do {
            bit_set(bits, row % BLOCK_ROWS);
            row++;
        } while (row < end && row % BLOCK_ROWS != 0);
    }
    e->rows += count;
    e->live_rows += count;
}

bool entry_kill(struct entry *e, uint32_t row)
{
    if (!entry_is_live(e, row))
        return false;
    uint64_t *bits = live_to_write(e, row / BLOCK_ROWS);
    bits[row % BLOCK_ROWS / 64] &= ~((uint64_t)1 << (row % 64));
    e->live_rows--;
    return true;
}

static uint32_t bits_count(const uint64_t *bits)
{
    uint32_t count = 0;
    for (uint32_t w = 0; w < BLOCK_WORDS; w++)
        count += (uint32_t)__builtin_popcountll(bits[w]);
    return count;
}

void entry_set_live(struct entry *e, uint32_t block, const uint64_t *bits)
{
    uint64_t *to = live_to_write(e, block);
    uint32_t before = bits_count(to);
    const uint64_t *all = untouched(e, block);
    for (uint32_t w = 0; w < BLOCK_WORDS; w++)
        to[w] = bits[w] & all[w];
    e->live_rows = e->live_rows - before + bits_count(to);
}

bool entries_find(const struct entry *entries, uint32_t count, uint64_t row, uint32_t *out_entry,
                  uint32_t *out_place)
{
    uint32_t low = 0;
    uint32_t high = count;
    while (low < high) { // the first entry that begins after `row`
        uint32_t middle = low + (high - low) / 2;
        if (entries[middle].part->first_row <= row)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return false;
    const struct entry *e = &entries[low - 1];
    uint64_t offset = row - e->part->first_row;
    uint32_t place = 0;
    if (e->part->memory) {
        if (offset >= e->rows)
            return false;
        place = (uint32_t)offset;
    } else if (!rowmap_find(e->part->rowmap, offset, &place)) {
        return false;
    }
    *out_entry = low - 1;
    *out_place = place;
    return true;
}

// One input block; gives how many rows of it are in `out`.
static uint32_t carry_block(struct entry *out, uint32_t place, const uint64_t *then,
                            const uint64_t *now)
{
    uint32_t held = 0;
    for (uint32_t w = 0; w < BLOCK_WORDS; w++) {
        for (uint64_t died = then[w] & ~now[w]; died; died &= died - 1) {
            uint64_t below = (died & -died) - 1;
            uint32_t rank = (uint32_t)__builtin_popcountll(then[w] & below);
            CHECK(entry_kill(out, place + held + rank));
        }
        held += (uint32_t)__builtin_popcountll(then[w]);
    }
    return held;
}

void entry_carry_deaths(struct entry *out, const struct entry *then, const struct entry *now,
                        uint32_t input_count)
{
    uint32_t place = 0;
    for (uint32_t i = 0; i < input_count; i++) {
        CHECK(then[i].part == now[i].part);
        if (then[i].live == now[i].live) {
            place += then[i].live_rows;
            continue;
        }
        for (uint32_t b = 0; b < entry_block_count(&then[i]); b++)
            place += carry_block(out, place, entry_live(&then[i], b), entry_live(&now[i], b));
    }
    CHECK(place == out->rows);
}
