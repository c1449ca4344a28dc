// SPDX-License-Identifier: Apache-2.0
// Which API keys there are: GET /_security/api_key by parameters, /_security/_query/api_key by a
// query.
#include "access/glob.h"
#include "api/api_private.h"
#include "base/num.h"
#include "base/world.h"

#include <stdlib.h>

enum { KEYS_MAX = 10000, PAGE_DEFAULT = 10, DEPTH_MAX = 8 };

struct shelf {
    struct exchange *x;
    bool sees_all, is_full;
    struct api_key *at;
    uint32_t count;
};

// A key sees itself only: its narrower rights are not its owner's.
bool key_is_seen(const struct exchange *x, bool sees_all, const struct api_key *k)
{
    if (sees_all)
        return true;
    if (x->who.key_id[0])
        return strcmp(k->id, x->who.key_id) == 0;
    return strcmp(k->owner, x->who.name) == 0;
}

bool may_manage_keys(const struct exchange *x)
{
    const struct permit *unused;
    return permit_make(&x->who, ACTION_MANAGE, slice_of(NULL, 0), x->arena, &unused, NULL) == OK;
}

static void take(void *context, const struct api_key *k)
{
    struct shelf *s = context;
    if (!key_is_seen(s->x, s->sees_all, k))
        return;
    s->is_full = s->count == KEYS_MAX;
    if (!s->is_full)
        s->at[s->count++] = *k;
}

// Copied first: what is told of a key's owner is read under the same lock.
static enum err gather(struct exchange *x, struct shelf *out, struct fault *why)
{
    *out = (struct shelf){.x = x, .sees_all = may_manage_keys(x)};
    out->at = arena_alloc(x->arena, KEYS_MAX * sizeof *out->at);
    enum err e = access_key_list(x->api->access, take, out, why);
    if (e == OK && out->is_full)
        e = fail(why, ERR_LIMIT, "illegal_argument_exception: there are more than %d API keys",
                 KEYS_MAX);
    return e;
}

static bool is_active(const struct api_key *k)
{
    return !k->is_invalidated && (!k->expires_ms || k->expires_ms > now_ms());
}

// ---- writing ----

void write_role_names(struct json_writer *w, uint32_t roles)
{
    json_array(w);
    for (int r = 0; r < ROLE_COUNT; r++) {
        if (roles >> r & 1)
            json_text(w, role_name((enum role)r));
    }
    json_end(w);
}

static void write_owners_role(void *context, const char *role)
{
    struct json_writer *w = context;
    json_text(w, role);
}

// Elasticsearch has descriptors here; the names say the same, and GET /_security/role what is in
// them.
static enum err write_limited_by(struct exchange *x, const struct api_key *k, struct fault *why)
{
    json_key(&x->json, "limited_by_roles");
    json_array(&x->json);
    enum err e =
        access_user_roles(x->api->access, slice_text(k->owner), write_owners_role, &x->json, why);
    json_end(&x->json);
    return e;
}

static void write_metadata(struct exchange *x, const struct api_key *k)
{
    const struct json *metadata = NULL;
    json_key(&x->json, "metadata");
    if (json_parse(slice_text(k->metadata[0] ? k->metadata : "{}"), x->arena, &metadata, NULL) ==
        OK)
        json_value(&x->json, metadata);
    else
        json_null(&x->json);
}

static void write_time(struct json_writer *w, const char *key, int64_t at_ms)
{
    if (at_ms == 0)
        return;
    json_key(w, key);
    json_int(w, at_ms);
}

static enum err write_key(struct exchange *x, const struct api_key *k, bool limits,
                          struct fault *why)
{
    struct json_writer *w = &x->json;
    json_object(w);
    json_key(w, "id");
    json_text(w, k->id);
    json_key(w, "name");
    json_text(w, k->name);
    json_key(w, "type");
    json_text(w, "rest");
    write_time(w, "creation", k->created_ms);
    write_time(w, "expiration", k->expires_ms);
    json_key(w, "invalidated");
    json_truth(w, k->is_invalidated);
    json_key(w, "username");
    json_text(w, k->owner);
    json_key(w, "realm");
    json_text(w, "catalog");
    json_key(w, "roles");
    write_role_names(w, k->roles);
    write_metadata(x, k);
    write_time(w, "last_used", k->used_ms);
    enum err e = limits ? write_limited_by(x, k, why) : OK;
    json_end(w);
    return e;
}

// ---- by parameters ----

