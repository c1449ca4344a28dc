// SPDX-License-Identifier: Apache-2.0
#include "access/permit.h"

#include "access/access.h"
#include "access/glob.h"

#include <assert.h>
#include <stdio.h>

struct permit {
    enum action action;
    uint32_t roles;      // bit per enum role
    const char *user;    // of the request's arena
    const char *indices; // blank-separated patterns; "" for all
};

static const char *const action_names[ACTION_COUNT] = {
    [ACTION_INFO] = "cluster:monitor/main",
    [ACTION_AGGREGATE] = "indices:data/read/search[aggregate]",
    [ACTION_READ] = "indices:data/read/search",
    [ACTION_SCHEMA] = "indices:admin/mappings/get",
    [ACTION_WRITE] = "indices:data/write/bulk",
    [ACTION_MANAGE] = "cluster:admin/manage",
};

#define MAY(action) ((uint32_t)1 << (action))

// Whoever manages sees no row, and whoever sees rows manages nothing.
static const uint32_t role_actions[ROLE_COUNT] = {
    [ROLE_ADMIN] = MAY(ACTION_INFO) | MAY(ACTION_SCHEMA) | MAY(ACTION_MANAGE),
    [ROLE_WRITER] = MAY(ACTION_INFO) | MAY(ACTION_SCHEMA) | MAY(ACTION_WRITE),
    [ROLE_ANALYST] =
        MAY(ACTION_INFO) | MAY(ACTION_SCHEMA) | MAY(ACTION_AGGREGATE) | MAY(ACTION_READ),
    [ROLE_METRICS] = MAY(ACTION_INFO) | MAY(ACTION_SCHEMA) | MAY(ACTION_AGGREGATE),
};

const char *action_name(enum action a)
{
    return action_names[a];
}

static bool has_role(uint32_t roles, enum role r)
{
    return roles >> r & 1;
}

static bool roles_allow(uint32_t roles, enum action a)
{
    for (int r = 0; r < ROLE_COUNT; r++) {
        if (has_role(roles, (enum role)r) && role_actions[r] & MAY(a))
            return true;
    }
    return false;
}

static bool patterns_match(const char *patterns, struct slice name)
{
    if (*patterns == '\0')
        return true;
    while (*patterns) {
        size_t len = strcspn(patterns, " ");
        if (len && glob_matches(slice_of(patterns, len), name))
            return true;
        patterns += len + (patterns[len] == ' ');
    }
    return false;
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

enum err permit_make(const struct principal *who, enum action a, struct slice index,
                     struct arena *request, const struct permit **out, struct fault *why)
{
    if (!roles_allow(who->roles, a))
        return deny(who, a, index, why);
    if (is_one_index(index) && !patterns_match(who->indices, index))
        return deny(who, a, index, why);
    struct permit *p = ARENA_NEW(request, struct permit);
    p->action = a;
    p->roles = who->roles;
    p->user = arena_string(request, slice_text(who->name));
    p->indices = arena_string(request, slice_text(who->indices));
    *out = p;
    return OK;
}

bool permit_index(const struct permit *p, const char *index)
{
    return patterns_match(p->indices, slice_text(index));
}

bool permit_rows(const struct permit *p)
{
    bool reads = p->action == ACTION_READ || p->action == ACTION_AGGREGATE;
    return reads && has_role(p->roles, ROLE_ANALYST);
}

uint32_t permit_floor(const struct permit *p, uint32_t declared)
{
    return permit_rows(p) ? 0 : declared;
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
    // A field that is added there is added here, or answers for one would reach another.
    static_assert(sizeof *p == 2 * sizeof(uint32_t) + 2 * sizeof(char *), "fields of a permit");
    buf_u32_le(out, (uint32_t)p->action);
    buf_u32_le(out, p->roles);
    buf_blob(out, slice_text(p->user));
    buf_blob(out, slice_text(p->indices));
}
