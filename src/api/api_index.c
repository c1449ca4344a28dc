// SPDX-License-Identifier: Apache-2.0
#include "api/index_facts.h"
#include "api/render.h"

typedef void (*index_part)(struct exchange *x, const struct table *t);

// {"index":{...},...} for every index of the path, each part written by `write`.
static enum err for_each(struct exchange *x, index_part write, struct fault *why)
{
    struct index_list list;
    enum err e = exchange_tables(x, x->permit, exchange_path(x, 0), &list, why);
    if (e != OK)
        return e;
    json_object(&x->json);
    for (uint32_t i = 0; i < list.count; i++) {
        const struct table *t = &x->api->engine->schema->tables[list.tables[i]];
        json_key(&x->json, t->name);
        json_object(&x->json);
        write(x, t);
        json_end(&x->json);
    }
    json_end(&x->json);
    return OK;
}

static void mappings_part(struct exchange *x, const struct table *t)
{
    json_key(&x->json, "mappings");
    index_mappings(x, t);
}

static void settings_part(struct exchange *x, const struct table *t)
{
    json_key(&x->json, "settings");
    index_settings(x, t);
}

static void whole_part(struct exchange *x, const struct table *t)
{
    aliases_write(x, x->aliases, (uint32_t)(t - x->api->engine->schema->tables), slice_of(NULL, 0));
    mappings_part(x, t);
    settings_part(x, t);
}

static enum err get_index(struct exchange *x, struct fault *why)
{
    bool flat = false;
    enum err e = parameter_truth(&x->parameters, "flat_settings", &flat, why);
    return e ? e : for_each(x, whole_part, why); // which has read the aliases
}

static enum err get_mapping(struct exchange *x, struct fault *why)
{
    return for_each(x, mappings_part, why);
}

static enum err get_settings(struct exchange *x, struct fault *why)
{
    bool flat = false;
    enum err e = parameter_truth(&x->parameters, "flat_settings", &flat, why);
    return e ? e : for_each(x, settings_part, why);
}

static enum err refresh(struct exchange *x, struct fault *why)
{
    struct index_list list;
    enum err e = exchange_tables(x, x->permit, exchange_path(x, 0), &list, why);
    if (e == OK)
        e = x->api->engine->ops->refresh(x->api->engine, x->permit, why);
    if (e != OK)
        return e;
    json_object(&x->json);
    render_shards(&x->json, list.count);
    json_end(&x->json);
    return OK;
}

static const struct route routes[] = {
    {METHOD_GET, ACTION_SCHEMA, "/_mapping", get_mapping, "",
     "mappings come from the policy; look-ups are objects"},
    {METHOD_GET, ACTION_SCHEMA, "/{index}/_mapping", get_mapping, "", ""},
    {METHOD_GET, ACTION_SCHEMA, "/_settings", get_settings, "flat_settings include_defaults", ""},
    {METHOD_GET, ACTION_SCHEMA, "/{index}/_settings", get_settings,
     "flat_settings include_defaults", ""},
    {METHOD_GET | METHOD_POST, ACTION_SCHEMA, "/_refresh", refresh, "",
     "rows are visible as soon as they are on disk, so nothing depends on it"},
    {METHOD_GET | METHOD_POST, ACTION_SCHEMA, "/{index}/_refresh", refresh, "", ""},
    {METHOD_GET, ACTION_SCHEMA, "/{index}", get_index, "flat_settings include_defaults", ""},
};

const struct route_group index_routes = ROUTE_GROUP("Indices", routes);
