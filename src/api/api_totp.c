// SPDX-License-Identifier: Apache-2.0
// Who needs a code for changes (access/totp.h), and taking that away.
#include "access/totp.h"
#include "api/api_private.h"

static void write_one(struct exchange *x, const char *name)
{
    struct totp_state state = {0};
    if (access_totp_state(x->api->access, slice_text(name), &state, NULL) != OK || !state.is_there)
        return;
    json_key(&x->json, name);
    json_object(&x->json);
    json_key(&x->json, "since_in_millis");
    json_int(&x->json, state.since_ms);
    json_key(&x->json, "recovery_codes_left");
    json_uint(&x->json, state.recovery_codes);
    json_end(&x->json);
}

struct names {
    struct exchange *x;
    const char **at;
    uint32_t count;
};

enum { USERS_MAX = 10000 };

static void note_name(void *context, const char *name, uint32_t roles)
{
    struct names *n = context;
    (void)roles;
    if (n->count < USERS_MAX)
        n->at[n->count++] = arena_string(n->x->arena, slice_text(name));
}

// The list is walked under a lock that asking for one user takes as well.
static enum err list(struct exchange *x, struct fault *why)
{
    struct names n = {.x = x, .at = arena_alloc(x->arena, USERS_MAX * sizeof *n.at)};
    enum err e = access_user_list(x->api->access, note_name, &n, why);
    json_object(&x->json);
    for (uint32_t i = 0; e == OK && i < n.count; i++)
        write_one(x, n.at[i]);
    json_end(&x->json);
    return e;
}

static enum err take_away(struct exchange *x, struct fault *why)
{
    struct access_outcome done = {0};
    const struct access_by by = {x->who.name, x->who.key_id, x->request->address};
    enum err e = access_totp_remove(x->api->access, &by, exchange_path(x, 0), &done, why);
    if (e != OK)
        return e;
    json_object(&x->json);
    json_key(&x->json, "removed");
    json_truth(&x->json, done.waits == 0);
    exchange_waits(x, done.waits);
    json_end(&x->json);
    return OK;
}

static const struct route routes[] = {
    {METHOD_GET, ACTION_MANAGE, "/_tamis/totp", list, "", "who needs a code for changes"},
    {METHOD_DELETE, ACTION_MANAGE, "/_tamis/totp/{name}", take_away, "",
     "waits for a second administrator; `tamis user totp` makes one"},
};

const struct route_group totp_routes = ROUTE_GROUP("Second factor", routes);
