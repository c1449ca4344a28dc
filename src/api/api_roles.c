// SPDX-License-Identifier: Apache-2.0
#include "access/glob.h"
#include "api/api_private.h"

// Roles and users, for whoever manages, and what the caller himself may.

enum { ROLES_OF_USER_MAX = 32, ROLE_BYTES = 8 * 1024, MAY_BYTES = 8 << 20 };

static struct access_by by_caller(const struct exchange *x)
{
    return (struct access_by){x->who.name, x->who.key_id, x->request->address};
}

// ---- roles ----

static enum err put_role(struct exchange *x, struct fault *why)
{
    const struct json *body = NULL;
    enum err e = exchange_body(x, &body, why);
    if (e == OK && !body)
        e = fail(why, ERR_INVALID, "parse_exception: a role is an object in the body");
    if (e != OK)
        return e;
    struct buf text AUTO(buf_donep) = buf_init(ROLE_BYTES);
    struct json_writer w = json_writer_to(&text);
    json_value(&w, body);
    struct access_outcome done = {0};
    struct access_by by = by_caller(x);
    e = buf_end(&text, why);
    if (e == OK)
        e = access_role_put(x->api->access, &by, exchange_path(x, 0), buf_slice(&text), &done, why);
    if (e != OK)
        return e;
    json_object(&x->json);
    json_key(&x->json, "role");
    json_object(&x->json);
    json_key(&x->json, "created");
    json_truth(&x->json, done.is_new && !done.waits);
    json_end(&x->json);
    exchange_waits(x, done.waits);
    json_end(&x->json);
    return OK;
}

struct listing {
    struct exchange *x;
    struct slice wanted; // len 0: all
    bool is_found;
};

static void write_role(void *context, const char *name, const char *body)
{
    struct listing *l = context;
    const struct json *role = NULL;
    if ((l->wanted.len && !slice_is(l->wanted, name)) ||
        json_parse(arena_copy(l->x->arena, slice_text(body)), l->x->arena, &role, NULL) != OK)
        return;
    l->is_found = true;
    json_key(&l->x->json, name);
    json_value(&l->x->json, role);
}

// Nobody else changes a role between: what is not there is {} and 404, as Elasticsearch has it.
static enum err get_roles(struct exchange *x, struct fault *why)
{
    struct listing l = {.x = x, .wanted = exchange_path(x, 0)};
    json_object(&x->json);
    enum err e = access_role_list(x->api->access, write_role, &l, why);
    json_end(&x->json);
    if (e == OK && l.wanted.len && !l.is_found)
        x->reply->status = 404;
    return e;
}

static enum err tell_found(struct exchange *x, enum err e)
{
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    json_object(&x->json);
    json_key(&x->json, "found");
    json_truth(&x->json, e == OK);
    json_end(&x->json);
    if (e == ERR_NOT_FOUND)
        x->reply->status = 404;
    return OK;
}

static enum err delete_role(struct exchange *x, struct fault *why)
{
    struct access_by by = by_caller(x);
    return tell_found(x, access_role_remove(x->api->access, &by, exchange_path(x, 0), why));
}

// ---- users ----

struct user_wish {
    struct slice password;
    struct slice roles[ROLES_OF_USER_MAX];
    uint32_t role_count;
    bool has_roles, enables, disables;
};

static enum err read_user_roles(struct user_wish *wish, const struct json *v, struct fault *why)
{
    if (v->type != JSON_ARRAY || v->count > ROLES_OF_USER_MAX)
        return fail(why, ERR_INVALID, "parse_exception: [roles] is a list of at most %d names",
                    ROLES_OF_USER_MAX);
    wish->has_roles = true;
    for (uint32_t i = 0; i < v->count; i++)
        wish->roles[wish->role_count++] = v->items[i].text;
    return OK;
}

