// SPDX-License-Identifier: Apache-2.0
#include "server/layer_key.h"

#include "base/check.h"
#include "base/num.h"
#include "server/directory.h"
#include "server/drawn_key.h"

#include <stdio.h>

enum { NAME_BYTES = 128 };

static void file_name(const char *kind, uint32_t generation, char out[NAME_BYTES])
{
    snprintf(out, NAME_BYTES, DIRECTORY_KEYS "/layer-%.63s-%u.key", kind, generation);
}

enum err layer_generation_parse(struct slice value, uint32_t *out, struct fault *why)
{
    uint64_t n = 0;
    if (value.len < 2 || value.at[value.len - 1] != '\n' ||
        parse_u64(slice_of(value.at, value.len - 1), &n) || n < 1 || n > LAYER_GENERATION_MAX)
        return fail(why, ERR_CORRUPT, "a generation of pseudonyms is no number");
    *out = (uint32_t)n;
    return OK;
}

uint32_t layer_generation(const struct ratchet *r, const char *kind)
{
    const struct ratchet_entry *now = ratchet_in_force(r, RATCHET_REKEY, kind);
    uint32_t generation = 0;
    return now && layer_generation_parse(now->value, &generation, NULL) == OK ? generation : 0;
}

enum err layer_keys_settle(const struct world *w, const struct ratchet *r, const struct schema *s,
                           uint32_t *out, struct fault *why)
{
    CHECK(s->subject_count <= LAYER_KINDS_MAX);
    for (uint32_t i = 0; i < s->subject_count; i++) {
        char name[NAME_BYTES];
        out[i] = layer_generation(r, s->subjects[i]);
        file_name(s->subjects[i], out[i], name);
        enum err e = out[i] ? drawn_key_make(w, name, why) : OK;
        if (e)
            return e;
    }
    return OK;
}

enum err layer_key_get(const struct world *w, const struct key_ring *ring, const char *kind,
                       uint32_t generation, uint8_t out[KEY_BYTES], struct fault *why)
{
    char name[NAME_BYTES];
    char label[NAME_BYTES];
    uint8_t drawn[KEY_BYTES];
    uint8_t of_master[KEY_BYTES];
    memset(out, 0, KEY_BYTES);
    if (generation == 0)
        return OK;
    file_name(kind, generation, name);
    enum err e = drawn_key_read(w, name, drawn, why);
    if (e)
        return e;
    snprintf(label, sizeof label, "pseudonym-layer/%.63s/%u", kind, generation);
    key_ring_derive(ring, label, of_master);
    keyed_hash(of_master, slice_of(drawn, sizeof drawn), out, KEY_BYTES);
    wipe(of_master, sizeof of_master);
    wipe(drawn, sizeof drawn);
    return OK;
}

enum err layer_keys_forget(const struct world *w, const struct schema *s,
                           const uint32_t *generations, struct fault *why)
{
    for (uint32_t i = 0; i < s->subject_count; i++) {
        for (uint32_t n = generations[i]; n-- > 1;) {
            char name[NAME_BYTES];
            bool is_there = false;
            file_name(s->subjects[i], n, name);
            enum err e = drawn_key_is_there(w, name, &is_there, why);
            if (!e && is_there)
                e = drawn_key_destroy(w, name, why);
            if (e)
                return e;
            if (!is_there)
                break; // those before went with it, or earlier
        }
    }
    return OK;
}
