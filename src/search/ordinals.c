// SPDX-License-Identifier: Apache-2.0
#include "search/ordinals.h"

#include "base/check.h"
#include "kernel/compare.h"
#include "kernel/gather.h"
#include "kernel/histogram.h"
#include "kernel/mask.h"
#include "kernel/ordinal.h"

#include <string.h>

enum { POSITIONS_MAX = 8192, DOMINANT_ROWS_MIN = 1024, OTHERS_ONE_IN = 8 };

static struct codes codes_of(const struct ordinals *o)
{
    return (struct codes){o->width, o->at};
}

// Parents in several buckets and one key for all: at * key_bound.
static void scale(const struct ordinals *parents, uint32_t key_bound, uint32_t count,
                  struct ordinals *out, void *room)
{
    static const uint8_t zeros[POSITIONS_MAX];
    out->bound = (parents->bound - 1) * key_bound + 1;
    out->width = width_for(out->bound);
    ordinal_join(codes_of(parents), key_bound, (struct codes){WIDTH_U8, zeros}, count, out->width,
                 room);
    out->at = room;
}

struct ordinals ordinals_plain(const struct ordinals *o, uint32_t count, void *room)
{
    struct ordinals out = *o;
    if (!o->through)
        return out;
    uint16_t narrow[UINT8_MAX];
    out.through = NULL;
    out.bound = o->through_bound;
    out.width = out.bound <= UINT16_MAX ? WIDTH_U16 : WIDTH_U32;
    out.at = room;
    for (uint32_t i = 0; i < o->bound; i++)
        narrow[i] = (uint16_t)o->through[i];
    if (out.width == WIDTH_U16)
        gather_u16_by(narrow, o->bound, codes_of(o), count, room);
    else
        gather_u32_by(o->through, o->bound, codes_of(o), count, room);
    return out;
}

struct ordinals ordinals_join(const struct ordinals *parents, uint32_t key_bound,
                              const struct key_codes *keys, uint32_t count, void *room)
{
    DCHECK(!parents->through);
    struct ordinals out = {.base = parents->base * key_bound + keys->base,
                           .bound = keys->bound,
                           .width = keys->at ? keys->width : WIDTH_U8,
                           .at = keys->at};
    if (!parents->at)
        return out;
    if (!keys->at) {
        scale(parents, key_bound, count, &out, room);
        return out;
    }
    out.bound = (parents->bound - 1) * key_bound + keys->bound;
    out.width = width_for(out.bound);
    ordinal_join(codes_of(parents), key_bound, (struct codes){keys->width, keys->at}, count,
                 out.width, room);
    out.at = room;
    return out;
}

struct ordinals ordinals_mask(const struct ordinals *o, const uint64_t *bits, uint32_t count,
                              void *room)
{
    struct ordinals out = *o;
    if (!o->at)
        memset(room, 0, count);
    else if (o->at != room)
        memcpy(room, o->at, (size_t)count * o->width);
    ordinal_mask(out.width, room, bits, count);
    out.at = room;
    return out;
}

const uint32_t *ordinals_wide(const struct ordinals *o, uint32_t count, uint32_t *room)
{
    if (o->through) {
        gather_u32_by(o->through, o->bound, codes_of(o), count, room);
        for (uint32_t i = 0; i < count; i++)
            room[i] = room[i] == ORDINAL_NONE ? ORDINAL_NONE : room[i] + o->base;
        return room;
    }
    if (o->at && o->width == WIDTH_U32 && o->base == 0)
        return o->at;
    if (!o->at) {
        for (uint32_t i = 0; i < count; i++)
            room[i] = o->base;
        return room;
    }
    ordinal_widen(codes_of(o), count, WIDTH_U32, room);
    for (uint32_t i = 0; i < count; i++)
        room[i] = room[i] == ORDINAL_NONE ? ORDINAL_NONE : room[i] + o->base;
    return room;
}

static void count_u8(const uint8_t *at, uint32_t count, uint32_t bound, uint64_t *counts)
{
    if (bound <= HISTOGRAM_FEW) {
        histogram_few_u8(at, count, bound, counts);
        return;
    }
    uint64_t all[256] = {0};
    histogram_u8(at, count, all);
    for (uint32_t i = 0; i < bound; i++)
        counts[i] += all[i];
}

