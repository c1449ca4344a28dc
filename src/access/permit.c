// SPDX-License-Identifier: Apache-2.0
#include "access/permit.h"

#include "access/access.h"
#include "access/glob.h"
#include "access/grant.h"

#include <assert.h>
#include <stdio.h>

struct narrowing {
    const char *index;
    const struct query *filter;
    struct slice text;
    const struct narrowing *next;
};

struct permit { // all of it of the request's arena
    enum action action;
    uint32_t roles;                              // built-in, a bit each
    const char *user, *indices, *grants, *limit; // as in struct principal
    struct grants of_owner;                      // of the user's roles
    struct grants of_key;             // of the API key, within these, when it has a limit
    const struct narrowing *narrowed; // by aliases; NULL: not at all
};

static const char *const action_names[ACTION_COUNT] = {
    [ACTION_INFO] = "cluster:monitor/main",
    [ACTION_AGGREGATE] = "indices:data/read/search[aggregate]",
    [ACTION_READ] = "indices:data/read/search",
    [ACTION_SCHEMA] = "indices:admin/mappings/get",
    [ACTION_WRITE] = "indices:data/write/bulk",
    [ACTION_MANAGE] = "cluster:admin/manage",
    [ACTION_AUDIT] = "cluster:admin/audit/read",
    [ACTION_UNSEAL] = "indices:data/read/sealed",
};

const char *action_name(enum action a)
{
    return action_names[a];
}

static bool has_role(uint32_t roles, enum role r)
{
    return roles >> r & 1;
}

static enum err deny(const struct principal *who, enum action a, struct slice index,
                     struct fault *why)
{
    char roles[64] = "";
    size_t used = 0;
    for (int r = 0; r < ROLE_COUNT; r++) {
        if (has_role(who->roles, (enum role)r))
            used += (size_t)snprintf(roles + used, sizeof roles - used, "%s%s", used ? "," : "",
                                     role_name((enum role)r));
    }
    char on[160] = "";
    if (index.len)
        snprintf(on, sizeof on, " on indices [%.*s]", index.len > 128 ? 128 : (int)index.len,
                 (const char *)index.at);
    if (who->key_id[0])
        return fail(why, ERR_DENIED,
                    "security_exception: action [%s] is unauthorized for API key id [%s] of user "
                    "[%.64s] with roles [%s]%s",
                    action_name(a), who->key_id, who->name, roles, on);
    return fail(why, ERR_DENIED,
                "security_exception: action [%s] is unauthorized for user [%.64s] with roles "
                "[%s]%s",
                action_name(a), who->name, roles, on);
}

// A pattern is not judged here: what it stands for is asked one by one (permit_index()).
static bool is_one_index(struct slice index)
{
    return index.len && !glob_is_pattern(index) && !slice_is(index, "_all") &&
           !memchr(index.at, ',', index.len);
}

static bool allows(const struct permit *p)
{
    return grants_allow(&p->of_owner, p->action) &&
           (!p->limit[0] || grants_allow(&p->of_key, p->action));
}

enum err permit_make(const struct principal *who, enum action a, struct slice index,
                     struct arena *request, const struct permit **out, struct fault *why)
{
    struct permit *p = ARENA_NEW(request, struct permit);
    *p = (struct permit){.action = a,
                         .roles = who->roles,
                         .user = arena_string(request, slice_text(who->name)),
                         .indices = arena_string(request, slice_text(who->indices)),
                         .grants = arena_string(request, slice_text(who->grants)),
                         .limit = arena_string(request, slice_text(who->limit))};
    enum err e =
        grants_make(who->roles, p->indices, slice_text(p->grants), request, &p->of_owner, why);
    if (e == OK && p->limit[0])
        e = grants_make(0, "", slice_text(p->limit), request, &p->of_key, why);
    if (e != OK)
        return e;
    if (!allows(p))
        return deny(who, a, index, why);
    if (is_one_index(index)) {
        const char *name = arena_string(request, index);
        if (!permit_index(p, name))
            return deny(who, a, index, why);
    }
    *out = p;
    return OK;
}

bool permit_index(const struct permit *p, const char *index)
{
    struct slice name = slice_text(index);
    return grants_index(&p->of_owner, p->action, name) &&
           (!p->limit[0] || grants_index(&p->of_key, p->action, name));
}

static bool reads(const struct permit *p)
{
    return p->action == ACTION_READ || p->action == ACTION_AGGREGATE;
}

bool permit_rows(const struct permit *p, const char *index)
{
    struct slice name = slice_text(index);
    return reads(p) && grants_rows(&p->of_owner, p->action, name) &&
           (!p->limit[0] || grants_rows(&p->of_key, p->action, name));
}

uint32_t permit_floor(const struct permit *p, const char *index, uint32_t declared)
{
    return permit_rows(p, index) ? 0 : declared;
}

static bool groups(const struct grants *g, struct slice index)
{
    return grants_index(g, ACTION_AGGREGATE, index) && !grants_rows(g, ACTION_AGGREGATE, index);
}