static enum err read_user(const struct json *body, struct user_wish *wish, struct fault *why)
{
    enum err e = OK;
    for (uint32_t i = 0; e == OK && body && body->type == JSON_OBJECT && i < body->count; i++) {
        const struct json *v = &body->items[i];
        if (slice_is(body->keys[i], "password") && v->type == JSON_STRING)
            wish->password = v->text;
        else if (slice_is(body->keys[i], "roles"))
            e = read_user_roles(wish, v, why);
        else if (slice_is(body->keys[i], "enabled") && v->type == JSON_BOOL)
            *(v->truth ? &wish->enables : &wish->disables) = true;
        else if (v->type != JSON_NULL && !(v->type == JSON_OBJECT && v->count == 0))
            e = fail(why, ERR_INVALID,
                     "parse_exception: a user has [password], [roles] and [enabled], and nothing "
                     "of [%.*s]",
                     SLICE_PRINT(body->keys[i]));
    }
    return e;
}

static enum err change_user(struct exchange *x, const struct access_user *user,
                            struct access_outcome *out, struct fault *why)
{
    struct access_by by = by_caller(x);
    bool is_self = slice_is(user->name, x->who.name);
    if (user->disables && is_self)
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: nobody disables himself; let another do it");
    return access_user_put(x->api->access, &by, user, out, why);
}

static enum err put_user(struct exchange *x, struct fault *why)
{
    const struct json *body = NULL;
    struct user_wish wish = {0};
    struct access_outcome done = {0};
    enum err e = exchange_body(x, &body, why);
    if (e == OK)
        e = read_user(body, &wish, why);
    const struct access_user user = {.name = exchange_path(x, 0),
                                     .password = wish.password,
                                     .roles = wish.roles,
                                     .role_count = wish.role_count,
                                     .enables = wish.enables,
                                     .disables = wish.disables};
    if (e == OK)
        e = change_user(x, &user, &done, why);
    if (e != OK)
        return e;
    json_object(&x->json);
    json_key(&x->json, "created");
    json_truth(&x->json, done.is_new && !done.waits);
    exchange_waits(x, done.waits);
    json_end(&x->json);
    return OK;
}

// {} for done, as Elasticsearch has it.
static enum err change_and_tell(struct exchange *x, const struct access_user *user,
                                struct fault *why)
{
    struct access_outcome done = {0};
    enum err e = change_user(x, user, &done, why);
    if (e == ERR_NOT_FOUND)
        return fail(why, e, "resource_not_found_exception: user [%.*s] does not exist",
                    user->name.len > 64 ? 64 : (int)user->name.len, (const char *)user->name.at);
    if (e != OK)
        return e;
    json_object(&x->json);
    exchange_waits(x, done.waits);
    json_end(&x->json);
    return OK;
}

static enum err enable_user(struct exchange *x, struct fault *why)
{
    const struct access_user user = {
        .name = exchange_path(x, 0), .keeps_roles = true, .enables = true};
    return change_and_tell(x, &user, why);
}

static enum err disable_user(struct exchange *x, struct fault *why)
{
    const struct access_user user = {
        .name = exchange_path(x, 0), .keeps_roles = true, .disables = true};
    return change_and_tell(x, &user, why);
}

static enum err change_password(struct exchange *x, struct slice name, struct fault *why)
{
    const struct json *body = NULL;
    enum err e = exchange_body(x, &body, why);
    const struct json *password = json_get(body, "password");
    if (e == OK && (!password || password->type != JSON_STRING || body->count != 1))
        e = fail(why, ERR_INVALID,
                 "action_request_validation_exception: Validation Failed: 1: the body has "
                 "[password], a text, and nothing else;");
    if (e != OK || !password)
        return e;
    const struct access_user user = {.name = name, .password = password->text, .keeps_roles = true};
    return change_and_tell(x, &user, why);
}

static enum err password_of_user(struct exchange *x, struct fault *why)
{
    return change_password(x, exchange_path(x, 0), why);
}

// Everybody's own; an API key does not show that its owner is there.
static enum err own_password(struct exchange *x, struct fault *why)
{
    if (x->who.key_id[0])
        return fail(why, ERR_DENIED,
                    "security_exception: an API key changes no password; its owner does");
    return change_password(x, slice_text(x->who.name), why);
}

