// SPDX-License-Identifier: Apache-2.0
#include "policy/detector.h"

#include "base/buf.h"
#include "base/check.h"

#include <hs.h>
#include <pthread.h>
#include <stdlib.h>

// What says most about a text first: a refusal names the first that finds something.
static const struct detector *const all[] = {
    &detect_amazon, &detect_jwt,           &detect_private_key,  &detect_api_key, &detect_secret,
    &detect_email,  &detect_password_hash, &detect_url_password, &detect_mac,     &detect_iban,
    &detect_card,   &detect_imei,          &detect_phone,        &detect_ip,      &detect_ssid,
    &detect_body,   &detect_free_text,
};

enum {
    DETECTOR_COUNT = sizeof all / sizeof *all, // NOLINT(bugprone-sizeof-expression)
    SCRATCH_BYTES = 16 << 20,                  // `holds` looks at texts of LIMIT_VALUE_BYTES
};

_Static_assert(DETECTOR_COUNT <= 32, "hits are bits of a word");

// Compiled once a process (tens of milliseconds), never changed and never freed; what a
// scan writes to is each set's own.
static hs_database_t *database;
static pthread_once_t compiled = PTHREAD_ONCE_INIT;

struct detectors {
    hs_scratch_t *hs_scratch;
    struct arena *scratch;
};

const struct detector *detector_at(unsigned place)
{
    return place < DETECTOR_COUNT ? all[place] : NULL;
}

uint32_t detector_bit(const struct detector *d)
{
    unsigned place = 0;
    while (place < DETECTOR_COUNT && all[place] != d)
        place++;
    CHECK(place < DETECTOR_COUNT);
    return 1U << place;
}

const struct detector *detector_of_id(const char *id)
{
    for (unsigned i = 0; i < DETECTOR_COUNT; i++) {
        if (strcmp(all[i]->id, id) == 0)
            return all[i];
    }
    return NULL;
}

void detector_ids(uint32_t bits, struct buf *out)
{
    const char *between = "";
    for (unsigned i = 0; i < DETECTOR_COUNT; i++) {
        if (!(bits >> i & 1))
            continue;
        buf_print(out, "%s%s", between, all[i]->id);
        between = ", ";
    }
}

static void compile(void)
{
    const char *patterns[DETECTOR_COUNT];
    unsigned flags[DETECTOR_COUNT];
    unsigned ids[DETECTOR_COUNT];
    unsigned count = 0;
    for (unsigned i = 0; i < DETECTOR_COUNT; i++) {
        if (!all[i]->pattern)
            continue;
        patterns[count] = all[i]->pattern;
        flags[count] = HS_FLAG_SINGLEMATCH | (all[i]->caseless ? HS_FLAG_CASELESS : 0);
        ids[count++] = i;
    }
    hs_compile_error_t *said = NULL;
    CHECK(hs_compile_multi(patterns, flags, ids, count, HS_MODE_BLOCK, NULL, &database,
                           &said) == HS_SUCCESS); // the patterns are ours
}

enum err detectors_new(struct detectors **out, struct fault *why)
{
    if (hs_valid_platform() != HS_SUCCESS)
        return fail(why, ERR_UNAVAILABLE, "Hyperscan needs a processor with SSSE3");
    CHECK(pthread_once(&compiled, compile) == 0);
    struct detectors *d = calloc(1, sizeof *d);
    CHECK(d != NULL);
    d->scratch = arena_new(SCRATCH_BYTES);
    CHECK(hs_alloc_scratch(database, &d->hs_scratch) == HS_SUCCESS);
    *out = d;
    return OK;
}

void detectors_free(struct detectors *d)
{
    if (!d)
        return;
    hs_free_scratch(d->hs_scratch);
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

// One call a text: a batch has few distinct ones, and a short text takes about a tenth of
// a microsecond.  Joining them into one scan would save little and need care at each border.
const struct detector *detectors_scan(struct detectors *d, struct slice text, uint32_t allowed)
{
    if (text.len == 0)
        return NULL;
    uint32_t hits = 0;
    CHECK(hs_scan(database, (const char *)text.at, (unsigned)text.len, 0, d->hs_scratch, on_match,
                  &hits) == HS_SUCCESS);
    hits &= ~allowed;
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
