// SPDX-License-Identifier: Apache-2.0
#include "search/budget.h"

#include "base/check.h"

#include <stdio.h>

enum { SIZE_TEXT_BYTES = 32 };

// NOLINTNEXTLINE(readability-function-size): what a budget is said to be, in one place.
void budget_init(struct budget *b, struct budget *up, const char *kind, const char *setting,
                 size_t limit)
{
    CHECK(limit < SIZE_MAX / 4);
    *b = (struct budget){.up = up, .kind = kind, .setting = setting, .limit = limit};
}

static void give_below(struct budget *from, const struct budget *end, size_t bytes)
{
    for (struct budget *b = from; b != end; b = b->up)
        atomic_fetch_sub_explicit(&b->used, bytes, memory_order_relaxed);
}

static void note_most(struct budget *b, size_t used)
{
    size_t most = atomic_load_explicit(&b->most, memory_order_relaxed);
    while (used > most && !atomic_compare_exchange_weak_explicit(
                              &b->most, &most, used, memory_order_relaxed, memory_order_relaxed))
        continue;
}

// 0: taken; else what would have been used.
static size_t take_one(struct budget *b, size_t bytes)
{
    size_t before = atomic_fetch_add_explicit(&b->used, bytes, memory_order_relaxed);
    if (before <= b->limit && bytes <= b->limit - before) {
        note_most(b, before + bytes);
        return 0;
    }
    atomic_fetch_sub_explicit(&b->used, bytes, memory_order_relaxed);
    return before + bytes;
}

bool budget_take(struct budget *b, size_t bytes)
{
    if (bytes > SIZE_MAX / 4) // more than there is, and sums stay sums
        bytes = SIZE_MAX / 4;
    for (struct budget *at = b; at; at = at->up) {
        size_t wanted = take_one(at, bytes);
        if (wanted == 0)
            continue;
        give_below(b, at, bytes);
        atomic_fetch_add_explicit(&at->refusals, 1, memory_order_relaxed);
        atomic_store_explicit(&b->wanted, wanted, memory_order_relaxed);
        atomic_store_explicit(&b->refused_by, at, memory_order_release);
        return false;
    }
    return true;
}

bool budget_has(const struct budget *b, size_t bytes)
{
    for (; b; b = b->up) {
        size_t used = atomic_load_explicit(&b->used, memory_order_relaxed);
        if (used > b->limit || bytes > b->limit - used)
            return false;
    }
    return true;
}

void budget_give(struct budget *b, size_t bytes)
{
    DCHECK(atomic_load(&b->used) >= bytes);
    give_below(b, NULL, bytes);
}

// "1536/1.5kb": as Elasticsearch writes sizes, one digit after the point, cut, not rounded.
static const char *size_text(size_t bytes, char out[SIZE_TEXT_BYTES])
{
    static const char *const units[] = {"b", "kb", "mb", "gb", "tb", "pb"};
    size_t unit = 0;
    size_t divisor = 1;
    while (unit + 1 < sizeof units / sizeof units[0] && bytes / divisor >= 1024) {
        divisor *= 1024;
        unit++;
    }
    unsigned tenth = (unsigned)(bytes % divisor * 10 / divisor);
    int len = snprintf(out, SIZE_TEXT_BYTES, "%zu/%zu", bytes, bytes / divisor);
    if (tenth)
        len += snprintf(out + len, SIZE_TEXT_BYTES - (size_t)len, ".%u", tenth);
    snprintf(out + len, SIZE_TEXT_BYTES - (size_t)len, "%s", units[unit]);
    return out;
}

enum err budget_fault(const struct budget *b, struct fault *why)
{
    char wanted[SIZE_TEXT_BYTES];
    char limit[SIZE_TEXT_BYTES];
    const struct budget *by = atomic_load_explicit(&b->refused_by, memory_order_acquire);
    CHECK(by != NULL);
    return fail(why, ERR_LIMIT,
                "circuit_breaking_exception: [%s] Data too large, data for [search] would be [%s], "
                "which is larger than the limit of [%s]. This limit can be set by changing the "
                "[%s] setting.",
                by->kind, size_text(atomic_load_explicit(&b->wanted, memory_order_relaxed), wanted),
                size_text(by->limit, limit), by->setting);
}