struct wish {
    const struct slice *id, *name, *username, *realm; // NULL: any
    bool is_own, only_active, limits;
};

static enum err read_wish(const struct exchange *x, struct wish *out, struct fault *why)
{
    const struct parameters *p = &x->parameters;
    *out = (struct wish){.id = parameter_get(p, "id"),
                         .name = parameter_get(p, "name"),
                         .username = parameter_get(p, "username"),
                         .realm = parameter_get(p, "realm_name")};
    enum err e = parameter_truth(p, "owner", &out->is_own, why);
    if (e == OK)
        e = parameter_truth(p, "active_only", &out->only_active, why);
    if (e == OK)
        e = parameter_truth(p, "with_limited_by", &out->limits, why);
    if (e == OK && out->is_own && (out->username || out->realm))
        e = fail(why, ERR_INVALID,
                 "action_request_validation_exception: Validation Failed: 1: neither username nor "
                 "realm-name may be specified when retrieving owned API keys;");
    return e;
}

static bool is_wished(const struct exchange *x, const struct wish *w, const struct api_key *k)
{
    return (!w->id || slice_is(*w->id, k->id)) &&
           (!w->name || glob_matches(*w->name, slice_text(k->name))) &&
           (!w->username || slice_is(*w->username, k->owner)) &&
           (!w->realm || glob_matches(*w->realm, slice_text("catalog"))) &&
           (!w->is_own || strcmp(k->owner, x->who.name) == 0) && (!w->only_active || is_active(k));
}

enum err list_keys(struct exchange *x, struct fault *why)
{
    struct shelf shelf;
    struct wish wish;
    uint32_t seen = 0;
    enum err e = read_wish(x, &wish, why);
    if (e == OK)
        e = gather(x, &shelf, why);
    if (e != OK)
        return e;
    json_object(&x->json);
    json_key(&x->json, "api_keys");
    json_array(&x->json);
    for (uint32_t i = 0; e == OK && i < shelf.count; i++) {
        if (!is_wished(x, &wish, &shelf.at[i]))
            continue;
        seen++;
        e = write_key(x, &shelf.at[i], wish.limits, why);
    }
    json_end(&x->json);
    json_end(&x->json);
    if (e == OK && seen == 0 && wish.id)
        e = fail(why, ERR_NOT_FOUND,
                 "resource_not_found_exception: there is no such API key, or it is not yours");
    return e;
}

// ---- by a query ----

// A field of a key as a query sees it.
struct seen {
    bool is_there, is_number;
    struct slice text;
    int64_t number;
};

static struct seen text_seen(const char *text)
{
    return (struct seen){.is_there = true, .text = slice_text(text)};
}

static struct seen number_seen(int64_t number)
{
    return (struct seen){.is_there = number != 0, .is_number = true, .number = number};
}

static struct seen metadata_seen(struct exchange *x, const struct api_key *k, struct slice name)
{
    const struct json *metadata = NULL;
    if (json_parse(slice_text(k->metadata), x->arena, &metadata, NULL) != OK)
        return (struct seen){0};
    const struct json *v = json_get(metadata, arena_string(x->arena, name));
    if (!v || v->type != JSON_STRING)
        return (struct seen){0};
    return (struct seen){.is_there = true, .text = v->text};
}

static enum err field_of_key(struct exchange *x, const struct api_key *k, struct slice field,
                             struct seen *out, struct fault *why)
{
    static const char metadata[] = "metadata.";
    if (slice_is(field, "id"))
        *out = text_seen(k->id);
    else if (slice_is(field, "name"))
        *out = text_seen(k->name);
    else if (slice_is(field, "username"))
        *out = text_seen(k->owner);
    else if (slice_is(field, "realm_name"))
        *out = text_seen("catalog");
    else if (slice_is(field, "type"))
        *out = text_seen("rest");
    else if (slice_is(field, "invalidated"))
        *out = text_seen(k->is_invalidated ? "true" : "false");
    else if (slice_is(field, "creation"))
        *out = number_seen(k->created_ms);
    else if (slice_is(field, "expiration"))
        *out = number_seen(k->expires_ms);
    else if (slice_starts(field, slice_text(metadata)))
        *out = metadata_seen(x, k, slice_from(field, sizeof metadata - 1));
    else
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: Field [%.*s] is not allowed for querying or "
                    "aggregation",
                    field.len > 64 ? 64 : (int)field.len, (const char *)field.at);
    return OK;
}

