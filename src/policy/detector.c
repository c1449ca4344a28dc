// SPDX-License-Identifier: Apache-2.0
#include "policy/detector.h"

#include "base/check.h"

#include <hs.h>
#include <stdlib.h>

static const struct detector *const all[] = {
    &detect_email,
    &detect_amazon,
    &detect_jwt,
    &detect_private_key,
};

enum {
    DETECTOR_COUNT = sizeof all / sizeof *all,
    SCRATCH_BYTES = 16 << 20, // `holds` looks at texts of LIMIT_VALUE_BYTES
};

_Static_assert(DETECTOR_COUNT <= 32, "hits are bits of a word");

struct detectors {
    hs_database_t *database;
    hs_scratch_t *hs_scratch;
    struct arena *scratch;
};

static enum err compile(struct detectors *d, struct fault *why)
{
    const char *patterns[DETECTOR_COUNT];
    unsigned flags[DETECTOR_COUNT];
    unsigned ids[DETECTOR_COUNT];
    for (unsigned i = 0; i < DETECTOR_COUNT; i++) {
        patterns[i] = all[i]->pattern;
        flags[i] = HS_FLAG_SINGLEMATCH | (all[i]->caseless ? HS_FLAG_CASELESS : 0);
        ids[i] = i;
    }
    if (hs_valid_platform() != HS_SUCCESS)
        return fail(why, ERR_UNAVAILABLE, "Hyperscan needs a processor with SSSE3");
    hs_compile_error_t *said = NULL;
    hs_error_t e = hs_compile_multi(patterns, flags, ids, DETECTOR_COUNT, HS_MODE_BLOCK, NULL,
                                    &d->database, &said);
    CHECK(e == HS_SUCCESS); // the patterns are ours
    CHECK(hs_alloc_scratch(d->database, &d->hs_scratch) == HS_SUCCESS);
    return OK;
}

enum err detectors_new(struct detectors **out, struct fault *why)
{
    struct detectors *d = calloc(1, sizeof *d);
    CHECK(d != NULL);
    d->scratch = arena_new(SCRATCH_BYTES);
    enum err e = compile(d, why);
    if (e) {
        detectors_free(d);
        return e;
    }
    *out = d;
    return OK;
}

void detectors_free(struct detectors *d)
{
    if (!d)
        return;
    hs_free_scratch(d->hs_scratch);
    hs_free_database(d->database);
    arena_free(d->scratch);
    free(d);
}

static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                    void *context)
{
    (void)from;
    (void)to;
    (void)flags;
    *(uint32_t *)context |= 1U << id;
    return 0;
}

const struct detector *detectors_scan(struct detectors *d, struct slice text)
{
    if (text.len == 0)
        return NULL;
    uint32_t hits = 0;
    CHECK(hs_scan(d->database, (const char *)text.at, (unsigned)text.len, 0, d->hs_scratch,
                  on_match, &hits) == HS_SUCCESS);
    for (unsigned i = 0; hits != 0 && i < DETECTOR_COUNT; i++) {
        if (!(hits >> i & 1))
            continue;
        if (!all[i]->holds)
            return all[i];
        arena_reset(d->scratch);
        if (all[i]->holds(text, d->scratch))
            return all[i];
    }
    return NULL;
}
