// SPDX-License-Identifier: Apache-2.0
#include "api/api_private.h"
#include "api/list.h"
#include "base/date.h"
#include "base/world.h"
#include "keys/crypto.h"

enum { LIMIT_TEXT_BYTES = 16 * 1024 };

// Who am I, and API keys.  Everybody may make keys for himself, with no more rights than
// his own; only who may manage sees and ends those of others.

static void write_realm(struct json_writer *w, const char *key)
{
    json_key(w, key);
    json_object(w);
    json_key(w, "name");
    json_text(w, "catalog");
    json_key(w, "type");
    json_text(w, "native");
    json_end(w);
}

static void write_role_name(void *context, const char *role)
{
    struct json_writer *w = context;
    json_text(w, role);
}

// Those of one's own too; a key that was narrowed has the built-in ones it acts with.
static enum err write_own_roles(struct exchange *x, struct fault *why)
{
    if (x->who.key_id[0]) {
        write_role_names(&x->json, x->who.roles);
        return OK;
    }
    json_array(&x->json);
    enum err e =
        access_user_roles(x->api->access, slice_text(x->who.name), write_role_name, &x->json, why);
    json_end(&x->json);
    return e;
}

static enum err who_am_i(struct exchange *x, struct fault *why)
{
    struct json_writer *w = &x->json;
    bool is_key = x->who.key_id[0] != '\0';
    json_object(w);
    json_key(w, "username");
    json_text(w, x->who.name);
    json_key(w, "roles");
    enum err e = write_own_roles(x, why);
    json_key(w, "full_name");
    json_null(w);
    json_key(w, "email");
    json_null(w);
    json_key(w, "metadata");
    json_object(w);
    json_end(w);
    json_key(w, "enabled");
    json_truth(w, true);
    write_realm(w, "authentication_realm");
    write_realm(w, "lookup_realm");
    json_key(w, "authentication_type");
    json_text(w, is_key ? "api_key" : "realm");
    if (is_key) {
        json_key(w, "api_key");
        json_object(w);
        json_key(w, "id");
        json_text(w, x->who.key_id);
        json_key(w, "name");
        json_text(w, x->who.key_name);
        json_end(w);
    }
    json_end(w);
    return e;
}

// --- making one ------------------------------------------------------------------------

struct key_text {
    struct slice name;
    uint32_t roles;
    int64_t expires_ms;
    char indices[sizeof((struct principal *)0)->indices];
    const char *limit, *metadata; // of the request's arena; NULL: none
};

static enum err unknown_member(struct slice key, const char *of, struct fault *why)
{
    return fail(why, ERR_INVALID,
                "x_content_parse_exception: [%.*s] is not understood in %s of an API key",
                key.len > 64 ? 64 : (int)key.len, (const char *)key.at, of);
}

// A blank would make two patterns of one.
static enum err add_pattern(struct key_text *wish, struct slice pattern, struct fault *why)
{
    size_t used = strlen(wish->indices);
    if (pattern.len == 0 || memchr(pattern.at, ' ', pattern.len) ||
        memchr(pattern.at, 0, pattern.len))
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: an index pattern is not empty "
                    "and holds no blank");
    if (used + 1 + pattern.len >= sizeof wish->indices)
        return fail(why, ERR_LIMIT,
                    "illegal_argument_exception: the index patterns of an API key are longer than "
                    "%zu bytes",
                    sizeof wish->indices - 1);
    if (used)
        wish->indices[used++] = ' ';
    memcpy(wish->indices + used, pattern.at, pattern.len);
    wish->indices[used + pattern.len] = '\0';
    return OK;
}

static enum err add_names(struct key_text *wish, const struct json *names, struct fault *why)
{
    if (names->type == JSON_STRING)
        return add_pattern(wish, names->text, why);
    enum err e = OK;
    for (uint32_t i = 0; e == OK && names->type == JSON_ARRAY && i < names->count; i++)
        e = add_pattern(wish, names->items[i].text, why);
    return e;
}

// [{"names": ["log-*"]}]: nothing else, as the role says what may be done there.
static enum err read_indices(struct key_text *wish, const struct json *list, struct fault *why)
{
    enum err e = OK;
    for (uint32_t i = 0; e == OK && list->type == JSON_ARRAY && i < list->count; i++) {
        const struct json *entry = &list->items[i];
        for (uint32_t m = 0; e == OK && entry->type == JSON_OBJECT && m < entry->count; m++) {
            if (!slice_is(entry->keys[m], "names"))
                return unknown_member(entry->keys[m], "[indices]", why);
            e = add_names(wish, &entry->items[m], why);
        }
    }
    if (e == OK && wish->indices[0] == '\0')
        return fail(why, ERR_INVALID,
                    "x_content_parse_exception: [indices] is a list of {\"names\": [patterns]}");
    return e;
}

