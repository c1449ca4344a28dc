// SPDX-License-Identifier: Apache-2.0
#include "policy/diff.h"

#include "base/num.h"
#include "policy/duration.h"
#include "policy/policy.h"
#include "policy/policy_mark.h"

#include <math.h>
#include <stdio.h>

enum { CHANGES_MAX = 4096, PATH_BYTES = 2048 };

static const char too_many[] = "more than 4096 differences; they are judged as a loosening";

// Where the walk is.  The register's parts end at '\1', what people read at points.
struct place {
    char path[PATH_BYTES];
    size_t len;
};

struct differ {
    struct arena *arena;
    struct policy_change *changes;
    struct policy_diff *out;
    struct place at;
};

const char *change_direction_name(enum change_direction d)
{
    static const char *const names[] = {"equal", "neutral", "tightens", "loosens"};
    return names[d];
}

static const char *treatment_of(const struct yaml_tree *column)
{
    const struct yaml_tree *treat =
        column->kind == YAML_MAP ? yaml_tree_get(column, "treat") : NULL;
    return treat && treat->kind == YAML_TEXT ? treat->text : "";
}

static bool is_dropped(const struct yaml_tree *column)
{
    return strcmp(treatment_of(column), "drop") == 0;
}

// "push", an index, and something inside it.
static void note_reshaped(struct differ *d)
{
    static const char push[] = "push\1";

    const char *index = d->at.path + sizeof push - 1;
    if (strncmp(d->at.path, push, sizeof push - 1) != 0)
        return;
    const char *end = strchr(index, '\1');
    if (end)
        d->out->reshaped = arena_string(d->arena, slice_of(index, (size_t)(end - index)));
}

// The store takes a column out of the rows it has.
static bool loses_column(const struct differ *d, enum change_direction direction,
                         const struct yaml_tree *node, bool is_gone)
{
    const struct policy_mark *mark = policy_mark_of(d->at.path);
    return direction == CHANGE_TIGHTENS && mark && mark->loosens == LOOSENS_COLUMN &&
           (is_gone || is_dropped(node));
}

static void note(struct differ *d, enum change_direction direction, const struct yaml_tree *node,
                 bool is_gone, const char *words)
{
    struct policy_diff *out = d->out;
    if (direction > out->direction)
        out->direction = direction;
    if (!(direction == CHANGE_NEUTRAL && is_dropped(node)) &&
        !loses_column(d, direction, node, is_gone))
        note_reshaped(d);
    if (out->count == CHANGES_MAX) {
        out->direction = CHANGE_LOOSENS;
        d->changes[CHANGES_MAX - 1].words = too_many;
        d->changes[CHANGES_MAX - 1].direction = CHANGE_LOOSENS;
        return;
    }
    char *path = arena_alloc(d->arena, d->at.len + 1);
    memcpy(path, d->at.path, d->at.len + 1);
    for (char *c = path; *c; c++) {
        if (*c == '\1')
            *c = '.';
    }
    d->changes[out->count++] = (struct policy_change){.direction = direction,
                                                      .line = node->line,
                                                      .is_gone = is_gone,
                                                      .path = path,
                                                      .words = words};
}

static size_t enter(struct differ *d, const char *name)
{
    size_t before = d->at.len;
    int len = snprintf(d->at.path + before, PATH_BYTES - before, "%s%s", before ? "\1" : "", name);
    if (len > 0 && before + (size_t)len < PATH_BYTES)
        d->at.len = before + (size_t)len;
    return before;
}

static void leave(struct differ *d, size_t before)
{
    d->at.len = before;
    d->at.path[before] = '\0';
}

static bool same(const struct yaml_tree *a, const struct yaml_tree *b)
{
    if (a->kind != b->kind || a->count != b->count)
        return false;
    if (a->kind == YAML_TEXT)
        return strcmp(a->text, b->text) == 0;
    const struct yaml_tree *y = b->first;
    for (const struct yaml_tree *x = a->first; x;
         x = x->next, y = a->kind == YAML_LIST ? y->next : y) {
        const struct yaml_tree *other = a->kind == YAML_MAP ? yaml_tree_get(b, x->name) : y;
        if (!other || !same(x, other))
            return false;
    }
    return true;
}

