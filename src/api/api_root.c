// SPDX-License-Identifier: Apache-2.0
#include "api/api_private.h"
#include "api/version.h"

static enum err root(struct exchange *x, struct fault *why)
{
    (void)why;
    struct json_writer *w = &x->json;
    json_object(w);
    json_key(w, "name");
    json_text(w, x->api->node_name);
    json_key(w, "cluster_name");
    json_text(w, x->api->cluster_name);
    json_key(w, "cluster_uuid");
    json_text(w, x->api->cluster_uuid);
    json_key(w, "version");
    json_object(w);
    json_key(w, "number");
    json_text(w, API_VERSION);
    json_key(w, "build_flavor");
    json_text(w, "default");
    json_key(w, "build_type");
    json_text(w, "deb");
    json_key(w, "build_hash");
    json_text(w, "0000000000000000000000000000000000000000");
    json_key(w, "build_date");
    json_text(w, "2024-08-05T10:05:34.233336849Z");
    json_key(w, "build_snapshot");
    json_truth(w, false);
    json_key(w, "lucene_version");
    json_text(w, "9.11.1");
    json_key(w, "minimum_wire_compatibility_version");
    json_text(w, "7.17.0");
    json_key(w, "minimum_index_compatibility_version");
    json_text(w, "7.0.0");
    json_end(w);
    json_key(w, "tagline");
    json_text(w, "You Know, for Search");
    json_end(w);
    return OK;
}

static const struct route routes[] = {
    {METHOD_GET, ACTION_INFO, "/", root, "", "reports version " API_VERSION},
};

const struct route_group root_routes = ROUTE_GROUP("Root", routes);
