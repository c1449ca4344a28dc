// SPDX-License-Identifier: Apache-2.0
#include "api/node_facts.h"

struct slice node_host(const struct exchange *x)
{
    const char *address = x->api->publish_address;
    const char *colon = strrchr(address, ':');
    return slice_of(address, colon ? (size_t)(colon - address) : strlen(address));
}

void node_names(struct exchange *x)
{
    struct json_writer *w = &x->json;
    json_key(w, "name");
    json_text(w, x->api->node_name);
    json_key(w, "transport_address");
    json_text(w, x->api->publish_address);
    json_key(w, "host");
    json_string(w, node_host(x));
    json_key(w, "ip");
    json_string(w, node_host(x));
}

void node_counts(struct json_writer *w)
{
    json_key(w, "_nodes");
    json_object(w);
    json_key(w, "total");
    json_int(w, 1);
    json_key(w, "successful");
    json_int(w, 1);
    json_key(w, "failed");
    json_int(w, 0);
    json_end(w);
}

void node_roles(struct json_writer *w)
{
    static const char *const roles[] = {"data", "ingest", "master"};
    json_array(w);
    for (int i = 0; i < 3; i++)
        json_text(w, roles[i]);
    json_end(w);
}