// As a number of milliseconds, or "now", which is all that is asked here.
static bool number_of(const struct json *v, int64_t *out)
{
    if (v->type == JSON_NUMBER)
        return json_i64(v, out, NULL) == OK;
    if (v->type == JSON_STRING && slice_is(v->text, "now")) {
        *out = now_ms();
        return true;
    }
    return v->type == JSON_STRING && parse_i64(v->text, out) == OK;
}

static struct slice word_of(const struct json *v)
{
    if (v->type == JSON_BOOL)
        return slice_text(v->truth ? "true" : "false");
    return v->type == JSON_STRING ? v->text : slice_of(NULL, 0);
}

static bool equals(const struct seen *v, const struct json *wanted)
{
    int64_t number = 0;
    if (!v->is_there)
        return false;
    if (v->is_number)
        return number_of(wanted, &number) && number == v->number;
    return slice_equal(v->text, word_of(wanted));
}

struct asking {
    struct exchange *x;
    const struct api_key *key;
    struct fault *why;
};

static enum err matches(const struct asking *a, const struct json *query, int depth, bool *out);

// {"field": what} or {"field": {"value": what}}.
static enum err one_field(const struct asking *a, const struct json *body, const char *inner,
                          struct seen *out, const struct json **out_wanted)
{
    if (body->type != JSON_OBJECT || body->count != 1)
        return fail(a->why, ERR_INVALID,
                    "parsing_exception: a query about API keys names one field");
    const struct json *wanted = &body->items[0];
    const struct json *within = wanted->type == JSON_OBJECT ? json_get(wanted, inner) : NULL;
    *out_wanted = within ? within : wanted;
    return field_of_key(a->x, a->key, body->keys[0], out, a->why);
}

static enum err match_term(const struct asking *a, const struct json *body, bool *out)
{
    struct seen v = {0};
    const struct json *wanted = NULL;
    enum err e = one_field(a, body, "value", &v, &wanted);
    *out = e == OK && equals(&v, wanted);
    return e;
}

static enum err match_match(const struct asking *a, const struct json *body, bool *out)
{
    struct seen v = {0};
    const struct json *wanted = NULL;
    enum err e = one_field(a, body, "query", &v, &wanted);
    *out = e == OK && equals(&v, wanted);
    return e;
}

static enum err match_terms(const struct asking *a, const struct json *body, bool *out)
{
    struct seen v = {0};
    const struct json *wanted = NULL;
    enum err e = one_field(a, body, "value", &v, &wanted);
    *out = false;
    for (uint32_t i = 0; e == OK && wanted && wanted->type == JSON_ARRAY && i < wanted->count; i++)
        *out = *out || equals(&v, &wanted->items[i]);
    return e;
}

static enum err match_prefix(const struct asking *a, const struct json *body, bool *out)
{
    struct seen v = {0};
    const struct json *wanted = NULL;
    enum err e = one_field(a, body, "value", &v, &wanted);
    *out = e == OK && v.is_there && !v.is_number && slice_starts(v.text, word_of(wanted));
    return e;
}

static enum err match_wildcard(const struct asking *a, const struct json *body, bool *out)
{
    struct seen v = {0};
    const struct json *wanted = NULL;
    enum err e = one_field(a, body, "value", &v, &wanted);
    *out = e == OK && v.is_there && !v.is_number && glob_matches(word_of(wanted), v.text);
    return e;
}

static enum err match_exists(const struct asking *a, const struct json *body, bool *out)
{
    struct seen v = {0};
    const struct json *field = json_get(body, "field");
    if (!field || field->type != JSON_STRING)
        return fail(a->why, ERR_INVALID, "parsing_exception: [exists] has a [field]");
    enum err e = field_of_key(a->x, a->key, field->text, &v, a->why);
    *out = v.is_there;
    return e;
}

static enum err match_ids(const struct asking *a, const struct json *body, bool *out)
{
    const struct json *values = json_get(body, "values");
    *out = false;
    for (uint32_t i = 0; values && values->type == JSON_ARRAY && i < values->count; i++)
        *out = *out || slice_is(word_of(&values->items[i]), a->key->id);
    return OK;
}

static bool is_within(int64_t at, struct slice bound, int64_t limit)
{
    if (slice_is(bound, "gt"))
        return at > limit;
    if (slice_is(bound, "gte"))
        return at >= limit;
    return slice_is(bound, "lt") ? at < limit : at <= limit;
}

