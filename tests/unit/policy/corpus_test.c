// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"
#include "corpus.h"
#include "policy/detector.h"
#include "policy/free_text.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>

// What the detectors find of a corpus, as docs/detectors.md says it.  To write that anew:
// TAMIS_WRITE_DETECTORS=1 build/.../unit corpus
static const uint64_t seed = 20261124;

enum { DETECTORS_MAX = 32, KINDS_MAX = 64, TEXT_BYTES = 4096 };

struct tally {
    uint32_t values[DETECTORS_MAX]; // that are labelled so
    uint32_t found[DETECTORS_MAX];  // of these
    uint32_t wrong[DETECTORS_MAX];  // found in values that are not
    uint32_t hits[KINDS_MAX][DETECTORS_MAX];
    uint32_t total;
};

static uint32_t place_of(const struct detector *d)
{
    uint32_t place = 0;
    while (detector_at(place) != d)
        place++;
    return place;
}

static void count_one(struct tally *t, uint32_t kind, const struct detector *hit)
{
    const char *label = corpus_kind_at(kind)->label;
    const struct detector *wanted = label ? detector_of_id(label) : NULL;
    t->total++;
    if (wanted)
        t->values[place_of(wanted)]++;
    if (!hit)
        return;
    t->hits[kind][place_of(hit)]++;
    if (hit == wanted)
        t->found[place_of(hit)]++;
    else
        t->wrong[place_of(hit)]++;
}

// Free text is a matter of columns: each kind's values are one, as often as they come.
static void count_kind(struct tally *t, struct detectors *d, uint32_t kind)
{
    struct free_text watch = {0};
    struct buf text = buf_init(TEXT_BYTES);
    const struct corpus_kind *k = corpus_kind_at(kind);
    const struct detector *hits[1024] = {NULL};
    for (uint32_t i = 0; i < k->count; i++) {
        buf_reset(&text);
        corpus_value(kind, seed, i, &text);
        EXPECT_EQ(buf_end(&text, NULL), OK);
        hits[i] = detectors_scan(d, buf_slice(&text), 0);
        free_text_values(&watch, 1);
        free_text_add(&watch, buf_slice(&text), hash_bytes(text.at, text.len));
    }
    bool is_free_text = free_text_holds(&watch);
    for (uint32_t i = 0; i < k->count; i++)
        count_one(t, kind, !hits[i] && is_free_text ? &detect_free_text : hits[i]);
    buf_done(&text);
}

static void count_all(struct tally *t)
{
    struct detectors *d = NULL;
    EXPECT_EQ(detectors_new(&d, NULL), OK);
    for (uint32_t kind = 0; corpus_kind_at(kind); kind++)
        count_kind(t, d, kind);
    detectors_free(d);
}

static void print_share(struct buf *out, uint32_t part, uint32_t whole)
{
    if (whole == 0)
        buf_text(out, " |");
    else
        buf_print(out, " %.3f |", (double)part / whole);
}

static void print_detectors(const struct tally *t, struct buf *out)
{
    buf_text(out,
             "| detector | `allow:` | values of it | found | elsewhere | recall | precision |\n"
             "| --- | --- | ---: | ---: | ---: | ---: | ---: |\n");
    for (uint32_t i = 0; detector_at(i); i++) {
        const struct detector *d = detector_at(i);
        if (t->values[i] + t->wrong[i] == 0)
            continue;
        buf_print(out, "| %s | `%s` | %u | %u | %u |", d->name, d->id, t->values[i], t->found[i],
                  t->wrong[i]);
        print_share(out, t->found[i], t->values[i]);
        print_share(out, t->found[i], t->found[i] + t->wrong[i]);
        buf_text(out, "\n");
    }
}

static void print_hits(const struct tally *t, uint32_t kind, struct buf *out)
{
    const char *between = " ";
    for (uint32_t i = 0; detector_at(i); i++) {
        if (t->hits[kind][i] == 0)
            continue;
        buf_print(out, "%s%s %u", between, detector_at(i)->id, t->hits[kind][i]);
        between = ", ";
    }
    buf_text(out, between[0] == ' ' ? " none |\n" : " |\n");
}

static void print_kinds(const struct tally *t, bool is_wanted, struct buf *out)
{
    buf_text(out, "| values | how many | what was found |\n| --- | ---: | --- |\n");
    for (uint32_t kind = 0; corpus_kind_at(kind); kind++) {
        const struct corpus_kind *k = corpus_kind_at(kind);
        if ((k->label != NULL) != is_wanted)
            continue;
        buf_print(out, "| %s | %u |", k->name, k->count);
        print_hits(t, kind, out);
    }
}

static void print_document(const struct tally *t, struct buf *out)
{
    buf_print(out,
              "# What the detectors find, and what not\n\n"
              "Written by `TAMIS_WRITE_DETECTORS=1 build/debug/unit corpus`, and compared with the "
              "program by every `make check`.\n\n"
              "The corpus is %u labelled values from a generator with a fixed seed "
              "(`tests/corpus.c`): nobody's data. It was written by those who wrote the detectors, "
              "so it says what they know of, not what the world holds; precision depends on the "
              "mix of values, which here is more than half of what looks like something and is "
              "nothing. A value counts for the first detector that finds something. Of body "
              "measures and network names there is no single value to find: they go by names of "
              "columns, and are tested apart.\n\n",
              t->total);
    print_detectors(t, out);
    buf_text(out, "\nMissed on purpose are what has lost its form: `jane (at) example.org`, MAC "
                  "addresses without anything between, telephone numbers without a country, bank "
                  "accounts in small letters, keys whose prefix no table has. A version of four "
                  "numbers is an IP address in form: a column of versions says `allow: [ip]`.\n\n"
                  "## Values that must be found\n\n");
    print_kinds(t, true, out);
    buf_text(out, "\n## Values in which nothing is to be found\n\n");
    print_kinds(t, false, out);
}

TEST(corpus_document_is_what_the_detectors_find)
{
    struct tally *t = calloc(1, sizeof *t);
    count_all(t);
    EXPECT(t->total >= 20000);
    struct buf want = buf_init(1 << 20);
    print_document(t, &want);
    EXPECT_EQ(buf_end(&want, NULL), OK);
    if (getenv("TAMIS_WRITE_DETECTORS")) {
        FILE *to = fopen("docs/detectors.md", "w");
        EXPECT(to && fwrite(want.at, 1, want.len, to) == want.len && fclose(to) == 0);
    }
    FILE *file = fopen("docs/detectors.md", "r");
    EXPECT(file);
    char *got = malloc(want.len + 1);
    size_t len = fread(got, 1, want.len + 1, file);
    fclose(file);
    bool same = slice_equal(slice_of(got, len), buf_slice(&want));
    free(got);
    buf_done(&want);
    free(t);
    EXPECT(same);
}

// The floor below which nobody may change a detector, whatever the document says.
TEST(corpus_is_mostly_found_and_little_else)
{
    struct tally *t = calloc(1, sizeof *t);
    count_all(t);
    for (uint32_t i = 0; detector_at(i); i++) {
        uint32_t said = t->found[i] + t->wrong[i];
        double recall = t->values[i] ? (double)t->found[i] / t->values[i] : 1;
        double precision = said ? (double)t->found[i] / said : 1;
        if (recall < 0.9 || precision < 0.6)
            test_fail(__FILE__, __LINE__, "%s: recall %.3f, precision %.3f", detector_at(i)->id,
                      recall, precision);
    }
    free(t);
}