static void count_through(const struct ordinals *o, uint32_t count, uint64_t *counts)
{
    uint64_t all[256] = {0};
    count_u8(o->at, count, o->bound, all);
    for (uint32_t i = 0; i < o->bound; i++)
        counts[o->through[i]] += all[i];
}

void ordinals_count(const struct ordinals *o, uint32_t count, uint64_t *counts)
{
    counts += o->base;
    if (o->through)
        count_through(o, count, counts);
    else if (!o->at)
        counts[0] += count;
    else if (o->width == WIDTH_U8)
        count_u8(o->at, count, o->bound, counts);
    else if (o->width == WIDTH_U16)
        histogram_u16(o->at, count, o->bound, counts);
    else
        histogram_u32(o->at, count, o->bound, counts);
}

#define COUNT_FEW(type)                                \
    for (uint32_t i = 0; i < few; i++) {               \
        uint32_t ord = ((const type *)o->at)[room[i]]; \
        if (ord < o->bound)                            \
            counts[ord]++;                             \
    }

void ordinals_count_few(const struct ordinals *o, const uint64_t *bits, uint32_t count,
                        uint16_t *room, uint64_t *counts)
{
    uint32_t few = mask_rows(bits, count, room);
    counts += o->base;
    if (o->through)
        for (uint32_t i = 0; i < few; i++) {
            uint8_t at = ((const uint8_t *)o->at)[room[i]];
            if (at < o->bound)
                counts[o->through[at]]++;
        }
    else if (!o->at)
        counts[0] += few;
    else if (o->width == WIDTH_U8)
        COUNT_FEW(uint8_t)
    else if (o->width == WIDTH_U16)
        COUNT_FEW(uint16_t)
    else
        COUNT_FEW(uint32_t)
}

// Bits of the rows whose key is another than `dominant`; how many.
static uint32_t find_others(const uint8_t *keys, uint32_t count, uint8_t dominant, uint64_t *bits)
{
    compare_range_u8(keys, count, dominant, dominant, bits);
    mask_not(bits, count);
    return (uint32_t)mask_count(bits, count);
}

// Tries two keys: of most rows, where one key is nearly all.
static bool find_dominant(const struct key_codes *keys, uint32_t count, uint64_t *others,
                          uint8_t *out)
{
    const uint8_t *at = keys->at;
    const uint8_t tried[] = {at[0], at[count / 2]};
    for (unsigned i = 0; i < 2; i++) {
        *out = tried[i];
        if (tried[i] < keys->bound && (i == 0 || tried[1] != tried[0]) &&
            find_others(at, count, tried[i], others) <= count / OTHERS_ONE_IN)
            return true;
    }
    return false;
}

static uint32_t place_of(const struct ordinals *o, uint32_t at)
{
    return o->through ? o->through[at] : at;
}

bool ordinals_count_dominant(const struct ordinals *parents, uint32_t key_bound,
                             const struct key_codes *keys, uint32_t count, uint16_t *room,
                             uint64_t *counts)
{
    uint64_t others[POSITIONS_MAX / 64];
    uint8_t dominant;
    bool is_narrow = parents->at && parents->width == WIDTH_U8 && keys->at &&
                     keys->width == WIDTH_U8 && count >= DOMINANT_ROWS_MIN;
    if (!is_narrow || parents->bound * keys->bound <= HISTOGRAM_FEW ||
        !find_dominant(keys, count, others, &dominant))
        return false;
    const uint8_t *at = parents->at;
    const uint8_t *codes = keys->at;
    counts += (size_t)parents->base * key_bound + keys->base;
    uint64_t all[256] = {0};
    count_u8(at, count, parents->bound, all);
    for (uint32_t i = 0; i < parents->bound; i++)
        if (all[i])
            counts[(size_t)place_of(parents, i) * key_bound + dominant] += all[i];
    uint32_t other_count = mask_rows(others, count, room);
    for (uint32_t i = 0; i < other_count; i++) {
        uint32_t row = room[i];
        if (at[row] >= parents->bound)
            continue;
        uint64_t *own = counts + (size_t)place_of(parents, at[row]) * key_bound;
        own[dominant]--;
        own[codes[row]] += codes[row] < keys->bound;
    }
    return true;
}