static enum err match_range(const struct asking *a, const struct json *body, bool *out)
{
    struct seen v = {0};
    const struct json *bounds = NULL;
    enum err e = one_field(a, body, "", &v, &bounds);
    if (e != OK)
        return e;
    *out = v.is_there && v.is_number;
    for (uint32_t i = 0; bounds && bounds->type == JSON_OBJECT && i < bounds->count; i++) {
        int64_t limit = 0;
        struct slice bound = bounds->keys[i];
        bool is_known = slice_is(bound, "gt") || slice_is(bound, "gte") || slice_is(bound, "lt") ||
                        slice_is(bound, "lte");
        if (!is_known || !number_of(&bounds->items[i], &limit))
            return fail(a->why, ERR_INVALID,
                        "parsing_exception: [range] of API keys has gt, gte, lt and lte of "
                        "milliseconds or \"now\"");
        *out = *out && is_within(v.number, bound, limit);
    }
    return OK;
}

// How many of a clause's queries match; it may be one or a list.
static enum err count_clause(const struct asking *a, const struct json *clause, int depth,
                             uint32_t *out_matching, uint32_t *out_all)
{
    bool is_list = clause->type == JSON_ARRAY;
    *out_matching = 0;
    *out_all = is_list ? clause->count : 1;
    for (uint32_t i = 0; i < *out_all; i++) {
        bool does = false;
        enum err e = matches(a, is_list ? &clause->items[i] : clause, depth + 1, &does);
        if (e != OK)
            return e;
        *out_matching += does;
    }
    return OK;
}

static enum err match_bool(const struct asking *a, const struct json *body, int depth, bool *out)
{
    bool has_must = json_get(body, "must") || json_get(body, "filter");
    *out = true;
    for (uint32_t i = 0; body->type == JSON_OBJECT && i < body->count; i++) {
        struct slice name = body->keys[i];
        uint32_t some = 0;
        uint32_t all = 0;
        if (slice_is(name, "minimum_should_match"))
            continue; // of one clause or none, the default here
        enum err e = count_clause(a, &body->items[i], depth, &some, &all);
        if (e != OK)
            return e;
        if (slice_is(name, "must") || slice_is(name, "filter"))
            *out = *out && some == all;
        else if (slice_is(name, "must_not"))
            *out = *out && some == 0;
        else if (slice_is(name, "should"))
            *out = *out && (has_must || some > 0);
        else
            return fail(a->why, ERR_INVALID,
                        "x_content_parse_exception: [bool] unknown field [%.*s]",
                        name.len > 64 ? 64 : (int)name.len, (const char *)name.at);
    }
    return OK;
}

static enum err matches(const struct asking *a, const struct json *query, int depth, bool *out)
{
    static const struct {
        const char *name;
        enum err (*match)(const struct asking *a, const struct json *body, bool *out);
    } known[] = {{"term", match_term},         {"terms", match_terms},   {"prefix", match_prefix},
                 {"wildcard", match_wildcard}, {"exists", match_exists}, {"ids", match_ids},
                 {"range", match_range},       {"match", match_match}};

    if (query->type != JSON_OBJECT || query->count != 1 || depth > DEPTH_MAX)
        return fail(a->why, ERR_INVALID,
                    "parsing_exception: a query is an object of one kind, at most %d deep",
                    DEPTH_MAX);
    struct slice kind = query->keys[0];
    *out = slice_is(kind, "match_all");
    if (*out)
        return OK;
    if (slice_is(kind, "bool"))
        return match_bool(a, &query->items[0], depth, out);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (slice_is(kind, known[i].name))
            return known[i].match(a, &query->items[0], out);
    return fail(a->why, ERR_INVALID,
                "illegal_argument_exception: Query type [%.*s] is currently not supported in this "
                "context",
                kind.len > 64 ? 64 : (int)kind.len, (const char *)kind.at);
}

// ---- its page ----

struct page {
    const struct json *query; // NULL: all
    uint64_t from, size;
    struct slice sort; // a field; len 0: as made
    bool descends;
};

static enum err read_size(const struct json *v, const char *name, uint64_t *out, struct fault *why)
{
    int64_t number = 0;
    if (v->type != JSON_NUMBER || json_i64(v, &number, NULL) != OK || number < 0 ||
        number > KEYS_MAX)
        return fail(why, ERR_INVALID, "illegal_argument_exception: [%s] is a number from 0 to %d",
                    name, KEYS_MAX);
    *out = (uint64_t)number;
    return OK;
}

