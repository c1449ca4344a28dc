// SPDX-License-Identifier: Apache-2.0
#include "search/veil.h"

#include "base/hash.h"
#include "keys/crypto.h"

#include <math.h>

_Static_assert((int)VEIL_KEY_BYTES == (int)SHORT_KEY_BYTES, "one key serves both");

// Rows are many, so this is no SipHash but two rounds of a mixer that loses nothing: each step
// can be undone, hence different subjects stay different.  Nothing of it is ever shown.
static inline uint64_t mix(const uint64_t k[2], uint64_t subject)
{
    uint64_t x = subject;
    for (int i = 0; i < 2; i++) {
        x ^= k[i];
        x ^= x >> 32;
        x *= 0xd6e8feb86659fd93;
        x ^= x >> 32;
        x *= 0xd6e8feb86659fd93;
        x ^= x >> 32;
    }
    return x;
}

static void words_of(const struct veil_key *key, uint64_t k[2])
{
    k[0] = 0x9e3779b97f4a7c15;
    k[1] = 0xc2b2ae3d27d4eb4f;
    if (key)
        memcpy(k, key->bytes, 2 * sizeof *k);
}

uint64_t veil_subject(const struct veil_key *key, uint64_t subject)
{
    uint64_t k[2];
    words_of(key, k);
    return mix(k, subject);
}

void veil_subjects(const struct veil_key *key, uint64_t *subjects, uint32_t count)
{
    uint64_t k[2];
    words_of(key, k);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t hidden = mix(k, subjects[i]);
        subjects[i] = subjects[i] == UINT64_MAX ? UINT64_MAX : hidden;
    }
}

// The largest of 1, 2, 5, 10, 20, 50 ... (and 0.5, 0.2 ...) that is not above `most`.
static double step_below(double most)
{
    double ten = pow(10, floor(log10(most)));
    if (ten * 5 <= most)
        return ten * 5;
    return ten * 2 <= most ? ten * 2 : ten;
}

// In [0, 1).
static double draw(const struct veil *v, enum veil_tag tag, struct slice name)
{
    struct {
        uint64_t print, tag, name;
    } drawn_for = {v->print, (uint64_t)tag, hash_bytes(name.at, name.len)};

    uint64_t got = short_hash(v->key->bytes, slice_of(&drawn_for, sizeof drawn_for));
    return (double)(got >> 11) * 0x1p-53;
}

static double round_by_chance(const struct veil *v, enum veil_tag tag, struct slice name,
                              double value, double step_min)
{
    double most = fabs(value) * v->share;
    if (!(most > 0) || !isfinite(most))
        return value;
    double step = step_below(most);
    if (step < step_min)
        step = step_min;
    return floor(value / step + draw(v, tag, name)) * step;
}

uint64_t veil_count(const struct veil *v, enum veil_tag tag, uint64_t count)
{
    if (!v->key || count == 0)
        return count;
    double got = round_by_chance(v, tag, slice_of("", 0), (double)count, 1);
    double least = step_below((double)count * v->share);
    if (got <= 0)
        got = least < 1 ? 1 : least;
    return (uint64_t)got;
}

double veil_sum(const struct veil *v, enum veil_tag tag, struct slice name, double sum)
{
    return v->key ? round_by_chance(v, tag, name, sum, 0) : sum;
}

double veil_value(const struct veil *v, double value)
{
    if (!v->key || value == 0 || !isfinite(value))
        return value;
    double unit = pow(10, floor(log10(fabs(value))) - 1);
    return round(value / unit) * unit;
}