static void write_role_name(void *context, const char *role)
{
    struct exchange *x = context;
    json_text(&x->json, role);
}

struct names {
    struct arena *arena;
    struct slice wanted;
    const char *at[1024];
    uint32_t count;
};

static void add_name(void *context, const char *name, uint32_t roles)
{
    struct names *n = context;
    (void)roles;
    if ((!n->wanted.len || slice_is(n->wanted, name)) && n->count < 1024)
        n->at[n->count++] = arena_string(n->arena, slice_text(name));
}

static enum err write_user(struct exchange *x, const char *name, struct fault *why)
{
    struct json_writer *w = &x->json;
    json_key(w, name);
    json_object(w);
    json_key(w, "username");
    json_text(w, name);
    json_key(w, "roles");
    json_array(w);
    enum err e = access_user_roles(x->api->access, slice_text(name), write_role_name, x, why);
    json_end(w);
    json_key(w, "full_name");
    json_null(w);
    json_key(w, "email");
    json_null(w);
    json_key(w, "metadata");
    json_object(w);
    json_end(w);
    bool is_disabled = false;
    if (e == OK)
        e = access_user_is_disabled(x->api->access, slice_text(name), &is_disabled, why);
    json_key(w, "enabled");
    json_truth(w, !is_disabled);
    json_end(w);
    return e;
}

static enum err get_users(struct exchange *x, struct fault *why)
{
    struct names *names = ARENA_NEW(x->arena, struct names);
    names->arena = x->arena;
    names->wanted = exchange_path(x, 0);
    enum err e = access_user_list(x->api->access, add_name, names, why);
    json_object(&x->json);
    for (uint32_t i = 0; e == OK && i < names->count; i++)
        e = write_user(x, names->at[i], why);
    json_end(&x->json);
    if (e == OK && names->wanted.len && names->count == 0)
        x->reply->status = 404;
    return e;
}

static enum err delete_user(struct exchange *x, struct fault *why)
{
    struct slice name = exchange_path(x, 0);
    if (slice_is(name, x->who.name))
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: nobody removes himself; let another do it");
    struct access_by by = by_caller(x);
    return tell_found(x, access_user_drop(x->api->access, &by, name, why));
}

// ---- what the caller may ----

struct asked_privilege {
    const char *name;
    enum action action;
};

static const struct asked_privilege of_index[] = {
    {"read", ACTION_READ},
    {"aggregate", ACTION_AGGREGATE},
    {"view_index_metadata", ACTION_SCHEMA},
    {"monitor", ACTION_SCHEMA},
    {"write", ACTION_WRITE},
    {"index", ACTION_WRITE},
    {"create", ACTION_WRITE},
    {"create_doc", ACTION_WRITE},
    {"delete", ACTION_WRITE},
};

static const struct asked_privilege of_cluster[] = {
    {"monitor", ACTION_INFO},
    {"manage_own_api_key", ACTION_INFO},
    {"manage_security", ACTION_MANAGE},
    {"all", ACTION_MANAGE},
};

// Asked as often as the body likes, so not in the request's arena.
static bool may(const struct exchange *x, enum action a, struct slice index)
{
    struct arena *arena AUTO(arena_freep) = arena_new(MAY_BYTES);
    const struct permit *p;
    if (permit_make(&x->who, a, index, arena, &p, NULL) != OK)
        return false;
    // Of a pattern all that it could ever stand for is asked: one of the caller's own patterns has
    // to take it as it is written, with its stars.
    if (slice_is(index, "_all"))
        index = slice_text("*");
    return !glob_is_pattern(index) || permit_index(p, arena_string(arena, index));
}

// What is not known is not had.
static bool has(const struct exchange *x, const struct asked_privilege *known, size_t count,
                struct slice privilege, struct slice index)
{
    if (index.len && slice_is(privilege, "all"))
        return may(x, ACTION_READ, index) && may(x, ACTION_WRITE, index);
    for (size_t i = 0; i < count; i++)
        if (slice_is(privilege, known[i].name))
            return may(x, known[i].action, index);
    return false;
}

