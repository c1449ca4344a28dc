// SPDX-License-Identifier: Apache-2.0
#include "access/grant.h"

#include "access/glob.h"

#define MAY(action) ((uint32_t)1 << (action))

enum { GRANTS_MAX = 64, READS = MAY(ACTION_SCHEMA) | MAY(ACTION_AGGREGATE) };

// Whoever manages sees no row, and whoever sees rows manages nothing.  Whoever reads the audit log
// does nothing else: not even a role of one's own can give that beside something.
static const uint32_t role_actions[ROLE_COUNT] = {
    [ROLE_ADMIN] = MAY(ACTION_INFO) | MAY(ACTION_SCHEMA) | MAY(ACTION_MANAGE),
    [ROLE_WRITER] = MAY(ACTION_INFO) | MAY(ACTION_SCHEMA) | MAY(ACTION_WRITE),
    [ROLE_ANALYST] = MAY(ACTION_INFO) | READS | MAY(ACTION_READ),
    [ROLE_METRICS] = MAY(ACTION_INFO) | READS,
    [ROLE_AUDITOR] = MAY(ACTION_AUDIT),
    [ROLE_INVESTIGATOR] = MAY(ACTION_INFO) | MAY(ACTION_UNSEAL),
};

struct privilege {
    const char *name;
    uint32_t actions;
    bool shows_rows;
};

static const struct privilege of_index[] = {
    {"read", READS | MAY(ACTION_READ), true},
    {"aggregate", READS, false},
    {"view_index_metadata", MAY(ACTION_SCHEMA), false},
    {"monitor", MAY(ACTION_SCHEMA), false},
    {"write", MAY(ACTION_WRITE), false},
    {"index", MAY(ACTION_WRITE), false},
    {"create", MAY(ACTION_WRITE), false},
    {"create_doc", MAY(ACTION_WRITE), false},
    {"delete", MAY(ACTION_WRITE), false},
    {"all", READS | MAY(ACTION_READ) | MAY(ACTION_WRITE), true},
};

static const struct privilege of_cluster[] = {
    {"monitor", 0, false},
    {"manage_own_api_key", 0, false},
    {"manage_security", MAY(ACTION_SCHEMA) | MAY(ACTION_MANAGE), false},
    {"all", MAY(ACTION_SCHEMA) | MAY(ACTION_MANAGE), false},
};

enum { OF_INDEX = sizeof of_index / sizeof *of_index };

enum { OF_CLUSTER = sizeof of_cluster / sizeof *of_cluster };

struct reading {
    struct arena *arena;
    struct grant *items;
    uint32_t count;
    struct fault *why;
};

static enum err invalid(struct fault *why, const char *what)
{
    return fail(why, ERR_INVALID, "parse_exception: failed to parse role: %s", what);
}

static enum err add(struct reading *r, const struct grant *g)
{
    if (r->count == GRANTS_MAX)
        return fail(r->why, ERR_LIMIT,
                    "illegal_argument_exception: roles of one user have at most 64 entries");
    r->items[r->count++] = *g;
    return OK;
}

// ---- reading ----

static enum err add_privilege(struct reading *r, const struct privilege *known, size_t count,
                              const struct json *name, struct grant *to)
{
    for (size_t i = 0; i < count; i++) {
        if (name->type == JSON_STRING && slice_is(name->text, known[i].name)) {
            to->actions |= known[i].actions;
            to->shows_rows |= known[i].shows_rows;
            return OK;
        }
    }
    return invalid(r->why, known == of_index
                               ? "[privileges] are read, aggregate, view_index_metadata, monitor, "
                                 "write, index, create, create_doc, delete and all"
                               : "[cluster] privileges are monitor, manage_own_api_key, "
                                 "manage_security and all");
}

static bool is_text_list(const struct json *v)
{
    bool is = v && v->type == JSON_ARRAY;
    for (uint32_t i = 0; is && i < v->count; i++)
        is = v->items[i].type == JSON_STRING && v->items[i].text.len > 0;
    return is;
}

// Elasticsearch takes the query as an object and as text of one, and gives it as text.
static enum err read_query(struct reading *r, const struct json *v, struct grant *to)
{
    if (v->type == JSON_NULL)
        return OK;
    if (v->type == JSON_STRING) {
        enum err e = json_parse(v->text, r->arena, &v, r->why);
        if (e)
            return e;
    }
    return query_parse(v, r->arena, &to->query, r->why);
}

