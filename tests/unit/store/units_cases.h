// SPDX-License-Identifier: Apache-2.0
#pragma once

// Units whose body is their number again and again, made by a filler that counts.

#include "store/slabs.h"
#include "store/units.h"
#include "test.h"

enum { CASE_BYTES = 4 * SLAB_GRANULE_BYTES, CASE_WORDS = CASE_BYTES / 8 };

struct case_unit {
    struct unit unit;
    uint64_t number;
    _Atomic uint32_t fills;
    bool fails;
};

static inline enum err case_fill(const void *context, void *body, struct fault *why)
{
    // NOLINTNEXTLINE(performance-no-int-to-ptr): takes const away; it counts.
    struct case_unit *c = (struct case_unit *)(uintptr_t)context;
    uint64_t *words = body;
    c->fills++;
    if (c->fails)
        return fail(why, ERR_IO, "the test said no");
    for (int i = 0; i < CASE_WORDS; i++)
        words[i] = c->number;
    return OK;
}

static inline const uint64_t *case_hold(struct units *p, struct case_unit *c)
{
    struct unit_filler f = {.fill = case_fill, .context = c, .bytes = CASE_BYTES};
    const void *body = unit_hold(&c->unit);
    return body ? body : units_load(p, &c->unit, &f, NULL);
}

// Wants it for a moment, and sees that it is whole.
static inline void case_want(struct units *p, struct case_unit *c)
{
    const uint64_t *words = case_hold(p, c);
    EXPECT(words && words[0] == c->number && words[CASE_WORDS - 1] == c->number);
    unit_let_go();
}
