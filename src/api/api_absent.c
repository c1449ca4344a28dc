// SPDX-License-Identifier: Apache-2.0
#include "api/api_private.h"

// What Elasticsearch has and tamis has not, or not yet: an error that says so, instead
// of "no handler found".  These stand last in the table.

static enum err mirrored(struct exchange *x, struct fault *why)
{
    const struct schema *s = x->api->engine->schema;
    struct slice index = exchange_path(x, 0);
    const struct table *t = index.len ? schema_table(s, index) : NULL;
    if (t && permit_index(x->permit, t->name))
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: this index is mirrored from source [%s]; "
                    "documents cannot be pushed yet",
                    t->source);
    return fail(why, ERR_INVALID,
                "illegal_argument_exception: indices are mirrored from sources; documents cannot "
                "be pushed yet");
}

static enum err from_policy(struct exchange *x, struct fault *why)
{
    (void)x;
    return fail(why, ERR_INVALID,
                "illegal_argument_exception: indices and their mappings come from the policy; "
                "they cannot be changed here");
}

static enum err not_built(struct exchange *x, struct fault *why)
{
    return fail(why, ERR_INVALID, "illegal_argument_exception: [%s] is not supported",
                x->route->path);
}

#define WRITES (METHOD_POST | METHOD_PUT | METHOD_DELETE)

static const struct route routes[] = {
    {METHOD_POST | METHOD_PUT, "/_bulk", ACTION_WRITE, mirrored, NULL, "refused: 400"},
    {METHOD_POST | METHOD_PUT, "/{index}/_bulk", ACTION_WRITE, mirrored, NULL, "refused: 400"},
    {METHOD_POST, "/{index}/_doc", ACTION_WRITE, mirrored, NULL, "refused: 400"},
    {WRITES, "/{index}/_doc/{id}", ACTION_WRITE, mirrored, NULL, "refused: 400"},
    {METHOD_POST | METHOD_PUT, "/{index}/_create/{id}", ACTION_WRITE, mirrored, NULL,
     "refused: 400"},
    {METHOD_POST, "/{index}/_update/{id}", ACTION_WRITE, mirrored, NULL, "refused: 400"},
    {METHOD_POST, "/{index}/_delete_by_query", ACTION_WRITE, mirrored, NULL, "refused: 400"},
    {METHOD_POST, "/{index}/_update_by_query", ACTION_WRITE, mirrored, NULL, "refused: 400"},
    {METHOD_POST, "/_reindex", ACTION_WRITE, mirrored, NULL, "refused: 400"},
    {METHOD_PUT | METHOD_DELETE, "/{index}", ACTION_MANAGE, from_policy, NULL, "refused: 400"},
    {METHOD_PUT | METHOD_POST, "/{index}/_mapping", ACTION_MANAGE, from_policy, NULL,
     "refused: 400"},
    {METHOD_PUT, "/{index}/_settings", ACTION_MANAGE, from_policy, NULL, "refused: 400"},
    {METHODS_ALL, "/_search/scroll", ACTION_AGGREGATE, not_built, NULL,
     "use `sort` with `search_after`"},
    {METHODS_ALL, "/_search/scroll/{id}", ACTION_AGGREGATE, not_built, NULL, ""},
    {METHOD_DELETE, "/_pit", ACTION_AGGREGATE, not_built, NULL, ""},
    {METHOD_POST, "/{index}/_pit", ACTION_AGGREGATE, not_built, NULL, ""},
    {METHOD_POST, "/{index}/_async_search", ACTION_AGGREGATE, not_built, NULL, ""},
    {METHOD_POST, "/{index}/_terms_enum", ACTION_AGGREGATE, not_built, NULL, ""},
    {METHOD_GET, "/_resolve/index/{name}", ACTION_SCHEMA, not_built, NULL, ""},
    {METHOD_GET, "/_stats", ACTION_SCHEMA, not_built, NULL, ""},
    {METHOD_GET, "/{index}/_stats", ACTION_SCHEMA, not_built, NULL, ""},
    {METHOD_GET, "/_nodes/stats", ACTION_INFO, not_built, NULL, ""},
    {METHOD_GET, "/_cluster/state", ACTION_INFO, not_built, NULL, ""},
    {METHOD_PUT, "/_cluster/settings", ACTION_MANAGE, not_built, NULL, ""},
    {METHODS_ALL, "/_aliases", ACTION_MANAGE, not_built, NULL, ""},
    {METHODS_ALL, "/{index}/_alias/{name}", ACTION_SCHEMA, not_built, NULL, ""},
    {METHODS_ALL, "/_index_template/{name}", ACTION_MANAGE, not_built, NULL, ""},
    {METHODS_ALL, "/_template/{name}", ACTION_MANAGE, not_built, NULL, ""},
    {METHODS_ALL, "/_component_template/{name}", ACTION_MANAGE, not_built, NULL, ""},
    {METHODS_ALL, "/_ilm/policy/{name}", ACTION_MANAGE, not_built, NULL, ""},
    {METHODS_ALL, "/_ingest/pipeline/{name}", ACTION_MANAGE, not_built, NULL, ""},
    {METHOD_POST, "/_sql", ACTION_AGGREGATE, not_built, NULL, ""},
    {METHOD_POST, "/_query", ACTION_AGGREGATE, not_built, NULL, ""},
    {METHODS_ALL, "/_snapshot/{name}", ACTION_MANAGE, not_built, NULL, ""},
    {METHODS_ALL, "/_scripts/{name}", ACTION_MANAGE, not_built, NULL, "there are no scripts"},
};

const struct route_group absent_routes = ROUTE_GROUP("Answered with a clear error", routes);