// Of a new entry or one that is gone, by its own mark.
static enum change_direction lone_direction(enum loosens loosens, const struct yaml_tree *node,
                                            bool is_gone)
{
    switch (loosens) {
    case LOOSENS_NEVER:
        return CHANGE_NEUTRAL;
    case LOOSENS_MORE:
        return is_gone ? CHANGE_TIGHTENS : CHANGE_LOOSENS;
    case LOOSENS_FEWER:
        return is_gone ? CHANGE_LOOSENS : CHANGE_TIGHTENS;
    case LOOSENS_COLUMN:
        if (is_dropped(node))
            return CHANGE_NEUTRAL;
        return is_gone ? CHANGE_TIGHTENS : CHANGE_LOOSENS;
    case LOOSENS_ALWAYS:
    case LOOSENS_STEP:
    case LOOSENS_TYPE:
    case LOOSENS_BEYOND:
    case LOOSENS_COUNT:
        return CHANGE_LOOSENS;
    }
    return CHANGE_LOOSENS;
}

static void lone(struct differ *d, const struct yaml_tree *node, bool is_gone)
{
    size_t before = enter(d, node->name);
    const struct policy_mark *mark = policy_mark_of(d->at.path);
    enum change_direction direction =
        mark ? lone_direction(mark->loosens, node, is_gone) : CHANGE_LOOSENS;
    const char *treat = mark && mark->loosens == LOOSENS_COLUMN ? treatment_of(node) : "";
    struct slice words = arena_print(d->arena, "%s%s%s%s", is_gone ? "gone" : "new",
                                     *treat ? ": " : "", treat, mark ? "" : " (no rule knows it)");
    note(d, direction, node, is_gone, arena_string(d->arena, words));
    leave(d, before);
}

// Larger is safer for FEWER, and both must be numbers to be judged.
static enum change_direction number_direction(const struct yaml_tree *before,
                                              const struct yaml_tree *after)
{
    uint64_t was = 0;
    uint64_t is = 0;
    if (before->kind != YAML_TEXT || after->kind != YAML_TEXT ||
        parse_u64(slice_text(before->text), &was) || parse_u64(slice_text(after->text), &is))
        return CHANGE_LOOSENS;
    return is > was ? CHANGE_TIGHTENS : CHANGE_LOOSENS;
}

static bool step_of(const char *text, double *out)
{
    int64_t ms = 0;
    if (parse_f64(slice_text(text), out) == OK)
        return *out > 0;
    if (duration_parse(text, &ms))
        return false;
    *out = (double)ms;
    return true;
}

// A grid that is a multiple of the old one says less; any other puts new lines between, and
// with both at hand a value is told closer than by either.
static enum change_direction step_direction(const struct yaml_tree *before,
                                            const struct yaml_tree *after)
{
    double was = 0;
    double is = 0;
    if (before->kind != YAML_TEXT || after->kind != YAML_TEXT || !step_of(before->text, &was) ||
        !step_of(after->text, &is))
        return CHANGE_LOOSENS;
    if (is == was)
        return CHANGE_NEUTRAL; // 60m for 1h
    double times = is / was;
    return is > was && times == floor(times) ? CHANGE_TIGHTENS : CHANGE_LOOSENS;
}

static enum change_direction type_direction(const struct yaml_tree *before,
                                            const struct yaml_tree *after)
{
    if (before->kind != YAML_TEXT || after->kind != YAML_TEXT)
        return CHANGE_LOOSENS;
    if (strcmp(after->text, "keyword") == 0)
        return CHANGE_LOOSENS;
    return strcmp(before->text, "keyword") == 0 ? CHANGE_TIGHTENS : CHANGE_NEUTRAL;
}

static bool list_has(const struct yaml_tree *list, const char *text)
{
    if (list->kind == YAML_TEXT)
        return strcmp(list->text, text) == 0;
    for (const struct yaml_tree *x = list->first; x; x = x->next) {
        if (x->kind == YAML_TEXT && strcmp(x->text, text) == 0)
            return true;
    }
    return false;
}

// Everything of `less` is in `more` as well.
static bool list_within(const struct yaml_tree *less, const struct yaml_tree *more)
{
    if (less->kind == YAML_TEXT)
        return list_has(more, less->text);
    for (const struct yaml_tree *x = less->first; x; x = x->next) {
        if (x->kind != YAML_TEXT || !list_has(more, x->text))
            return false;
    }
    return less->kind == YAML_LIST;
}

static enum change_direction leaf_direction(enum loosens loosens, const struct yaml_tree *before,
                                            const struct yaml_tree *after)
{
    switch (loosens) {
    case LOOSENS_NEVER:
        return CHANGE_NEUTRAL;
    case LOOSENS_FEWER:
        return number_direction(before, after);
    case LOOSENS_STEP:
        return step_direction(before, after);
    case LOOSENS_TYPE:
        return type_direction(before, after);
    case LOOSENS_MORE:
        return list_within(after, before) ? CHANGE_TIGHTENS : CHANGE_LOOSENS;
    case LOOSENS_ALWAYS:
    case LOOSENS_COLUMN:
    case LOOSENS_BEYOND:
    case LOOSENS_COUNT:
        return CHANGE_LOOSENS;
    }
    return CHANGE_LOOSENS;
}

