// SPDX-License-Identifier: Apache-2.0
#include "kernel/gather.h"

#include "kernel/kernel_private.h"

// --- portable

// An index outside looks at element 0 and takes none, so no row branches.
// NOLINTBEGIN(bugprone-macro-parentheses): types take none
#define GATHER_ANY(name, type)                                                                   \
    INLINE void name##_of(enum width width, const type *table, uint32_t len, const void *index,  \
                          uint32_t n, type *out)                                                 \
    {                                                                                            \
        for (uint32_t i = 0; i < n; i++) {                                                       \
            uint32_t at = raw_at(width, index, i);                                               \
            type got = table[at < len ? at : 0];                                                 \
            out[i] = at < len ? got : (type)-1;                                                  \
        }                                                                                        \
    }                                                                                            \
    static void name(const type *table, uint32_t len, struct codes index, uint32_t n, type *out) \
    {                                                                                            \
        len = bound_below_none(index.width, len);                                                \
        if (len == 0)                                                                            \
            memset(out, 0xff, n * sizeof *out);                                                  \
        else                                                                                     \
            FOR_WIDTH(index.width, name##_of, table, len, index.at, n, out);                     \
    }
// NOLINTEND(bugprone-macro-parentheses)

GATHER_ANY(u8_any, uint8_t)
GATHER_ANY(u16_any, uint16_t)
GATHER_ANY(u32_any, uint32_t)

static const struct gather_kernels any = {u8_any, u16_any, u32_any};

const struct gather_kernels *gather_kernels(enum simd simd)
{
    (void)simd;
    return &any;
}