struct asking {
    struct exchange *x;
    bool has_all;
};

static void write_privileges(struct asking *a, const struct json *privileges, struct slice index)
{
    bool on_index = index.len > 0;
    for (uint32_t i = 0; privileges && privileges->type == JSON_ARRAY && i < privileges->count;
         i++) {
        struct slice name = privileges->items[i].text;
        bool is_had =
            on_index ? has(a->x, of_index, sizeof of_index / sizeof *of_index, name, index)
                     : has(a->x, of_cluster, sizeof of_cluster / sizeof *of_cluster, name, index);
        a->has_all = a->has_all && is_had;
        json_key_slice(&a->x->json, name);
        json_truth(&a->x->json, is_had);
    }
}

static void write_index(struct asking *a, const struct json *entry, struct slice name)
{
    json_key_slice(&a->x->json, name);
    json_object(&a->x->json);
    write_privileges(a, json_get(entry, "privileges"), name);
    json_end(&a->x->json);
}

static void write_indices(struct asking *a, const struct json *list)
{
    for (uint32_t i = 0; list && list->type == JSON_ARRAY && i < list->count; i++) {
        const struct json *names = json_get(&list->items[i], "names");
        if (names && names->type == JSON_STRING)
            write_index(a, &list->items[i], names->text);
        for (uint32_t n = 0; names && names->type == JSON_ARRAY && n < names->count; n++)
            write_index(a, &list->items[i], names->items[n].text);
    }
}

static enum err has_privileges(struct exchange *x, struct fault *why)
{
    const struct json *body = NULL;
    enum err e = exchange_body(x, &body, why);
    if (e != OK)
        return e;
    struct json_writer *w = &x->json;
    struct asking a = {.x = x, .has_all = true};
    json_object(w);
    json_key(w, "username");
    json_text(w, x->who.name);
    json_key(w, "cluster");
    json_object(w);
    write_privileges(&a, json_get(body, "cluster"), slice_of(NULL, 0));
    json_end(w);
    json_key(w, "index");
    json_object(w);
    write_indices(&a, json_get(body, "index"));
    json_end(w);
    json_key(w, "application");
    json_object(w);
    json_end(w);
    json_key(w, "has_all_requested");
    json_truth(w, a.has_all);
    json_end(w);
    return OK;
}

// ---- all that the caller has ----

static void write_words(struct json_writer *w, const struct json *list)
{
    json_array(w);
    for (uint32_t i = 0; list && i < list->count; i++)
        json_string(w, list->items[i].text);
    json_end(w);
}

// Of the built-in roles: what they are called in the words of privileges.
static void write_built_in(struct json_writer *w, enum role role)
{
    static const char *const words[ROLE_COUNT] = {[ROLE_ADMIN] = "view_index_metadata",
                                                  [ROLE_WRITER] = "write",
                                                  [ROLE_ANALYST] = "read",
                                                  [ROLE_METRICS] = "aggregate"};
    if (!words[role])
        return;
    json_object(w);
    json_key(w, "names");
    json_array(w);
    json_text(w, "*");
    json_end(w);
    json_key(w, "privileges");
    json_array(w);
    json_text(w, words[role]);
    json_end(w);
    json_key(w, "allow_restricted_indices");
    json_truth(w, false);
    json_end(w);
}

// Elasticsearch has fields and queries in lists here, as roles are joined.
static void write_list_of_one(struct json_writer *w, const char *key, const struct json *v)
{
    if (!v || v->type == JSON_NULL)
        return;
    json_key(w, key);
    json_array(w);
    json_value(w, v);
    json_end(w);
}

static void write_own(struct json_writer *w, const struct json *entry)
{
    json_object(w);
    json_key(w, "names");
    write_words(w, json_get(entry, "names"));
    json_key(w, "privileges");
    write_words(w, json_get(entry, "privileges"));
    write_list_of_one(w, "field_security", json_get(entry, "field_security"));
    write_list_of_one(w, "query", json_get(entry, "query"));
    json_key(w, "allow_restricted_indices");
    json_truth(w, false);
    json_end(w);
}

