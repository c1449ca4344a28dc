// SPDX-License-Identifier: Apache-2.0
#include "policy/survey_watch.h"

#include "base/check.h"
#include "keys/crypto.h"
#include "policy/detector.h"
#include "policy/free_text.h"

#include <stdlib.h>

enum { SLOTS = 4 * SURVEY_VALUES_MAX };

struct survey_watch {
    struct detectors *detectors;
    uint8_t key[SHORT_KEY_BYTES];
    uint64_t seen[SLOTS]; // hashes, at the first free place from their own on; 0: free
};

enum err survey_watch_new(struct survey_watch **out, struct fault *why)
{
    struct survey_watch *w = calloc(1, sizeof *w);
    CHECK(w != NULL);
    random_bytes(w->key, sizeof w->key);
    enum err e = detectors_new(&w->detectors, why);
    if (e) {
        survey_watch_free(w);
        return e;
    }
    *out = w;
    return OK;
}

void survey_watch_free(struct survey_watch *w)
{
    if (!w)
        return;
    detectors_free(w->detectors);
    wipe(w, sizeof *w);
    free(w);
}

static bool is_new(struct survey_watch *w, struct slice text)
{
    uint64_t hash = short_hash(w->key, text) | 1;
    size_t at = (hash >> 16) % SLOTS;
    while (w->seen[at] && w->seen[at] != hash)
        at = (at + 1) % SLOTS;
    bool was_free = !w->seen[at];
    w->seen[at] = hash;
    return was_free;
}

static void note_hit(struct survey_column *c, const struct detector *found)
{
    for (unsigned i = 0; found && i < SURVEY_DETECTORS; i++)
        c->seen.hits[i] += detector_at(i) == found;
}

void survey_value(struct survey_watch *w, struct survey_column *c, const struct slice *text)
{
    if (c->seen.values + c->seen.missing == SURVEY_VALUES_MAX)
        return;
    if (!text) {
        c->seen.missing++;
        return;
    }
    c->seen.values++;
    if (text->len > c->seen.longest)
        c->seen.longest = (uint32_t)text->len;
    if (!is_new(w, *text))
        return;
    c->seen.distinct++;
    c->seen.words += free_text_is_words(*text);
    note_hit(c, detectors_scan(w->detectors, *text, 0));
}

void survey_end(struct survey_watch *w)
{
    memset(w->seen, 0, sizeof w->seen);
}
