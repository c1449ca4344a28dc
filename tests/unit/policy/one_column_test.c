// SPDX-License-Identifier: Apache-2.0
#include "test.h"
#include "unit/policy/one_column.h"

static const uint8_t subject_key[32] = {3};

void one_column_init(struct one_column *o, const struct treatment *treat, const char *options,
                     struct arena *policy)
{
    const struct yaml_tree *tree = NULL;
    struct fault why = {0};
    EXPECT_EQ(yaml_tree_parse(slice_text(options), policy, &tree, &why), OK);
    *o = (struct one_column){.declared = {.name = "c", .line = 1, .treat = treat}};
    if (treat->declare(tree, policy, &o->declared, &o->field, &why))
        test_fail(__FILE__, __LINE__, "%s", why.words);
    sieve_column_init(&o->column, &o->declared, &o->field, subject_key, &o->bytes);
    sieve_column_room(&o->column, 64);
}

void one_column_done(struct one_column *o)
{
    sieve_column_done(&o->column);
}

enum err one_column_put(struct one_column *o, struct raw value, struct fault *why)
{
    return o->declared.treat->apply(&o->column, 0, &value, why);
}
