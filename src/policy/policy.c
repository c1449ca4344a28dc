// SPDX-License-Identifier: Apache-2.0
#include "policy/policy.h"

#include "base/buf.h"
#include "base/limits.h"
#include "policy/policy_private.h"

static enum err no_key(const struct yaml_tree *key, const char *const *allowed, const char *what,
                       struct fault *why)
{
    struct buf names AUTO(buf_donep) = buf_init(FAULT_WORDS_BYTES);
    for (const char *const *name = allowed; *name; name++)
        buf_print(&names, "%s%s", name == allowed ? "" : ", ", *name);
    return yaml_fail(why, key->line, "%.100s is no key of %s; there are: %.*s", key->name, what,
                     SLICE_PRINT(buf_slice(&names)));
}

enum err policy_check_keys(const struct yaml_tree *map, const char *const *allowed,
                           const char *what, struct fault *why)
{
    if (map->kind != YAML_MAP)
        return yaml_fail(why, map->line, "%s must be a map of keys and values", what);
    for (const struct yaml_tree *child = map->first; child; child = child->next) {
        const char *const *name = allowed;
        while (*name && strcmp(*name, child->name) != 0)
            name++;
        if (!*name)
            return no_key(child, allowed, what, why);
    }
    return OK;
}

static const char *const kind_names[] = {
    [YAML_TEXT] = "a text", [YAML_LIST] = "a list", [YAML_MAP] = "a map"};

enum err policy_need(const struct yaml_tree *map, const char *name, enum yaml_kind kind,
                     const struct yaml_tree **out, struct fault *why)
{
    const struct yaml_tree *node = yaml_tree_get(map, name);
    if (!node)
        return yaml_fail(why, map->line, "%s: is missing", name);
    if (node->kind != kind || (kind == YAML_TEXT && node->text[0] == '\0'))
        return yaml_fail(why, node->line, "%s must be %s", name, kind_names[kind]);
    *out = node;
    return OK;
}

static bool is_word(const char *text)
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-");
    return len > 0 && len <= WORD_BYTES && text[len] == '\0';
}

enum err policy_check_word(const struct yaml_tree *text, const char *what, struct fault *why)
{
    if (text->kind != YAML_TEXT || !is_word(text->text))
        return yaml_fail(why, text->line,
                         "%s must be of lower-case letters, digits, _ and -, at most %d", what,
                         WORD_BYTES);
    return OK;
}

static enum err read_sources(struct policy_draft *d, const struct yaml_tree *sources)
{
    // None at all is a policy too: it admits nothing.
    if (sources->count > SOURCES_MAX)
        return yaml_fail(d->why, sources->line, "more than %d sources", SOURCES_MAX);
    struct policy_source *all = ARENA_ARRAY(d->arena, struct policy_source, sources->count);
    d->policy->sources = all;
    for (const struct yaml_tree *s = sources->first; s; s = s->next) {
        enum err e = policy_read_source(d, s, &all[d->policy->source_count++]);
        if (e)
            return e;
    }
    return OK;
}

static enum err read_document(struct policy_draft *d, const struct yaml_tree *root)
{
    static const char *const keys[] = {"sources", "push", "metrics", "floor", NULL};
    const struct yaml_tree *push = yaml_tree_get(root, "push");
    enum err e = policy_check_keys(root, keys, "a policy", d->why);
    if (e)
        return e;
    const struct yaml_tree *sources = yaml_tree_get(root, "sources");
    if (sources || !push)
        e = policy_need(root, "sources", YAML_MAP, &sources, d->why);
    if (!e && sources)
        e = read_sources(d, sources);
    if (!e && push)
        e = policy_read_pushes(d, push);
    if (!e)
        e = policy_link(d);
    const struct yaml_tree *metrics = yaml_tree_get(root, "metrics");
    if (!e && metrics)
        e = policy_read_metrics(d, metrics);
    const struct yaml_tree *floor = yaml_tree_get(root, "floor");
    if (!e && floor)
        e = policy_read_floor(d, floor);
    return e;
}

enum err policy_parse(struct slice yaml, struct arena *policy, const struct policy **out,
                      struct fault *why)
{
    const struct yaml_tree *root = NULL;
    enum err e = yaml_tree_parse(yaml, policy, &root, why);
    if (e)
        return e;
    struct policy_draft d = {.arena = policy, .why = why};
    d.policy = ARENA_NEW(policy, struct policy);
    d.schema = ARENA_NEW(policy, struct schema);
    d.tables = ARENA_ARRAY(policy, struct table, LIMIT_TABLES);
    d.schema->tables = d.tables;
    d.policy->schema = d.schema;
    e = read_document(&d, root);
    if (e)
        return e;
    d.schema->fingerprint = policy_fingerprint(d.policy);
    d.schema->push_fingerprint = policy_push_fingerprint(d.policy);
    *out = d.policy;
    return OK;
}
