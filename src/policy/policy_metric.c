// SPDX-License-Identifier: Apache-2.0
#include "base/num.h"
#include "policy/duration.h"
#include "policy/policy_private.h"

static struct slice trim(struct slice s)
{
    while (s.len > 0 && s.at[0] == ' ')
        s = slice_from(s, 1);
    while (s.len > 0 && s.at[s.len - 1] == ' ')
        s.len--;
    return s;
}

static bool fits(enum field_type type, struct slice value)
{
    int64_t number = 0;
    switch (type) {
    case FIELD_KEYWORD:
        return true;
    case FIELD_BOOLEAN:
        return slice_is(value, "true") || slice_is(value, "false");
    case FIELD_LONG:
    case FIELD_INTEGER:
        return parse_i64(value, &number) == OK;
    case FIELD_PSEUDONYM:
    case FIELD_DOUBLE:
    case FIELD_DATE:
    case FIELD_SEALED:
    case FIELD_TYPE_COUNT:
        break;
    }
    return false;
}

// "outcome != ok" or "outcome = ok".
static enum err read_ratio(struct policy_draft *d, const struct yaml_tree *ratio,
                           struct metric_decl *out)
{
    const struct table *t = &d->tables[out->table];
    const char *equals = ratio->kind == YAML_TEXT ? strchr(ratio->text, '=') : NULL;
    if (!equals || equals == ratio->text)
        return yaml_fail(d->why, ratio->line,
                         "metric %s: ratio must be \"field = value\" or \"field != value\"",
                         out->name);
    out->kind = METRIC_RATIO;
    out->ratio_is_not = equals[-1] == '!';
    size_t len = (size_t)(equals - ratio->text) - out->ratio_is_not;
    struct slice name = trim(slice_of(ratio->text, len));
    struct slice value = trim(slice_text(equals + 1));
    out->ratio_field = table_field(t, name);
    if (out->ratio_field < 0)
        return yaml_fail(d->why, ratio->line, "metric %s: table %s has no field %.*s", out->name,
                         t->name, SLICE_PRINT(name));
    if (value.len == 0 || !fits(t->fields[out->ratio_field].type, value))
        return yaml_fail(d->why, ratio->line,
                         "metric %s: field %.*s can not be compared with this value", out->name,
                         SLICE_PRINT(name));
    out->ratio_value = arena_string(d->arena, value);
    return OK;
}

static enum err read_kind(struct policy_draft *d, const struct yaml_tree *node,
                          struct metric_decl *out)
{
    const struct yaml_tree *count = yaml_tree_get(node, "count");
    const struct yaml_tree *ratio = yaml_tree_get(node, "ratio");
    out->ratio_field = -1;
    if (!count == !ratio)
        return yaml_fail(d->why, node->line, "metric %s needs one of count: true and ratio: ...",
                         out->name);
    if (ratio)
        return read_ratio(d, ratio, out);
    if (count->kind != YAML_TEXT || strcmp(count->text, "true") != 0)
        return yaml_fail(d->why, count->line, "metric %s: count must be true", out->name);
    out->kind = METRIC_COUNT;
    return OK;
}

static enum err read_metric_time(struct policy_draft *d, const struct yaml_tree *node,
                                 struct metric_decl *out)
{
    const struct table *t = &d->tables[out->table];
    const struct yaml_tree *time = yaml_tree_get(node, "time");
    int field = t->time_field;
    if (time)
        field = time->kind == YAML_TEXT ? table_field(t, slice_text(time->text)) : -1;
    if (field < 0 || t->fields[field].type != FIELD_DATE)
        return yaml_fail(d->why, time ? time->line : node->line,
                         "metric %s: time must be a field of table %s that is a date", out->name,
                         t->name);
    out->time_field = (uint32_t)field;
    return OK;
}

static enum err read_by(struct policy_draft *d, const struct yaml_tree *by,
                        const struct metric_decl *metric, struct metric_by *out)
{
    const struct table *t = &d->tables[metric->table];
    struct field_path path = {0};
    if (by->kind != YAML_TEXT || schema_path(d->schema, t, slice_text(by->text), &path))
        return yaml_fail(d->why, by->line, "metric %s: table %s has no field %.255s", metric->name,
                         t->name, by->kind == YAML_TEXT ? by->text : "of that form");
    if (path.type == FIELD_DOUBLE || path.type == FIELD_DATE || path.type == FIELD_SEALED)
        return yaml_fail(d->why, by->line, "metric %s: rows can not be grouped by the %s %s",
                         metric->name, field_type_name(path.type), by->text);
    *out = (struct metric_by){.field = (int)path.field, .lookup = path.lookup, .name = by->text};
    return OK;
}

