// SPDX-License-Identifier: Apache-2.0
#include "search/patience.h"

#include "base/world.h"

// The first to find an end says which it is.
static void finish(struct patience *p, enum patience_end end)
{
    int none = PATIENCE_GOES_ON;
    (void)atomic_compare_exchange_strong(&p->end, &none, end);
}

// True for one thread every PATIENCE_LOOK_US, the first time at once.
static bool takes_look(struct patience *p, int64_t now_us)
{
    int64_t next_us = atomic_load_explicit(&p->next_look_us, memory_order_relaxed);
    return now_us >= next_us && atomic_compare_exchange_strong_explicit(
                                    &p->next_look_us, &next_us, now_us + PATIENCE_LOOK_US,
                                    memory_order_relaxed, memory_order_relaxed);
}

bool patience_is_over(struct patience *p)
{
    if (atomic_load_explicit(&p->end, memory_order_relaxed) != PATIENCE_GOES_ON)
        return true;
    int64_t now_us = monotonic_us();
    if (p->deadline_us && now_us > p->deadline_us)
        finish(p, PATIENCE_IS_LATE);
    else if (p->is_gone && takes_look(p, now_us) && p->is_gone(p->asker))
        finish(p, PATIENCE_IS_GONE);
    return atomic_load_explicit(&p->end, memory_order_relaxed) != PATIENCE_GOES_ON;
}

enum err patience_check(struct patience *p, struct fault *why)
{
    if (!patience_is_over(p))
        return OK;
    if (atomic_load_explicit(&p->end, memory_order_relaxed) == PATIENCE_IS_LATE)
        return fail(why, ERR_TIMEOUT, "the search took longer than its time limit");
    return fail(why, ERR_TIMEOUT,
                "task_cancelled_exception: task cancelled [the client has closed its connection]");
}