static enum err read_fields(struct reading *r, const struct json *v, struct grant *to)
{
    if (v->type == JSON_NULL)
        return OK;
    for (uint32_t i = 0; v->type == JSON_OBJECT && i < v->count; i++) {
        bool grants = slice_is(v->keys[i], "grant");
        if ((!grants && !slice_is(v->keys[i], "except")) || !is_text_list(&v->items[i]))
            return invalid(r->why, "[field_security] is lists [grant] and [except] of fields");
        *(grants ? &to->granted : &to->excepted) = &v->items[i];
    }
    if (v->type != JSON_OBJECT || (to->excepted && !to->granted))
        return invalid(r->why, "[field_security] is an object with [grant]");
    return OK;
}

static enum err read_index_member(struct reading *r, struct slice key, const struct json *v,
                                  struct grant *to)
{
    if (slice_is(key, "query"))
        return read_query(r, v, to);
    if (slice_is(key, "field_security"))
        return read_fields(r, v, to);
    if (slice_is(key, "allow_restricted_indices"))
        return OK; // there are none
    if (slice_is(key, "names") && is_text_list(v)) {
        to->names = v;
        return OK;
    }
    if (!slice_is(key, "privileges") || !is_text_list(v))
        return invalid(r->why, "an entry of [indices] has lists of [names] and [privileges], "
                               "and may have [field_security] and [query]");
    enum err e = OK;
    for (uint32_t i = 0; i < v->count && !e; i++)
        e = add_privilege(r, of_index, OF_INDEX, &v->items[i], to);
    return e;
}

static enum err read_indices(struct reading *r, const struct json *list)
{
    enum err e = list->type == JSON_ARRAY ? OK : invalid(r->why, "[indices] is a list");
    for (uint32_t i = 0; !e && i < list->count; i++) {
        const struct json *v = &list->items[i];
        struct grant g = {0};
        if (v->type != JSON_OBJECT)
            return invalid(r->why, "an entry of [indices] is an object");
        for (uint32_t m = 0; !e && m < v->count; m++)
            e = read_index_member(r, v->keys[m], &v->items[m], &g);
        if (!e && (!g.names || g.names->count == 0 || g.actions == 0))
            e = invalid(r->why, "an entry of [indices] needs [names] and [privileges]");
        if (!e)
            e = add(r, &g);
    }
    return e;
}

static enum err read_cluster(struct reading *r, const struct json *list)
{
    struct grant g = {.actions = MAY(ACTION_INFO)};
    enum err e = is_text_list(list) ? OK : invalid(r->why, "[cluster] is a list");
    for (uint32_t i = 0; !e && i < list->count; i++)
        e = add_privilege(r, of_cluster, OF_CLUSTER, &list->items[i], &g);
    return e ? e : add(r, &g);
}

// What other clients send along and has no meaning here is taken when it is empty.
static enum err read_descriptor_member(struct reading *r, struct slice key, const struct json *v)
{
    static const char *const without_effect[] = {"metadata", "transient_metadata", "description"};
    if (slice_is(key, "indices") || slice_is(key, "index"))
        return read_indices(r, v);
    if (slice_is(key, "cluster"))
        return read_cluster(r, v);
    for (size_t i = 0; i < 3; i++)
        if (slice_is(key, without_effect[i]))
            return OK;
    if ((v->type == JSON_ARRAY || v->type == JSON_OBJECT) && v->count == 0)
        return OK;
    return invalid(r->why, "a role has [cluster], [indices] and [metadata]");
}

static enum err read_descriptor(struct reading *r, const struct json *v)
{
    const struct grant info = {.actions = MAY(ACTION_INFO)};
    enum err e = v->type == JSON_OBJECT ? OK : invalid(r->why, "a role is an object");
    if (!e)
        e = add(r, &info);
    for (uint32_t i = 0; !e && i < v->count; i++)
        e = read_descriptor_member(r, v->keys[i], &v->items[i]);
    return e;
}

static enum err add_role(struct reading *r, enum role role, const struct json *names)
{
    const struct grant g = {
        .names = names, .actions = role_actions[role], .shows_rows = role == ROLE_ANALYST};
    return add(r, &g);
}

static enum err read_entry(struct reading *r, const struct json *v)
{
    const struct json *role = json_get(v, "role");
    if (!role)
        return read_descriptor(r, v);
    const struct json *names = json_get(v, "names");
    enum role known = ROLE_COUNT;
    enum err e = role->type == JSON_STRING ? role_parse(role->text, &known, r->why) : ERR_INVALID;
    return e ? e : add_role(r, known, names);
}

