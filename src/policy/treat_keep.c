// SPDX-License-Identifier: Apache-2.0
#include "policy/put.h"
#include "policy/treatment.h"

static const char *const wanted[] = {"as", "allow", NULL};

static enum err declare(const struct yaml_tree *column, struct arena *policy,
                        struct policy_column *out, struct field *field, struct fault *why)
{
    (void)policy;
    const struct yaml_tree *as = yaml_tree_get(column, "as");
    if (!as)
        return yaml_fail(why, out->line, "column %s: keep needs a type: as: keyword", out->name);
    if (as->kind != YAML_TEXT || field_type_parse(slice_text(as->text), &field->type))
        return yaml_fail(why, as->line,
                         "column %s: no type '%.40s'; there are: keyword, long, integer, double, "
                         "boolean, date",
                         out->name, as->kind == YAML_TEXT ? as->text : "");
    return OK;
}

static enum err keep_text(struct sieve_column *to, uint32_t row, const struct raw *value,
                          struct fault *why)
{
    char room[RAW_TEXT_BYTES];
    struct slice text = {0};
    enum err e = put_text_of(value, room, &text, why);
    return e ? e : sieve_column_text(to, row, text, why);
}

static enum err apply(struct sieve_column *to, uint32_t row, const struct raw *value,
                      struct fault *why)
{
    switch (field_storage(to->field->type)) {
    case STORAGE_CODE:
        return keep_text(to, row, value, why);
    case STORAGE_I64:
        return put_i64(to, row, value, NULL, why);
    case STORAGE_F64:
        return put_f64(to, row, value, NULL, why);
    }
    return fail(why, ERR_INVALID, "no storage");
}

// Scanned: a text that enters as it is may hold what its column's name does not tell.
const struct treatment treat_keep = {
    .name = "keep",
    .reveals = "The value itself.",
    .enters = true,
    .is_plain = true,
    .scanned = true,
    .watched = true,
    .wanted = wanted,
    .declare = declare,
    .apply = apply,
};
