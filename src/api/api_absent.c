// SPDX-License-Identifier: Apache-2.0
#include "api/api_private.h"

// What Elasticsearch has and tamis has not, or not yet: an error that says so, instead
// of "no handler found".  These stand last in the table.

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

static const struct route routes[] = {
    {METHOD_POST, ACTION_AGGREGATE, "/{index}/_async_search", not_built, NULL, ""},
    {METHOD_PUT, ACTION_MANAGE, "/_cluster/settings", not_built, NULL, ""},
    {METHOD_PUT | METHOD_DELETE, ACTION_WRITE, "/_ingest/pipeline/{name}", not_built, NULL,
     "there are no ingest pipelines"},
    {METHOD_PUT | METHOD_DELETE, ACTION_WRITE, "/_data_stream/{name}", from_policy, NULL, ""},
    {METHOD_POST, ACTION_MANAGE, "/{index}/_close", from_policy, NULL, ""},
    {METHOD_POST, ACTION_MANAGE, "/{index}/_rollover", from_policy, NULL, ""},
    {METHOD_POST, ACTION_MANAGE, "/{index}/_rollover/{name}", from_policy, NULL, ""},
    {METHOD_GET, ACTION_SCHEMA, "/{index}/_shard_stores", not_built, NULL, ""},
    {METHOD_GET, ACTION_SCHEMA, "/_shard_stores", not_built, NULL, ""},
    {METHOD_POST, ACTION_AGGREGATE, "/_query", not_built, NULL, ""},
    {METHODS_ALL, ACTION_MANAGE, "/_snapshot/{name}", not_built, NULL, ""},
    {METHODS_ALL, ACTION_MANAGE, "/_scripts/{name}", not_built, NULL, "there are no scripts"},
};

const struct route_group absent_routes = ROUTE_GROUP("Answered with a clear error", routes);
