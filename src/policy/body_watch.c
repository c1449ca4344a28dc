// SPDX-License-Identifier: Apache-2.0
#include "policy/body_watch.h"

#include "data/changeset.h"
#include "policy/detector.h"
#include "policy/name_words.h"
#include "policy/treatment.h"

// Ranges hold centimetres, metres and inches, kilogrammes and pounds: what a person can have.
struct body_measure {
    const char *word;
    double least, most; // both 0: a text of few values
};

static const struct body_measure measures[] = {
    {"height", 0.5, 250}, {"weight", 2, 660},     {"bmi", 8, 80},
    {"bodyfat", 2, 75},   {"fat", 2, 75},         {"waist", 20, 200},
    {"pulse", 25, 240},   {"heartrate", 25, 240}, {"bloodpressure", 30, 260},
    {"sex", 0, 0},        {"gender", 0, 0},
};

enum { TEXTS_MAX = 4 };

static const struct body_measure *measure_of(const char *name)
{
    for (size_t i = 0; i < sizeof measures / sizeof *measures; i++) {
        if (name_has_word(name, measures[i].word))
            return &measures[i];
    }
    return NULL;
}

void body_watch_init(struct body_watch *w, const struct policy_table *declared)
{
    *w = (struct body_watch){0};
    for (uint32_t i = 0; i < declared->column_count; i++) {
        const struct policy_column *c = &declared->columns[i];
        const struct body_measure *m = c->field < 0 ? NULL : measure_of(c->name);
        if (!m || !c->treat->watched || (c->allows & detector_bit(&detect_body)))
            continue;
        if (w->count == sizeof w->columns / sizeof *w->columns)
            return;
        w->columns[w->count].field = (uint32_t)c->field;
        w->columns[w->count++].measure = m;
    }
}

static bool can_be(const struct body_measure *m, const struct sieve_column *c, uint32_t row)
{
    if (!bit_get(c->present, row))
        return false;
    if (c->codes)
        return m->most <= 0 && c->texts.count <= TEXTS_MAX;
    double value = c->f64 ? c->f64[row] : (double)c->i64[row];
    return m->most <= 0 || (value >= m->least && value <= m->most);
}

bool body_watch_row(const struct body_watch *w, const struct sieve_batch *b, uint32_t row,
                    const char **out_column)
{
    const struct body_measure *first = NULL;
    for (uint32_t i = 0; i < w->count; i++) {
        const struct sieve_column *c = &b->columns[w->columns[i].field];
        if (!can_be(w->columns[i].measure, c, row))
            continue;
        if (first && first != w->columns[i].measure) {
            *out_column = c->declared->name;
            return true;
        }
        first = w->columns[i].measure;
    }
    return false;
}
