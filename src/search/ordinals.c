// SPDX-License-Identifier: Apache-2.0
#include "search/ordinals.h"

#include "kernel/histogram.h"
#include "kernel/mask.h"
#include "kernel/ordinal.h"

#include <string.h>

static struct codes codes_of(const struct ordinals *o)
{
    return (struct codes){o->width, o->at};
}

// Parents in several buckets and one key for all: at * key_bound.
static void scale(const struct ordinals *parents, uint32_t key_bound, uint32_t count,
                  struct ordinals *out, void *room)
{
    static const uint8_t zeros[8192];
    out->bound = (parents->bound - 1) * key_bound + 1;
    out->width = width_for(out->bound);
    ordinal_join(codes_of(parents), key_bound, (struct codes){WIDTH_U8, zeros}, count, out->width,
                 room);
    out->at = room;
}

struct ordinals ordinals_join(const struct ordinals *parents, uint32_t key_bound,
                              const struct key_codes *keys, uint32_t count, void *room)
{
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

void ordinals_count(const struct ordinals *o, uint32_t count, uint64_t *counts)
{
    counts += o->base;
    if (!o->at)
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
    if (!o->at)
        counts[0] += few;
    else if (o->width == WIDTH_U8)
        COUNT_FEW(uint8_t)
    else if (o->width == WIDTH_U16)
        COUNT_FEW(uint16_t)
    else
        COUNT_FEW(uint32_t)
}
