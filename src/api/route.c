// SPDX-License-Identifier: Apache-2.0
#include "api/api_private.h"

#include <stdio.h>

enum { PATH_PARTS_MAX = 8, SHOWN_BYTES = 96 };

// What Elasticsearch accepts on every path, whether it means something here or not.
static const char *const common_parameters[] = {"pretty",
                                                "human",
                                                "error_trace",
                                                "filter_path",
                                                "format",
                                                "ignore_unavailable",
                                                "allow_no_indices",
                                                "expand_wildcards",
                                                "ignore_throttled",
                                                "timeout",
                                                "master_timeout",
                                                "cluster_manager_timeout",
                                                "wait_for_active_shards",
                                                "refresh",
                                                "routing",
                                                "preference",
                                                "request_cache",
                                                "batched_reduce_size",
                                                "ccs_minimize_roundtrips",
                                                "max_concurrent_shard_requests",
                                                "max_concurrent_searches",
                                                "pre_filter_shard_size",
                                                "search_type",
                                                "typed_keys",
                                                "rest_total_hits_as_int",
                                                "track_total_hits",
                                                "include_type_name",
                                                "local",
                                                "source",
                                                "source_content_type",
                                                "allow_partial_search_results"};

enum { GROUP_COUNT = 27 };

static const struct route_group *const groups[GROUP_COUNT] = {
    &root_routes,      &search_routes,   &terms_enum_routes,   &sql_routes,
    &msearch_routes,   &doc_routes,      &bulk_routes,         &index_routes,
    &alias_routes,     &template_routes, &index_change_routes, &field_caps_routes,
    &cluster_routes,   &cat_routes,      &security_routes,     &roles_routes,
    &approvals_routes, &totp_routes,     &tamis_routes,        &stats_routes,
    &state_routes,     &by_query_routes, &reindex_routes,      &cat_other_routes,
    &audit_routes,     &scroll_routes,   &absent_routes,
};

const struct route_group *const *route_groups(size_t *out_count)
{
    *out_count = GROUP_COUNT;
    return groups;
}

struct parts {
    uint32_t count;
    struct slice at[PATH_PARTS_MAX];
};

static struct parts split(struct slice path)
{
    struct parts p = {0};
    while (path.len) {
        const uint8_t *slash = memchr(path.at, '/', path.len);
        size_t len = slash ? (size_t)(slash - path.at) : path.len;
        if (len && p.count == PATH_PARTS_MAX)
            return (struct parts){.count = PATH_PARTS_MAX + 1};
        if (len)
            p.at[p.count++] = slice_of(path.at, len);
        path = slice_from(path, len + 1);
    }
    return p;
}

static bool is_value(struct slice pattern_part)
{
    return pattern_part.at[0] == '{';
}

// A name that begins with '_' is no index, but an endpoint we do not know.
static bool fits(const struct parts *pattern, const struct parts *path)
{
    if (pattern->count != path->count)
        return false;
    for (uint32_t i = 0; i < path->count; i++) {
        bool value = is_value(pattern->at[i]);
        if (!value && !slice_equal(pattern->at[i], path->at[i]))
            return false;
        bool is_index = value && slice_is(pattern->at[i], "{index}");
        if (is_index && path->at[i].at[0] == '_' && !slice_is(path->at[i], "_all"))
            return false;
    }
    return true;
}

static unsigned method_of(const char *method)
{
    static const char *const names[] = {"GET", "POST", "PUT", "DELETE"};
    for (unsigned i = 0; i < 4; i++) {
        if (strcmp(method, names[i]) == 0)
            return 1U << i;
    }
    return strcmp(method, "HEAD") == 0 ? METHOD_GET : 0;
}

static enum err take_values(struct exchange *x, const struct parts *path, struct fault *why)
{
    const struct parts pattern = split(slice_text(x->route->path));
    x->path_value_count = 0;
    for (uint32_t i = 0; i < path->count; i++) {
        if (!is_value(pattern.at[i]))
            continue;
        enum err e =
            url_decode(path->at[i], false, x->arena, &x->path_values[x->path_value_count++], why);
        if (e != OK)
            return e;
    }
    return OK;
}

// Routes are tried in table order, so a literal part stands before a {value}.
static const struct route *search_groups(const struct parts *path, unsigned method,
                                         unsigned *out_methods)
{
    *out_methods = 0;
    for (size_t g = 0; g < GROUP_COUNT; g++) {
        for (size_t r = 0; r < groups[g]->count; r++) {
            const struct route *route = &groups[g]->routes[r];
            const struct parts pattern = split(slice_text(route->path));
            if (!fits(&pattern, path))
                continue;
            if (route->methods & method)
                return route;
            *out_methods |= route->methods;
        }
    }
    return NULL;
}

enum err route_find(struct exchange *x, int *out_outcome, unsigned *out_methods, struct fault *why)
{
    const struct parts path = split(slice_text(x->request->path));
    x->route = path.count > PATH_PARTS_MAX
                   ? NULL
                   : search_groups(&path, method_of(x->request->method), out_methods);
    if (!x->route) {
        *out_outcome = *out_methods ? ROUTE_OTHER_METHOD : ROUTE_UNKNOWN;
        return OK;
    }
    *out_outcome = ROUTE_FOUND;
    return take_values(x, &path, why);
}

bool route_parameter_is_common(struct slice name)
{
    for (size_t i = 0; i < sizeof common_parameters / sizeof *common_parameters; i++) {
        if (slice_is(name, common_parameters[i]))
            return true;
    }
    return false;
}

static bool is_listed(const char *names, struct slice name)
{
    while (*names) {
        size_t len = strcspn(names, " ");
        if (slice_equal(slice_of(names, len), name))
            return true;
        names += len + (names[len] == ' ');
    }
    return false;
}

void route_unrecognized_add(struct unrecognized *u, struct slice name)
{
    if (name.len > SHOWN_BYTES)
        name.len = SHOWN_BYTES;
    int left = (int)sizeof u->names - u->len;
    int len = snprintf(u->names + u->len, (size_t)left, "%s[%.*s]", u->count ? ", " : "",
                       SLICE_PRINT(name));
    u->len += len < left ? len : left - 1;
    u->count++;
}

enum err route_unrecognized(const struct exchange *x, const struct unrecognized *u,
                            struct fault *why)
{
    if (u->count == 0)
        return OK;
    return fail(why, ERR_INVALID,
                "illegal_argument_exception: request [%.192s] contains unrecognized "
                "parameter%s: %s",
                x->request->path, u->count > 1 ? "s" : "", u->names);
}

enum err route_check_parameters(const struct exchange *x, struct fault *why)
{
    if (!x->route->parameters)
        return OK;
    struct unrecognized unknown = {0};
    for (uint32_t i = 0; i < x->parameters.count; i++) {
        struct slice name = x->parameters.at[i].name;
        if (!route_parameter_is_common(name) && !is_listed(x->route->parameters, name))
            route_unrecognized_add(&unknown, name);
    }
    return route_unrecognized(x, &unknown, why);
}

void route_methods_print(unsigned methods, struct buf *out)
{
    static const char *const names[] = {"GET", "HEAD", "POST", "PUT", "DELETE"};
    static const unsigned bits[] = {METHOD_GET, METHOD_GET, METHOD_POST, METHOD_PUT, METHOD_DELETE};
    const char *comma = "";
    for (int i = 0; i < 5; i++) {
        if (methods & bits[i]) {
            buf_print(out, "%s%s", comma, names[i]);
            comma = ", ";
        }
    }
}
