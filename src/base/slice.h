// SPDX-License-Identifier: Apache-2.0
#pragma once

// A slice: some bytes that belong to somebody else.
//
// Passed by value.  Not NUL-terminated; may hold any byte.  Whoever hands out a
// slice says how long its bytes stay put.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
    const uint8_t *at;
    size_t len;
};

static inline struct slice slice_of(const void *at, size_t len)
{
    return (struct slice){.at = at, .len = len};
}

static inline bool slice_equal(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

// Of a C string, without its NUL.
static inline struct slice slice_text(const char *text)
{
    return slice_of(text, strlen(text));
}

static inline bool slice_is(struct slice s, const char *text)
{
    return slice_equal(s, slice_text(text));
}

static inline bool slice_starts(struct slice s, struct slice start)
{
    return s.len >= start.len && (start.len == 0 || memcmp(s.at, start.at, start.len) == 0);
}

static inline struct slice slice_from(struct slice s, size_t skip)
{
    if (s.len == 0)
        return s; // which may be NULL, to which nothing may be added, not even 0
    size_t step = skip < s.len ? skip : s.len;
    return slice_of(s.at + step, s.len - step);
}

// memcmp order, shorter first where one starts the other.
static inline int slice_compare(struct slice a, struct slice b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len ? memcmp(a.at, b.at, len) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

// For printf's "%.*s".
#define SLICE_PRINT(s) (int)(s).len, (const char *)(s).at