static const char *text_of(const struct yaml_tree *node)
{
    return node->kind == YAML_TEXT ? node->text : node->kind == YAML_LIST ? "[...]" : "{...}";
}

static void changed(struct differ *d, enum change_direction direction,
                    const struct yaml_tree *before, const struct yaml_tree *after)
{
    struct slice words =
        arena_print(d->arena, "%.200s becomes %.200s", text_of(before), text_of(after));
    note(d, direction, after, false, arena_string(d->arena, words));
}

static void compare(struct differ *d, const struct yaml_tree *before,
                    const struct yaml_tree *after);

static void compare_maps(struct differ *d, const struct yaml_tree *before,
                         const struct yaml_tree *after)
{
    for (const struct yaml_tree *x = after->first; x; x = x->next) {
        const struct yaml_tree *was = yaml_tree_get(before, x->name);
        if (!was) {
            lone(d, x, false);
            continue;
        }
        size_t at = enter(d, x->name);
        compare(d, was, x);
        leave(d, at);
    }
    for (const struct yaml_tree *x = before->first; x; x = x->next) {
        if (!yaml_tree_get(after, x->name))
            lone(d, x, true);
    }
}

// Another treatment brings other keys, which are not judged one by one; only what lets the
// detectors pass is.
static void compare_columns(struct differ *d, const struct yaml_tree *before,
                            const struct yaml_tree *after)
{
    static const enum change_direction directions[] = {
        [REVEALS_LESS] = CHANGE_TIGHTENS,
        [REVEALS_SAME] = CHANGE_NEUTRAL,
        [REVEALS_MORE] = CHANGE_LOOSENS,
        [REVEALS_OTHERWISE] = CHANGE_LOOSENS,
    };

    const char *was = treatment_of(before);
    const char *is = treatment_of(after);
    enum revealing r = treatment_compare(was, is);
    if (r == REVEALS_SAME) {
        compare_maps(d, before, after);
        return;
    }
    struct slice words =
        arena_print(d->arena, "%.60s becomes %.60s%s", was, is,
                    r == REVEALS_OTHERWISE ? ", which reveals something else" : "");
    bool allows = !!yaml_tree_get(after, "allow") || !!yaml_tree_get(after, "lookup");
    enum change_direction direction = allows && !is_dropped(after) ? CHANGE_LOOSENS : directions[r];
    note(d, direction, after, false, arena_string(d->arena, words));
}

static void compare(struct differ *d, const struct yaml_tree *before, const struct yaml_tree *after)
{
    if (same(before, after))
        return;
    const struct policy_mark *mark = policy_mark_of(d->at.path);
    bool are_maps = before->kind == YAML_MAP && after->kind == YAML_MAP;
    if (mark && mark->loosens == LOOSENS_COLUMN && are_maps)
        compare_columns(d, before, after);
    else if (mark && mark->loosens == LOOSENS_NEVER)
        changed(d, CHANGE_NEUTRAL, before, after);
    else if (are_maps && d->at.len && !(mark && mark->loosens == LOOSENS_ALWAYS))
        compare_maps(d, before, after);
    else
        changed(d, mark ? leaf_direction(mark->loosens, before, after) : CHANGE_LOOSENS, before,
                after);
}

static enum err read_tree(struct slice text, struct arena *arena, const struct yaml_tree **out,
                          struct fault *why)
{
    const struct policy *policy = NULL;
    enum err e = policy_parse(text, arena, &policy, why);
    return e ? e : yaml_tree_parse(text, arena, out, why);
}

enum err policy_diff_texts(struct slice before, struct slice after, struct arena *arena,
                           struct policy_diff *out, struct fault *why)
{
    const struct yaml_tree *was = NULL;
    const struct yaml_tree *is = NULL;
    enum err e = read_tree(before, arena, &was, why);
    if (!e)
        e = read_tree(after, arena, &is, why);
    if (e)
        return e;
    *out = (struct policy_diff){0};
    struct differ d = {.arena = arena, .out = out};
    d.changes = ARENA_ARRAY(arena, struct policy_change, CHANGES_MAX);
    out->changes = d.changes;
    compare_maps(&d, was, is);
    return OK;
}