// {"metrics": {"indices": [...]}}: roles by our names.  An index list of one role narrows
// the whole key, so that no second role widens it again.
static enum err read_roles(struct key_text *wish, const struct json *v, struct fault *why)
{
    if (v->type != JSON_OBJECT)
        return fail(why, ERR_INVALID,
                    "x_content_parse_exception: [role_descriptors] is an object, not %s",
                    json_type_name(v->type));
    for (uint32_t i = 0; i < v->count; i++) {
        enum role role;
        enum err e = role_parse(v->keys[i], &role, why);
        if (e != OK)
            return e;
        wish->roles |= (uint32_t)1 << role;
        const struct json *rules = &v->items[i];
        for (uint32_t m = 0; e == OK && rules->type == JSON_OBJECT && m < rules->count; m++) {
            if (!slice_is(rules->keys[m], "indices") && !slice_is(rules->keys[m], "index"))
                return unknown_member(rules->keys[m], "[role_descriptors]", why);
            e = read_indices(wish, &rules->items[m], why);
        }
        if (e != OK)
            return e;
    }
    return OK;
}

// Whether a descriptor says privileges, as Elasticsearch's do; ours need none, being names.
static bool has_privileges(const struct json *descriptor)
{
    const struct json *list = json_get(descriptor, "indices");
    list = list ? list : json_get(descriptor, "index");
    for (uint32_t i = 0; list && list->type == JSON_ARRAY && i < list->count; i++)
        if (json_get(&list->items[i], "privileges"))
            return true;
    return false;
}

static const char *print_json(struct exchange *x, const struct json *v)
{
    struct buf text AUTO(buf_donep) = buf_init(LIMIT_TEXT_BYTES);
    struct json_writer w = json_writer_to(&text);
    json_value(&w, v);
    return text.over_limit ? NULL : arena_string(x->arena, buf_slice(&text));
}

// All descriptors as one list: what the key may at most.
static enum err read_limit(struct exchange *x, struct key_text *wish, const struct json *v,
                           struct fault *why)
{
    const struct json list = {.type = JSON_ARRAY, .items = v->items, .count = v->count};
    wish->limit = print_json(x, &list);
    wish->roles = x->who.roles;
    return wish->limit ? OK
                       : fail(why, ERR_LIMIT,
                              "illegal_argument_exception: [role_descriptors] are too long");
}

static enum err read_descriptors(struct exchange *x, struct key_text *wish, const struct json *v,
                                 struct fault *why)
{
    for (uint32_t i = 0; v->type == JSON_OBJECT && i < v->count; i++)
        if (has_privileges(&v->items[i]))
            return read_limit(x, wish, v, why);
    return read_roles(wish, v, why);
}

static enum err read_metadata(struct exchange *x, struct key_text *wish, const struct json *v,
                              struct fault *why)
{
    wish->metadata = v->type == JSON_OBJECT ? print_json(x, v) : NULL;
    return wish->metadata
               ? OK
               : fail(why, ERR_INVALID, "illegal_argument_exception: [metadata] is a small object");
}

static enum err read_expiration(struct key_text *wish, const struct json *v, struct fault *why)
{
    int64_t life_ms = 0;
    if (v->type == JSON_NULL)
        return OK;
    if (v->type != JSON_STRING || date_parse_duration(v->text, &life_ms, NULL) != OK ||
        life_ms <= 0 || life_ms > INT64_MAX / 2)
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: [expiration] is a time such as \"7d\"");
    wish->expires_ms = now_ms() + life_ms;
    return OK;
}

static enum err read_member(struct exchange *x, struct key_text *wish, struct slice key,
                            const struct json *v, struct fault *why)
{
    if (slice_is(key, "name") && v->type == JSON_STRING) {
        wish->name = v->text;
        return OK;
    }
    if (slice_is(key, "expiration"))
        return read_expiration(wish, v, why);
    if (slice_is(key, "role_descriptors"))
        return read_descriptors(x, wish, v, why);
    if (slice_is(key, "metadata"))
        return read_metadata(x, wish, v, why);
    return unknown_member(key, "the body", why);
}

// Without role_descriptors the key has all roles of its owner, as in Elasticsearch.
static enum err read_wish(struct exchange *x, struct key_text *wish, struct fault *why)
{
    const struct json *body = NULL;
    enum err e = exchange_body(x, &body, why);
    if (e == OK && (!body || body->type != JSON_OBJECT))
        e = fail(why, ERR_INVALID,
                 "action_request_validation_exception: Validation Failed: 1: api key name is "
                 "required;");
    for (uint32_t i = 0; e == OK && body && i < body->count; i++)
        e = read_member(x, wish, body->keys[i], &body->items[i], why);
    if (e == OK && wish->roles == 0)
        wish->roles = x->who.roles;
    return e;
}