static enum err read_all_by(struct policy_draft *d, const struct yaml_tree *node,
                            struct metric_decl *out)
{
    const struct yaml_tree *by = yaml_tree_get(node, "by");
    if (!by)
        return OK;
    if (by->kind != YAML_LIST || by->count > METRIC_BY_MAX)
        return yaml_fail(d->why, by->line, "metric %s: by must be a list of at most %d fields",
                         out->name, METRIC_BY_MAX);
    struct metric_by *all = ARENA_ARRAY(d->arena, struct metric_by, by->count);
    out->by = all;
    for (const struct yaml_tree *one = by->first; one; one = one->next) {
        for (uint32_t i = 0; i < out->by_count; i++) {
            if (one->kind == YAML_TEXT && strcmp(all[i].name, one->text) == 0)
                return yaml_fail(d->why, one->line, "metric %s: %.255s is there twice", out->name,
                                 one->text);
        }
        enum err e = read_by(d, one, out, &all[out->by_count]);
        if (e)
            return e;
        out->by_count++;
    }
    return OK;
}

static enum err read_metric(struct policy_draft *d, const struct yaml_tree *node,
                            struct metric_decl *out)
{
    static const char *const keys[] = {"of", "time", "count", "ratio", "by", "every", NULL};
    const struct yaml_tree name = {.line = node->line, .text = node->name};
    const struct yaml_tree *of = NULL;
    const struct yaml_tree *every = NULL;
    enum err e = policy_check_word(&name, "a metric's name", d->why);
    if (!e)
        e = policy_check_keys(node, keys, "a metric", d->why);
    if (!e)
        e = policy_need(node, "of", YAML_TEXT, &of, d->why);
    if (!e)
        e = policy_need(node, "every", YAML_TEXT, &every, d->why);
    if (e)
        return e;
    out->name = node->name;
    const struct table *t = schema_table(d->schema, slice_text(of->text));
    if (!t)
        return yaml_fail(d->why, of->line, "metric %s: there is no table %.255s", node->name,
                         of->text);
    out->table = (uint32_t)(t - d->tables);
    if (duration_parse(every->text, &out->every_ms))
        return yaml_fail(d->why, every->line, "metric %s: every must be a time such as 5m, 1h, 1d",
                         node->name);
    e = read_metric_time(d, node, out);
    if (!e)
        e = read_kind(d, node, out);
    return e ? e : read_all_by(d, node, out);
}

enum err policy_read_metrics(struct policy_draft *d, const struct yaml_tree *metrics)
{
    if (metrics->kind != YAML_MAP)
        return yaml_fail(d->why, metrics->line, "metrics must be a map");
    struct metric_decl *all = ARENA_ARRAY(d->arena, struct metric_decl, metrics->count);
    d->schema->metrics = all;
    for (const struct yaml_tree *m = metrics->first; m; m = m->next) {
        enum err e = read_metric(d, m, &all[d->schema->metric_count++]);
        if (e)
            return e;
    }
    return OK;
}

static int field_of_subject(const struct table *t, const char *subject)
{
    for (uint32_t i = 0; i < t->field_count; i++) {
        if (t->fields[i].subject && strcmp(t->fields[i].subject, subject) == 0)
            return (int)i;
    }
    return -1;
}

enum err policy_read_floor(struct policy_draft *d, const struct yaml_tree *floor)
{
    static const char *const keys[] = {"subjects", "subject", NULL};
    const struct yaml_tree *count = NULL;
    const struct yaml_tree *subject = NULL;
    enum err e = policy_check_keys(floor, keys, "floor", d->why);
    if (!e)
        e = policy_need(floor, "subjects", YAML_TEXT, &count, d->why);
    if (!e)
        e = policy_need(floor, "subject", YAML_TEXT, &subject, d->why);
    if (e)
        return e;
    int64_t subjects = 0;
    if (parse_i64(slice_text(count->text), &subjects) || subjects < 1 ||
        subjects > FLOOR_SUBJECTS_MAX)
        return yaml_fail(d->why, count->line, "floor: subjects must be 1 to %d",
                         FLOOR_SUBJECTS_MAX);
    if (schema_subject(d->schema, subject->text) < 0)
        return yaml_fail(d->why, subject->line, "floor: no column is a pseudonym of subject %.63s",
                         subject->text);
    d->schema->floor_subjects = (uint32_t)subjects;
    d->policy->floor_subject = subject->text;
    for (uint32_t i = 0; i < d->schema->table_count; i++)
        d->tables[i].subject_field = field_of_subject(&d->tables[i], subject->text);
    return OK;
}