bool permit_groups_only(const struct permit *p, const char *index)
{
    struct slice name = slice_text(index);
    return groups(&p->of_owner, name) || (p->limit[0] && groups(&p->of_key, name));
}

static bool hides_rows(const struct grants *g, struct slice index)
{
    return grants_index(g, ACTION_AGGREGATE, index) && grants_filter(g, ACTION_AGGREGATE, index);
}

bool permit_hides_rows(const struct permit *p, const char *index)
{
    struct slice name = slice_text(index);
    return hides_rows(&p->of_owner, name) || (p->limit[0] && hides_rows(&p->of_key, name));
}

// What may be read of an index bounds what may be known of it.  Who only writes or manages
// reads nothing, so nothing bounds his view of the schema.
static enum action viewed(const struct grants *g, enum action a, struct slice index)
{
    bool sees = a != ACTION_SCHEMA || !grants_index(g, ACTION_AGGREGATE, index);
    return sees ? a : ACTION_AGGREGATE;
}

static bool shows_field(const struct grants *g, enum action a, struct slice index,
                        struct slice field)
{
    return grants_field(g, viewed(g, a, index), index, field);
}

bool permit_field(const struct permit *p, const char *index, struct slice field)
{
    struct slice name = slice_text(index);
    return shows_field(&p->of_owner, p->action, name, field) &&
           (!p->limit[0] || shows_field(&p->of_key, p->action, name, field));
}

static bool filters(const struct grants *g, enum action a, struct slice index)
{
    return grants_filter(g, viewed(g, a, index), index);
}

static const struct narrowing *narrowing_of(const struct permit *p, const char *index)
{
    const struct narrowing *n = p->narrowed;
    while (n && strcmp(n->index, index) != 0)
        n = n->next;
    return n;
}

const struct permit *permit_narrow(const struct permit *p, const char *index,
                                   const struct query *filter, struct slice text,
                                   struct arena *request)
{
    struct narrowing *n = ARENA_NEW(request, struct narrowing);
    struct permit *out = ARENA_NEW(request, struct permit);
    *n = (struct narrowing){index, filter, text, p->narrowed};
    *out = *p;
    out->narrowed = n;
    return out;
}

bool permit_filters(const struct permit *p, const char *index)
{
    struct slice name = slice_text(index);
    return narrowing_of(p, index) || filters(&p->of_owner, p->action, name) ||
           (p->limit[0] && filters(&p->of_key, p->action, name));
}

static const struct query *both_of(const struct query *one, const struct query *other,
                                   struct arena *arena)
{
    if (!one || !other)
        return one ? one : other;
    struct query *and = ARENA_NEW(arena, struct query);
    const struct query **list = ARENA_ARRAY(arena, const struct query *, 2);
    list[0] = one;
    list[1] = other;
    *and = (struct query){.kind = QUERY_BOOL, .boost = 1};
    and->bool_.filter = list;
    and->bool_.filter_count = 2;
    return and;
}

const struct query *permit_filter(const struct permit *p, const char *index, struct arena *arena)
{
    struct slice name = slice_text(index);
    const struct query *owner =
        grants_query(&p->of_owner, viewed(&p->of_owner, p->action, name), name, arena);
    const struct query *key =
        p->limit[0] ? grants_query(&p->of_key, viewed(&p->of_key, p->action, name), name, arena)
                    : NULL;
    const struct narrowing *n = narrowing_of(p, index);
    return both_of(both_of(owner, key, arena), n ? n->filter : NULL, arena);
}

static bool is_plain(const struct grants *g, enum action a, struct slice index)
{
    enum action as = viewed(g, a, index);
    for (uint32_t i = 0; i < g->count; i++) {
        const struct grant *one = &g->items[i];
        if ((one->granted || one->excepted) && one->actions >> as & 1)
            return false;
    }
    return !grants_filter(g, as, index);
}

bool permit_is_plain(const struct permit *p, const char *index)
{
    struct slice name = slice_text(index);
    return !narrowing_of(p, index) && is_plain(&p->of_owner, p->action, name) &&
           (!p->limit[0] || is_plain(&p->of_key, p->action, name));
}

enum action permit_action(const struct permit *p)
{
    return p->action;
}

const char *permit_user(const struct permit *p)
{
    return p->user;
}

void permit_key(const struct permit *p, struct buf *out)
{
    // Everything else of a permit follows from these.  What is added to a principal and bounds
    // what it sees is added here, or answers for one would reach another.
    buf_u32_le(out, (uint32_t)p->action);
    buf_u32_le(out, p->roles);
    buf_blob(out, slice_text(p->user));
    buf_blob(out, slice_text(p->indices));
    buf_blob(out, slice_text(p->grants));
    buf_blob(out, slice_text(p->limit));
    for (const struct narrowing *n = p->narrowed; n; n = n->next) {
        buf_blob(out, slice_text(n->index));
        buf_blob(out, n->text);
    }
}