static void write_new_key(struct exchange *x, const struct api_key *k)
{
    struct json_writer *w = &x->json;
    json_object(w);
    json_key(w, "id");
    json_text(w, k->id);
    json_key(w, "name");
    json_text(w, k->name);
    if (k->expires_ms) {
        json_key(w, "expiration");
        json_int(w, k->expires_ms);
    }
    json_key(w, "api_key");
    json_text(w, k->secret);
    struct buf pair = buf_init(128);
    struct buf encoded = buf_init(256);
    buf_print(&pair, "%s:%s", k->id, k->secret);
    base64url_print(buf_slice(&pair), &encoded);
    json_key(w, "encoded");
    json_string(w, buf_slice(&encoded));
    json_end(w);
    wipe(pair.at, pair.len);
    wipe(encoded.at, encoded.len);
    buf_done(&pair);
    buf_done(&encoded);
}

static enum err make_key(struct exchange *x, struct fault *why)
{
    struct key_text wish = {0};
    struct api_key k;
    enum err e = read_wish(x, &wish, why);
    if (e == OK)
        e = access_key_make(x->api->access, &x->who,
                            &(struct key_wish){.name = wish.name,
                                               .roles = wish.roles,
                                               .indices = wish.indices,
                                               .limit = wish.limit,
                                               .metadata = wish.metadata,
                                               .expires_ms = wish.expires_ms,
                                               .address = x->request->address},
                            &k, why);
    if (e != OK)
        return e;
    write_new_key(x, &k);
    wipe(&k, sizeof k);
    return OK;
}

// --- ending them ----------------------------------------------------------------

enum { ENDED_MAX = 1000 };

struct ending { // what is to be ended, and what was
    struct exchange *x;
    bool sees_all;
    const struct json *ids;              // NULL: not asked for by these
    struct slice id, name, username;     // len 0: not asked for by it
    bool is_own;                         // of whoever asks
    char (*found)[32];                   // ENDED_MAX
    uint32_t found_count, earlier_count; // ended now from the front, before from the back
};

static bool is_listed(const struct json *ids, const char *id)
{
    for (uint32_t i = 0; i < ids->count; i++)
        if (ids->items[i].type == JSON_STRING && slice_is(ids->items[i].text, id))
            return true;
    return false;
}

static bool is_meant(const struct ending *e, const struct api_key *k)
{
    return (!e->ids || is_listed(e->ids, k->id)) && (!e->id.len || slice_is(e->id, k->id)) &&
           (!e->name.len || slice_is(e->name, k->name)) &&
           (!e->username.len || slice_is(e->username, k->owner)) &&
           (!e->is_own || strcmp(k->owner, e->x->who.name) == 0);
}

static void look_at_key(void *context, const struct api_key *k)
{
    struct ending *e = context;
    if (!key_is_seen(e->x, e->sees_all, k) || !is_meant(e, k) ||
        e->found_count + e->earlier_count == ENDED_MAX)
        return;
    uint32_t at = k->is_invalidated ? ENDED_MAX - ++e->earlier_count : e->found_count++;
    memcpy(e->found[at], k->id, sizeof e->found[at]);
}

static enum err read_ending(struct ending *e, const struct json *body, struct fault *why)
{
    for (uint32_t i = 0; body && body->type == JSON_OBJECT && i < body->count; i++) {
        const struct json *v = &body->items[i];
        struct slice key = body->keys[i];
        if (slice_is(key, "ids") && v->type == JSON_ARRAY && v->count)
            e->ids = v;
        else if (slice_is(key, "id") && v->type == JSON_STRING)
            e->id = v->text;
        else if (slice_is(key, "name") && v->type == JSON_STRING)
            e->name = v->text;
        else if (slice_is(key, "username") && v->type == JSON_STRING)
            e->username = v->text;
        else if (slice_is(key, "owner") && v->type == JSON_BOOL)
            e->is_own = v->truth;
        else if (!slice_is(key, "realm_name"))
            return unknown_member(key, "the invalidation", why);
    }
    if (e->ids || e->id.len || e->name.len || e->username.len || e->is_own)
        return OK;
    return fail(why, ERR_INVALID,
                "action_request_validation_exception: Validation Failed: 1: One of [api key id(s), "
                "api key name, username, owner] must be specified;");
}

