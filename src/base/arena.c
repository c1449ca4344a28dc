// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"

#include "base/check.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLOCK_BYTES_MIN = 64 * 1024,
    KEEP_PART = 8, // an arena keeps up to this part of its budget over a reset
};

struct block {
    struct block *older;
    size_t used;
    size_t size;
    alignas(max_align_t) unsigned char bytes[];
};

struct arena {
    struct block *newest;
    size_t budget, budget_left;
};

struct arena *arena_new(size_t budget_bytes)
{
    struct arena *a = calloc(1, sizeof *a);
    CHECK(a != NULL);
    a->budget = a->budget_left = budget_bytes;
    return a;
}

static void drop_older_than(struct arena *a, struct block *keep)
{
    while (a->newest != keep) {
        struct block *b = a->newest;
        a->newest = b->older;
        a->budget_left += b->size;
        free(b);
    }
}

void arena_free(struct arena *a)
{
    if (!a)
        return;
    drop_older_than(a, NULL);
    free(a);
}

static void add_block(struct arena *a, size_t bytes)
{
    size_t size = bytes > BLOCK_BYTES_MIN ? bytes : BLOCK_BYTES_MIN;
    CHECK(size <= a->budget_left);
    struct block *b = calloc(1, sizeof *b + size);
    CHECK(b != NULL);
    b->older = a->newest;
    b->size = size;
    a->newest = b;
    a->budget_left -= size;
}

// Rounds of like size, as changesets are: what took several blocks will find one.  A block
// asked of the system anew costs more than all that is put into it.
static bool join_blocks(struct arena *a)
{
    size_t bytes = a->budget - a->budget_left;
    if (!a->newest || !a->newest->older || bytes > a->budget / KEEP_PART)
        return false;
    drop_older_than(a, NULL);
    add_block(a, bytes);
    return true;
}

void arena_reset(struct arena *a)
{
    if (join_blocks(a))
        return;
    struct block *first = a->newest;
    while (first && first->older)
        first = first->older;
    drop_older_than(a, first);
    if (first) {
        memset(first->bytes, 0, first->used);
        first->used = 0;
    }
}

void *arena_alloc(struct arena *a, size_t bytes)
{
    const size_t align = alignof(max_align_t);
    CHECK(bytes <= SIZE_MAX / 2);
    size_t rounded = (bytes + align - 1) / align * align;
    if (!a->newest || a->newest->size - a->newest->used < rounded)
        add_block(a, rounded);
    void *p = a->newest->bytes + a->newest->used;
    a->newest->used += rounded;
    return p;
}

struct slice arena_copy(struct arena *a, struct slice bytes)
{
    uint8_t *at = arena_alloc(a, bytes.len + 1);
    if (bytes.len)
        memcpy(at, bytes.at, bytes.len);
    return slice_of(at, bytes.len);
}

const char *arena_string(struct arena *a, struct slice bytes)
{
    return (const char *)arena_copy(a, bytes).at;
}

struct slice arena_print(struct arena *a, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    CHECK(len >= 0);
    char *at = arena_alloc(a, (size_t)len + 1);
    vsnprintf(at, (size_t)len + 1, format, again);
    va_end(again);
    return slice_of(at, (size_t)len);
}
