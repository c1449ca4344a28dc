// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"
#include "policy/detector.h"
#include "policy/free_text.h"

// Any bytes at all before the detectors: no step beyond an end, and a detector that is allowed
// is never the one that is named.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool rule)
{
    if (!rule)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct detectors *d;
    struct slice text = slice_of(data, size);
    if (!d)
        check(detectors_new(&d, NULL) == OK);
    uint32_t allowed = 0;
    for (unsigned i = 0; i <= 32; i++) {
        const struct detector *hit = detectors_scan(d, text, allowed);
        if (!hit)
            break;
        check((allowed & detector_bit(hit)) == 0 && i < 32);
        allowed |= detector_bit(hit);
    }
    for (unsigned i = 0; detector_at(i); i++) {
        struct arena *a AUTO(arena_freep) = arena_new(16 << 20);
        if (detector_at(i)->holds && size > 0)
            (void)detector_at(i)->holds(text, a);
    }
    struct free_text watch = {0};
    free_text_values(&watch, 1);
    free_text_add(&watch, text, hash_bytes(data, size));
    check(!free_text_holds(&watch));
    return 0;
}