static void write_ids(struct json_writer *w, const char *name, char (*ids)[32], uint32_t count)
{
    json_key(w, name);
    json_array(w);
    for (uint32_t i = 0; i < count; i++)
        json_text(w, ids[i]);
    json_end(w);
}

static enum err end_keys(struct exchange *x, struct fault *why)
{
    const struct json *body = NULL;
    struct ending ending = {.x = x, .sees_all = may_manage_keys(x)};
    ending.found = arena_alloc(x->arena, ENDED_MAX * sizeof *ending.found);
    enum err e = exchange_body(x, &body, why);
    if (e == OK)
        e = read_ending(&ending, body, why);
    if (e == OK)
        e = access_key_list(x->api->access, look_at_key, &ending, why);
    if (e == OK && ending.ids && ending.found_count + ending.earlier_count < ending.ids->count)
        e = fail(why, ERR_NOT_FOUND,
                 "resource_not_found_exception: there is no such API key, or it is not yours");
    const struct access_by by = {x->who.name, x->who.key_id, x->request->address};
    for (uint32_t i = 0; e == OK && i < ending.found_count; i++)
        e = access_key_invalidate(x->api->access, &by, slice_text(ending.found[i]), why);
    if (e != OK)
        return e;
    json_object(&x->json);
    write_ids(&x->json, "invalidated_api_keys", ending.found, ending.found_count);
    write_ids(&x->json, "previously_invalidated_api_keys",
              ending.found + ENDED_MAX - ending.earlier_count, ending.earlier_count);
    json_key(&x->json, "error_count");
    json_int(&x->json, 0);
    json_end(&x->json);
    return OK;
}

// --- changing one -----------------------------------------------------------------------

// What is not in the body stays; what is there may only narrow (access_key_change()).
static enum err read_changes(struct exchange *x, struct key_text *wish, struct key_change *out,
                             struct fault *why)
{
    const struct json *body = NULL;
    enum err e = exchange_body(x, &body, why);
    for (uint32_t i = 0; e == OK && body && body->type == JSON_OBJECT && i < body->count; i++) {
        if (slice_is(body->keys[i], "name"))
            return unknown_member(body->keys[i], "the change", why);
        e = read_member(x, wish, body->keys[i], &body->items[i], why);
    }
    const struct json *descriptors = json_get(body, "role_descriptors");
    *out = (struct key_change){.changes_rights = descriptors && descriptors->count > 0,
                               .roles = wish->roles,
                               .indices = wish->indices,
                               .limit = wish->limit,
                               .metadata = wish->metadata,
                               .expires_ms = wish->expires_ms};
    return e;
}

static enum err change_key(struct exchange *x, struct fault *why)
{
    struct key_text wish = {0};
    struct key_change change = {0};
    bool is_new = false;
    const struct access_by by = {x->who.name, x->who.key_id, x->request->address};
    enum err e = read_changes(x, &wish, &change, why);
    if (e == OK)
        e = access_key_change(x->api->access, &by, exchange_path(x, 0), &change, &is_new, why);
    if (e != OK)
        return e;
    json_object(&x->json);
    json_key(&x->json, "updated");
    json_truth(&x->json, is_new);
    json_end(&x->json);
    return OK;
}

static enum err refuse_grant(struct exchange *x, struct fault *why)
{
    (void)x;
    return fail(why, ERR_INVALID,
                "illegal_argument_exception: a key is made by its owner: [grant] is not supported; "
                "use [/_security/api_key] with the owner's credentials");
}

static const struct route routes[] = {
    {METHOD_GET, ACTION_INFO, "/_security/_authenticate", who_am_i, "", ""},
    {METHOD_POST | METHOD_PUT, ACTION_INFO, "/_security/api_key", make_key, "",
     "`role_descriptors` as Elasticsearch's, or our role names as keys, each with "
     "`indices: [{names: []}]` or nothing; they only narrow"},
    {METHOD_POST, ACTION_INFO, "/_security/api_key/grant", refuse_grant, NULL, "refused: 400"},
    {METHOD_GET, ACTION_INFO, "/_security/api_key", list_keys,
     "id name username owner realm_name with_limited_by active_only", ""},
    {METHOD_GET | METHOD_POST, ACTION_INFO, "/_security/_query/api_key", query_keys,
     "with_limited_by with_profile_uid", "no aggregations"},
    {METHOD_PUT, ACTION_INFO, "/_security/api_key/{id}", change_key, "",
     "narrows only: fewer rights, an earlier end; metadata as wished"},
    {METHOD_DELETE, ACTION_INFO, "/_security/api_key", end_keys, "",
     "by `ids`, `id`, `name`, `username` or `owner`"},
};

const struct route_group security_routes = ROUTE_GROUP("Security", routes);
