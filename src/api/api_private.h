// SPDX-License-Identifier: Apache-2.0
#pragma once

// One request being answered, and the table that says by whom.
//
// A handler writes JSON into x->json and returns OK, or returns an error and lets api.c
// write it in Elasticsearch's shape.  What it writes before an error is thrown away.

#include "api/api.h"
#include "api/index_names.h"
#include "api/negotiate.h"
#include "api/record.h"
#include "api/url.h"
#include "json/json_writer.h"

enum {
    METHOD_GET = 1, // HEAD too
    METHOD_POST = 2,
    METHOD_PUT = 4,
    METHOD_DELETE = 8,
    METHODS_ALL = 15,
};

enum { PATH_VALUES_MAX = 3, SEARCH_BODY_BYTES = 4 << 20 };

struct exchange;

struct route {
    unsigned methods;
    enum action action; // what the caller must be allowed before the handler runs
    const char *path;   // "/{index}/_search"; a {name} is one part of the path
    enum err (*handle)(struct exchange *x, struct fault *why);
    const char *parameters; // beyond the common ones, blank-separated; NULL: the handler judges
    const char *note;       // for docs/compat.md; "" for none
};

struct route_group {
    const char *title; // for docs/compat.md
    const struct route *routes;
    size_t count;
};

#define ROUTE_GROUP(title_, routes_)                             \
    (struct route_group)                                         \
    {                                                            \
        (title_), (routes_), sizeof(routes_) / sizeof *(routes_) \
    }

struct exchange {
    const struct api *api;
    const struct api_request *request;
    struct arena *arena; // of the request
    const struct route *route;
    struct parameters parameters;
    struct slice path_values[PATH_VALUES_MAX]; // what stood for each {name}, decoded
    uint32_t path_value_count;
    struct principal who;
    const struct permit *permit;      // for route->action, without an index
    const struct alias_list *aliases; // NULL: not asked for yet
    struct media media;
    bool pretty;
    int64_t started_us;
    struct json_writer json;         // into reply->body
    struct record record;            // for the audit log
    const struct store_stats *stats; // as index_stats() has found them; NULL: not asked yet
    struct api_reply *reply;         // status is 200 unless a handler says otherwise
};

// exchange.c
struct slice exchange_path(const struct exchange *x, uint32_t at); // len 0 when there is none
// The body as JSON, NULL when there is none.  ERR_LIMIT beyond SEARCH_BODY_BYTES.
enum err exchange_body(struct exchange *x, const struct json **out, struct fault *why);
// The aliases there are, read once a request.
enum err exchange_aliases(struct exchange *x, const struct alias_list **out, struct fault *why);
// Who resolves index expressions for `permit`.
enum err exchange_seer(struct exchange *x, const struct permit *permit, struct index_seer *out,
                       struct fault *why);
// The tables of an expression, for `permit`.
enum err exchange_tables(struct exchange *x, const struct permit *permit, struct slice expression,
                         struct index_list *out, struct fault *why);
// The one table of the path's first value: 404 when it is not there.
enum err exchange_table(struct exchange *x, uint32_t *out, struct fault *why);
bool exchange_is_head(const struct exchange *x);
int64_t exchange_took_ms(const struct exchange *x);

// route.c
enum { ROUTE_FOUND, ROUTE_UNKNOWN, ROUTE_OTHER_METHOD };

// Sets route and path values.  *out_methods: those the path has, for ROUTE_OTHER_METHOD.
enum err route_find(struct exchange *x, int *out_outcome, unsigned *out_methods, struct fault *why);
enum err route_check_parameters(const struct exchange *x, struct fault *why);
bool route_parameter_is_common(struct slice name); // accepted everywhere
void route_methods_print(unsigned methods, struct buf *out);
const struct route_group *const *route_groups(size_t *out_count);

// Parameters that nothing knows: gathered, so that one error names them all.
struct unrecognized {
    uint32_t count;
    int len;
    char names[240]; // "[a], [b]", cut where there is no more room
};

void route_unrecognized_add(struct unrecognized *u, struct slice name);
enum err route_unrecognized(const struct exchange *x, const struct unrecognized *u,
                            struct fault *why); // OK when there is none

// Within the object of an answer: that it is not done yet, and how it will be (202).  0: it is.
void exchange_waits(struct exchange *x, int64_t id); // api_approvals.c

// api_alias.c: "aliases" of a table, those of `names` (len 0: all).
void aliases_write(struct exchange *x, const struct alias_list *l, uint32_t table,
                   struct slice names);
bool alias_of_table(const struct alias_list *l, uint32_t table, struct slice names);

enum err posture(struct exchange *x, struct fault *why);     // api_posture.c
enum err open_sealed(struct exchange *x, struct fault *why); // api_sealed.c

// api_key_list.c
void write_role_names(struct json_writer *w, uint32_t roles); // a list, out of bits
bool key_is_seen(const struct exchange *x, bool sees_all, const struct api_key *k);
bool may_manage_keys(const struct exchange *x);
enum err list_keys(struct exchange *x, struct fault *why);
enum err query_keys(struct exchange *x, struct fault *why);

// The groups, one a file.
extern const struct route_group root_routes, search_routes, msearch_routes, doc_routes, bulk_routes,
    index_routes, field_caps_routes, cluster_routes, cat_routes, security_routes, tamis_routes,
    roles_routes, approvals_routes, stats_routes, state_routes, by_query_routes, cat_other_routes,
    absent_routes;
extern const struct route_group totp_routes, audit_routes, terms_enum_routes, sql_routes,
    alias_routes, template_routes, index_change_routes, reindex_routes, scroll_routes;
