// SPDX-License-Identifier: Apache-2.0
#include "policy/policy_mark.h"

#include <string.h>

#define SOURCE "sources.*"
#define TABLE  SOURCE ".tables.*"
#define PUSHED "push.*"
// Of a column, whichever kind of table it is in.
#define COLUMN(table)                                                      \
    {table ".columns", PROTECTS_CONTENT, LOOSENS_MORE},                    \
        {table ".columns.*", PROTECTS_CONTENT, LOOSENS_COLUMN},            \
        {table ".columns.*.treat", PROTECTS_CONTENT, LOOSENS_COLUMN},      \
        {table ".columns.*.as", PROTECTS_CONTENT, LOOSENS_TYPE},           \
        {table ".columns.*.to", PROTECTS_CONTENT, LOOSENS_STEP},           \
        {table ".columns.*.width", PROTECTS_CONTENT, LOOSENS_STEP},        \
        {table ".columns.*.edges", PROTECTS_CONTENT, LOOSENS_ALWAYS},      \
        {table ".columns.*.characters", PROTECTS_CONTENT, LOOSENS_ALWAYS}, \
        {table ".columns.*.network", PROTECTS_CONTENT, LOOSENS_ALWAYS},    \
        {table ".columns.*.subject", PROTECTS_CONTENT, LOOSENS_ALWAYS},    \
        {table ".columns.*.lookup", PROTECTS_CONTENT, LOOSENS_MORE},       \
    {                                                                      \
        table ".columns.*.allow", PROTECTS_CONTENT, LOOSENS_MORE           \
    }

// A metric is an answer out of columns that are in already, under the floor of who asks, so
// one more shows nothing that a search would not.  A password file is a name below DIR that
// keeper reads and mirror sends to the database, so it must not become another file's.
// An entry without its marks does not compile (missing-field-initializers is an error).
const struct policy_mark policy_marks[] = {
    {"sources", PROTECTS_CONTENT, LOOSENS_MORE},
    {SOURCE, PROTECTS_CONTENT, LOOSENS_MORE},
    {SOURCE ".postgres", PROTECTS_CONTENT, LOOSENS_ALWAYS},
    {SOURCE ".replication", PROTECTS_CONTENT, LOOSENS_ALWAYS},
    {SOURCE ".copy", PROTECTS_CONTENT, LOOSENS_ALWAYS},
    {SOURCE ".tables", PROTECTS_CONTENT, LOOSENS_MORE},
    {TABLE, PROTECTS_CONTENT, LOOSENS_MORE},
    {TABLE ".key", PROTECTS_NOTHING, LOOSENS_NEVER},
    {TABLE ".time", PROTECTS_NOTHING, LOOSENS_NEVER},
    COLUMN(TABLE),
    {"push", PROTECTS_CONTENT, LOOSENS_MORE},
    {PUSHED, PROTECTS_CONTENT, LOOSENS_MORE},
    {PUSHED ".time", PROTECTS_NOTHING, LOOSENS_NEVER},
    COLUMN(PUSHED),
    {"metrics", PROTECTS_NOTHING, LOOSENS_NEVER},
    {"floor", PROTECTS_PEOPLE, LOOSENS_FEWER},
    {"floor.subjects", PROTECTS_PEOPLE, LOOSENS_FEWER},
    {"floor.subject", PROTECTS_PEOPLE, LOOSENS_ALWAYS},
};

const uint32_t policy_mark_count = sizeof policy_marks / sizeof policy_marks[0];

// A part of a path against one of the register; both end at a point or the text's end.
static bool part_fits(const char *pattern, size_t pattern_len, const char *part, size_t len)
{
    if (pattern_len == 1 && pattern[0] == '*')
        return true;
    return pattern_len == len && memcmp(pattern, part, len) == 0;
}

// Parts of `path` end at '\1' and not at a point, for names somebody chose have points.
static bool path_fits(const char *pattern, const char *path)
{
    for (;;) {
        size_t pattern_len = strcspn(pattern, ".");
        size_t len = strcspn(path, "\1");
        if (!part_fits(pattern, pattern_len, path, len))
            return false;
        pattern += pattern_len;
        path += len;
        if (!*pattern || !*path)
            return !*pattern && !*path;
        pattern++;
        path++;
    }
}

const struct policy_mark *policy_mark_of(const char *path)
{
    for (uint32_t i = 0; i < policy_mark_count; i++) {
        if (path_fits(policy_marks[i].path, path))
            return &policy_marks[i];
    }
    return NULL;
}

// The order.  Those of one rank cannot be compared: each hides something that another shows.
static const struct {
    const char *name;
    int rank;
} order[] = {
    {"drop", 0}, // nothing
    {"seal", 1}, // that a value is there; opened by two people with a reason
    {"pseudonym", 2}, {"round", 2}, {"bucket", 2}, {"truncate", 2}, // a part of it
    {"keep", 3},                                                    // the value
};

static int rank_of(const char *name)
{
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        if (strcmp(order[i].name, name) == 0)
            return order[i].rank;
    }
    return -1;
}

bool treatment_is_ordered(const char *name)
{
    return rank_of(name) >= 0;
}

enum revealing treatment_compare(const char *before, const char *after)
{
    if (strcmp(before, after) == 0)
        return REVEALS_SAME;
    int was = rank_of(before);
    int is = rank_of(after);
    if (was < 0 || is < 0 || was == is)
        return REVEALS_OTHERWISE;
    return is < was ? REVEALS_LESS : REVEALS_MORE;
}