enum err grants_check(const struct json *descriptor, struct arena *request, struct fault *why)
{
    struct reading r = {
        .arena = request, .items = ARENA_ARRAY(request, struct grant, GRANTS_MAX), .why = why};
    enum err e = read_descriptor(&r, descriptor);
    uint32_t actions = 0;
    for (uint32_t i = 0; i < r.count; i++)
        actions |= r.items[i].actions;
    if (!e && actions & MAY(ACTION_MANAGE) && actions & (MAY(ACTION_AGGREGATE) | MAY(ACTION_WRITE)))
        e = invalid(why, "whoever manages security neither reads nor writes, in one role");
    return e;
}

// "a* b*" as a list of JSON texts.
static const struct json *pattern_list(const char *patterns, struct arena *request)
{
    if (*patterns == '\0')
        return NULL;
    struct json *list = ARENA_NEW(request, struct json);
    struct json *items = ARENA_ARRAY(request, struct json, strlen(patterns) / 2 + 1);
    *list = (struct json){.type = JSON_ARRAY, .items = items};
    while (*patterns) {
        size_t len = strcspn(patterns, " ");
        if (len)
            items[list->count++] =
                (struct json){.type = JSON_STRING, .text = slice_of(patterns, len)};
        patterns += len + (patterns[len] == ' ');
    }
    return list;
}

enum err grants_make(uint32_t roles, const char *patterns, struct slice list, struct arena *request,
                     struct grants *out, struct fault *why)
{
    uint32_t most = list.len ? GRANTS_MAX : ROLE_COUNT;
    struct reading r = {
        .arena = request, .items = ARENA_ARRAY(request, struct grant, most), .why = why};
    const struct json *names = pattern_list(patterns, request);
    enum err e = OK;
    for (int i = 0; i < ROLE_COUNT && !e; i++)
        if (roles >> i & 1)
            e = add_role(&r, (enum role)i, names);
    const struct json *all = NULL;
    if (!e && list.len)
        e = json_parse(list, request, &all, why);
    for (uint32_t i = 0; !e && all && i < all->count; i++)
        e = read_entry(&r, &all->items[i]);
    *out = (struct grants){.count = r.count, .items = r.items};
    return e;
}

// ---- asking ----

static bool matches(const struct json *patterns, struct slice name)
{
    for (uint32_t i = 0; i < patterns->count; i++)
        if (glob_matches(patterns->items[i].text, name))
            return true;
    return false;
}

static bool is_about(const struct grant *g, enum action a, struct slice index)
{
    return g->actions & MAY(a) && (!g->names || matches(g->names, index));
}

bool grants_allow(const struct grants *g, enum action a)
{
    for (uint32_t i = 0; i < g->count; i++)
        if (g->items[i].actions & MAY(a))
            return true;
    return false;
}

bool grants_index(const struct grants *g, enum action a, struct slice index)
{
    for (uint32_t i = 0; i < g->count; i++)
        if (is_about(&g->items[i], a, index))
            return true;
    return false;
}

bool grants_rows(const struct grants *g, enum action a, struct slice index)
{
    for (uint32_t i = 0; i < g->count; i++)
        if (g->items[i].shows_rows && is_about(&g->items[i], a, index))
            return true;
    return false;
}

// Of the grants about an index, those of the kind that stands above.
static bool counts(const struct grants *g, uint32_t i, enum action a, struct slice index)
{
    return is_about(&g->items[i], a, index) && g->items[i].shows_rows == grants_rows(g, a, index);
}

bool grants_field(const struct grants *g, enum action a, struct slice index, struct slice field)
{
    for (uint32_t i = 0; i < g->count; i++) {
        const struct grant *one = &g->items[i];
        if (counts(g, i, a, index) && (!one->granted || matches(one->granted, field)) &&
            (!one->excepted || !matches(one->excepted, field)))
            return true;
    }
    return false;
}

bool grants_filter(const struct grants *g, enum action a, struct slice index)
{
    for (uint32_t i = 0; i < g->count; i++)
        if (counts(g, i, a, index) && !g->items[i].query)
            return false;
    return true;
}

const struct query *grants_query(const struct grants *g, enum action a, struct slice index,
                                 struct arena *request)
{
    struct query *any = ARENA_NEW(request, struct query);
    const struct query **list = ARENA_ARRAY(request, const struct query *, g->count + 1);
    *any = (struct query){.kind = QUERY_BOOL, .boost = 1};
    any->bool_.should = list;
    any->bool_.should_match_min = 1;
    for (uint32_t i = 0; i < g->count; i++) {
        if (!counts(g, i, a, index))
            continue;
        if (!g->items[i].query)
            return NULL;
        list[any->bool_.should_count++] = g->items[i].query;
    }
    return any;
}