// "name", or {"name": "desc"}, or {"name": {"order": "desc"}}, or one of these in a list.
static enum err read_sort(const struct json *v, struct page *out, struct fault *why)
{
    if (v->type == JSON_ARRAY && v->count == 1)
        v = &v->items[0];
    if (v->type == JSON_STRING) {
        out->sort = v->text;
        return OK;
    }
    if (v->type != JSON_OBJECT || v->count != 1)
        return fail(why, ERR_INVALID, "parsing_exception: [sort] of API keys is one field");
    const struct json *order = &v->items[0];
    if (order->type == JSON_OBJECT)
        order = json_get(order, "order");
    out->sort = v->keys[0];
    out->descends = order && order->type == JSON_STRING && slice_is(order->text, "desc");
    return OK;
}

static enum err read_page(struct exchange *x, struct page *out, struct fault *why)
{
    const struct json *body = NULL;
    *out = (struct page){.size = PAGE_DEFAULT};
    enum err e = exchange_body(x, &body, why);
    for (uint32_t i = 0; e == OK && body && body->type == JSON_OBJECT && i < body->count; i++) {
        struct slice key = body->keys[i];
        if (slice_is(key, "query"))
            out->query = &body->items[i];
        else if (slice_is(key, "from"))
            e = read_size(&body->items[i], "from", &out->from, why);
        else if (slice_is(key, "size"))
            e = read_size(&body->items[i], "size", &out->size, why);
        else if (slice_is(key, "sort"))
            e = read_sort(&body->items[i], out, why);
        else
            e = fail(why, ERR_INVALID,
                     "x_content_parse_exception: [query_api_key_request_payload] unknown field "
                     "[%.*s]",
                     key.len > 64 ? 64 : (int)key.len, (const char *)key.at);
    }
    return e;
}

static int order_of(const struct seen *a, const struct seen *b)
{
    if (a->is_there != b->is_there)
        return a->is_there ? -1 : 1; // what has none is last
    if (a->is_number)
        return (a->number > b->number) - (a->number < b->number);
    size_t least = a->text.len < b->text.len ? a->text.len : b->text.len;
    int order = least ? memcmp(a->text.at, b->text.at, least) : 0;
    return order ? order : (a->text.len > b->text.len) - (a->text.len < b->text.len);
}

struct sorted {
    struct seen value;
    uint32_t at;
    bool descends;
};

static int by_value(const void *a, const void *b)
{
    const struct sorted *one = a;
    const struct sorted *other = b;
    int order = order_of(&one->value, &other->value);
    bool both = one->value.is_there && other->value.is_there;
    if (one->descends && both)
        order = -order;
    return order ? order : (one->at > other->at) - (one->at < other->at);
}

static enum err choose(struct exchange *x, const struct page *page, struct shelf *shelf,
                       struct sorted *out, uint32_t *out_count, struct fault *why)
{
    *out_count = 0;
    for (uint32_t i = 0; i < shelf->count; i++) {
        const struct asking a = {x, &shelf->at[i], why};
        bool does = true;
        struct sorted *s = &out[*out_count];
        *s = (struct sorted){.at = i, .descends = page->descends};
        enum err e = page->query ? matches(&a, page->query, 0, &does) : OK;
        if (e == OK && page->sort.len)
            e = field_of_key(x, &shelf->at[i], page->sort, &s->value, why);
        if (e != OK)
            return e;
        *out_count += does;
    }
    if (*out_count)
        qsort(out, *out_count, sizeof *out, by_value);
    return OK;
}

enum err query_keys(struct exchange *x, struct fault *why)
{
    struct shelf shelf;
    struct page page;
    struct wish wish = {0};
    uint32_t count = 0;
    enum err e = read_page(x, &page, why);
    if (e == OK)
        e = parameter_truth(&x->parameters, "with_limited_by", &wish.limits, why);
    if (e == OK)
        e = gather(x, &shelf, why);
    if (e != OK)
        return e;
    struct sorted *chosen = arena_alloc(x->arena, (shelf.count + 1) * sizeof *chosen);
    e = choose(x, &page, &shelf, chosen, &count, why);
    uint64_t from = page.from < count ? page.from : count;
    uint64_t until = page.size < count - from ? from + page.size : count;
    json_object(&x->json);
    json_key(&x->json, "total");
    json_uint(&x->json, count);
    json_key(&x->json, "count");
    json_uint(&x->json, until - from);
    json_key(&x->json, "api_keys");
    json_array(&x->json);
    for (uint64_t i = from; e == OK && i < until; i++)
        e = write_key(x, &shelf.at[chosen[i].at], wish.limits, why);
    json_end(&x->json);
    json_end(&x->json);
    return e;
}
