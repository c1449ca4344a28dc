// SPDX-License-Identifier: Apache-2.0
#include "base/limits.h"
#include "keys/seal.h"
#include "policy/raw_text.h"
#include "policy/sieve_column.h"
#include "policy/treatment.h"

static const char *const wanted[] = {NULL};

static enum err declare(const struct yaml_tree *column, struct arena *policy,
                        struct policy_column *out, struct field *field, struct fault *why)
{
    (void)column;
    (void)policy;
    (void)out;
    (void)why;
    field->type = FIELD_SEALED;
    return OK;
}

// Any value, as its canonical text.
static enum err apply(struct sieve_column *to, uint32_t row, const struct raw *value,
                      struct fault *why)
{
    char room[RAW_TEXT_BYTES];
    struct slice text = {0};
    enum err e = raw_text(value, room, &text);
    return e ? fail(why, e, "no value") : sieve_column_sealed(to, row, text, why);
}

// Not scanned: what enters is locked, and that a column with personal data can be kept so is
// what it is for.
const struct treatment treat_seal = {
    .name = "seal",
    .reveals = "That there is a value, and the class of its length (32, 64, ... 4096 bytes, then "
               "steps of 4096); the value itself only to an investigator, with a second person "
               "and a reason, on record.",
    .enters = true,
    .wanted = wanted,
    .declare = declare,
    .apply = apply,
};