static void write_all_indices(struct exchange *x, const struct json *grants)
{
    for (int r = 0; r < ROLE_COUNT; r++)
        if (x->who.roles >> r & 1)
            write_built_in(&x->json, (enum role)r);
    for (uint32_t g = 0; grants && g < grants->count; g++) {
        const struct json *indices = json_get(&grants->items[g], "indices");
        indices = indices ? indices : json_get(&grants->items[g], "index");
        for (uint32_t i = 0; indices && i < indices->count; i++)
            write_own(&x->json, &indices->items[i]);
    }
}

static enum err own_privileges(struct exchange *x, struct fault *why)
{
    static const char *const none[] = {"global", "applications", "run_as"};
    struct json_writer *w = &x->json;
    const struct json *grants = NULL;
    if (x->who.limit[0] || x->who.indices[0])
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: Cannot retrieve privileges for API keys with "
                    "assigned role descriptors. Please use the Get API key information API");
    enum err e =
        x->who.grants[0] ? json_parse(slice_text(x->who.grants), x->arena, &grants, why) : OK;
    if (e != OK)
        return e;
    json_object(w);
    json_key(w, "cluster");
    json_array(w);
    for (size_t i = 0; i < sizeof of_cluster / sizeof *of_cluster; i++)
        if (strcmp(of_cluster[i].name, "all") != 0 &&
            may(x, of_cluster[i].action, slice_of(NULL, 0)))
            json_text(w, of_cluster[i].name);
    json_end(w);
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        json_key(w, none[i]);
        json_array(w);
        json_end(w);
    }
    json_key(w, "indices");
    json_array(w);
    write_all_indices(x, grants);
    json_end(w);
    json_end(w);
    return OK;
}

static const struct route routes[] = {
    {METHOD_PUT | METHOD_POST, ACTION_MANAGE, "/_security/role/{name}", put_role, "refresh",
     "privileges of indices: `read`, `aggregate` (ours), `view_index_metadata`, `monitor`, `write` "
     "and its kin, `all`"},
    {METHOD_GET, ACTION_MANAGE, "/_security/role", get_roles, "", "not the built-in ones"},
    {METHOD_GET, ACTION_MANAGE, "/_security/role/{name}", get_roles, "", ""},
    {METHOD_DELETE, ACTION_MANAGE, "/_security/role/{name}", delete_role, "refresh", ""},
    {METHOD_GET, ACTION_INFO, "/_security/user/_privileges", own_privileges, "",
     "`aggregate` is tamis's own; not of a narrowed API key"},
    {METHOD_GET | METHOD_POST, ACTION_INFO, "/_security/user/_has_privileges", has_privileges, "",
     ""},
    {METHOD_PUT | METHOD_POST, ACTION_INFO, "/_security/user/_password", own_password, "refresh",
     ""},
    {METHOD_PUT | METHOD_POST, ACTION_MANAGE, "/_security/user/{name}", put_user, "refresh",
     "`password`, `roles` and `enabled` only; what loosens answers 202 and waits for a second "
     "administrator"},
    {METHOD_PUT | METHOD_POST, ACTION_MANAGE, "/_security/user/{name}/_password", password_of_user,
     "refresh", "another's waits for a second administrator (202)"},
    {METHOD_PUT | METHOD_POST, ACTION_MANAGE, "/_security/user/{name}/_enable", enable_user,
     "refresh", "waits for a second administrator (202)"},
    {METHOD_PUT | METHOD_POST, ACTION_MANAGE, "/_security/user/{name}/_disable", disable_user,
     "refresh", ""},
    {METHOD_GET, ACTION_MANAGE, "/_security/user", get_users, "", ""},
    {METHOD_GET, ACTION_MANAGE, "/_security/user/{name}", get_users, "", ""},
    {METHOD_DELETE, ACTION_MANAGE, "/_security/user/{name}", delete_user, "refresh", ""},
};

const struct route_group roles_routes = ROUTE_GROUP("Roles and users", routes);
