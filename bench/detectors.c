// SPDX-License-Identifier: Apache-2.0
#include "corpus.h"
#include "keys/crypto.h"
#include "policy/detector.h"

#include <stdio.h>
#include <time.h>

// What one look at a value costs, by kinds of the corpus and for all of it.
int main(void);

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

enum { TEXTS_MAX = 65536, ROUNDS = 7 };

static struct slice texts[TEXTS_MAX];

static void measure(struct detectors *d, const char *name, uint32_t count)
{
    double best = 1e9;
    size_t bytes = 0;
    uint32_t hits = 0;
    for (uint32_t i = 0; i < count; i++)
        bytes += texts[i].len;
    for (int round = 0; round < ROUNDS; round++) {
        double start = now_s();
        hits = 0;
        for (uint32_t i = 0; i < count; i++)
            hits += detectors_scan(d, texts[i], 0) != NULL;
        double took = now_s() - start;
        best = took < best ? took : best;
    }
    printf("%-36s %6u values, %5.1f bytes each, %5u hits: %7.1f ns each, %7.1f MB/s\n", name, count,
           (double)bytes / count, hits, best / count * 1e9, (double)bytes / best / 1e6);
}

// Kinds that are (or are not) to be found; of this name only when it is given.
static uint32_t gather(struct arena *a, bool with_wanted, const char *only)
{
    uint32_t count = 0;
    struct buf text = buf_init(1 << 16);
    for (uint32_t kind = 0; corpus_kind_at(kind); kind++) {
        const struct corpus_kind *k = corpus_kind_at(kind);
        if ((k->label && !with_wanted) || (only && strcmp(k->name, only) != 0))
            continue;
        for (uint32_t i = 0; i < k->count; i++) {
            buf_reset(&text);
            corpus_value(kind, 1, i, &text);
            texts[count++] = arena_copy(a, buf_slice(&text));
        }
    }
    buf_done(&text);
    return count;
}

int main(void)
{
    struct arena *a AUTO(arena_freep) = arena_new(256 << 20);
    struct detectors *d = NULL;
    struct fault why = {0};
    double start = now_s();
    if (crypto_start(&why) || detectors_new(&d, &why)) {
        printf("%s\n", why.words);
        return 1;
    }
    printf("compiled in %.1f ms\n", (now_s() - start) * 1e3);
    for (uint32_t kind = 0; corpus_kind_at(kind); kind++)
        measure(d, corpus_kind_at(kind)->name, gather(a, true, corpus_kind_at(kind)->name));
    measure(d, "all that is nothing", gather(a, false, NULL));
    measure(d, "all of the corpus", gather(a, true, NULL));
    detectors_free(d);
    return 0;
}
