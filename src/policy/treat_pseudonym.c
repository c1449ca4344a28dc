// SPDX-License-Identifier: Apache-2.0
#include "policy/policy_private.h"
#include "policy/raw_text.h"
#include "policy/sieve_column.h"
#include "policy/treatment.h"

static const char *const wanted[] = {"subject", "lookup", NULL};

static enum err declare(const struct yaml_tree *column, struct arena *policy,
                        struct policy_column *out, struct field *field, struct fault *why)
{
    (void)policy;
    const struct yaml_tree *subject = yaml_tree_get(column, "subject");
    if (!subject)
        return yaml_fail(why, out->line, "column %s: pseudonym needs a subject: subject: customer",
                         out->name);
    enum err e = policy_check_word(subject, "subject", why);
    if (e)
        return e;
    field->type = FIELD_PSEUDONYM;
    field->subject = subject->text;
    out->subject = subject->text;
    return OK;
}

static enum err apply(struct sieve_column *to, uint32_t row, const struct raw *value,
                      struct fault *why)
{
    char room[RAW_TEXT_BYTES];
    struct slice text = {0};
    enum err e = raw_text(value, room, &text);
    return e ? fail(why, e, "no value") : sieve_column_subject(to, row, text, why);
}

// Not scanned: what enters is a keyed hash, 16 bytes without the subject's form, so a
// detector has nothing to find in it; what it was made from stays behind.
const struct treatment treat_pseudonym = {
    .name = "pseudonym",
    .reveals = "That two rows are about the same subject and how often each appears; not who it "
               "is, unless the key leaks.",
    .enters = true,
    .wanted = wanted,
    .declare = declare,
    .apply = apply,
};
