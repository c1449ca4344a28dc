// SPDX-License-Identifier: Apache-2.0
#include "policy/policy_private.h"

// The part `push:` of a policy: indices by name, each with columns as a source's table.
// After the sources, so that theirs are the same tables of the schema with it or without.

static const char prefix[] = "push/";

// What is planned is refused by its name rather than as a wrong one.
static enum err check_planned(const struct yaml_tree *index, struct fault *why)
{
    if (strchr(index->name, '*'))
        return yaml_fail(why, index->line,
                         "push: %.100s: patterns are not there yet; name each index", index->name);
    const struct yaml_tree *dynamic =
        index->kind == YAML_MAP ? yaml_tree_get(index, "dynamic") : NULL;
    if (dynamic)
        return yaml_fail(why, dynamic->line,
                         "push: %.100s: dynamic is not there yet; declare its columns",
                         index->name);
    return OK;
}

static enum err read_one(struct policy_draft *d, const struct yaml_tree *index,
                         struct policy_push *out)
{
    enum err e = check_planned(index, d->why);
    if (e)
        return e;
    if (strlen(index->name) > SOURCE_NAME_BYTES - (sizeof prefix - 1))
        return yaml_fail(d->why, index->line, "push: an index's name has at most %d bytes",
                         SOURCE_NAME_BYTES - (int)(sizeof prefix - 1));
    out->source = (const char *)arena_print(d->arena, "%s%s", prefix, index->name).at;
    return policy_read_table(d, index, out->source, true, &out->table);
}

enum err policy_read_pushes(struct policy_draft *d, const struct yaml_tree *push)
{
    if (push->kind != YAML_MAP)
        return yaml_fail(d->why, push->line, "push must be a map of indices");
    if (push->count > PUSHES_MAX)
        return yaml_fail(d->why, push->line, "more than %d pushed indices", PUSHES_MAX);
    struct policy_push *all = ARENA_ARRAY(d->arena, struct policy_push, push->count);
    d->policy->pushes = all;
    for (const struct yaml_tree *index = push->first; index; index = index->next) {
        enum err e = read_one(d, index, &all[d->policy->push_count++]);
        if (e)
            return e;
    }
    return OK;
}
