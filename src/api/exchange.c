// SPDX-License-Identifier: Apache-2.0
#include "api/api_private.h"
#include "base/world.h"

struct slice exchange_path(const struct exchange *x, uint32_t at)
{
    return at < x->path_value_count ? x->path_values[at] : slice_of(NULL, 0);
}

enum err exchange_body(struct exchange *x, const struct json **out, struct fault *why)
{
    struct slice body = x->request->body;
    const struct slice *source = parameter_get(&x->parameters, "source");
    if (body.len == 0 && source)
        body = *source;
    *out = NULL;
    if (body.len == 0)
        return OK;
    if (body.len > SEARCH_BODY_BYTES)
        return fail(why, ERR_LIMIT,
                    "illegal_argument_exception: the body of this request is longer than %d bytes",
                    SEARCH_BODY_BYTES);
    if (json_parse(body, x->arena, out, why) != OK)
        return fail_in(why, ERR_INVALID, "x_content_parse_exception");
    return OK;
}

enum err exchange_aliases(struct exchange *x, const struct alias_list **out, struct fault *why)
{
    if (!x->aliases) {
        struct alias_list *list = ARENA_NEW(x->arena, struct alias_list);
        enum err e = aliases_read(x->api->access, x->api->engine->schema, x->arena, list, why);
        if (e != OK)
            return e;
        x->aliases = list;
    }
    *out = x->aliases;
    return OK;
}

enum err exchange_seer(struct exchange *x, const struct permit *permit, struct index_seer *out,
                       struct fault *why)
{
    *out = (struct index_seer){x->api->engine->schema, &x->who, permit, NULL};
    return exchange_aliases(x, &out->aliases, why);
}

enum err exchange_tables(struct exchange *x, const struct permit *permit, struct slice expression,
                         struct index_list *out, struct fault *why)
{
    struct index_wish wish;
    enum err e = index_wish_make(expression, &x->parameters, &wish, why);
    if (e != OK)
        return e;
    struct index_seer seer;
    e = exchange_seer(x, permit, &seer, why);
    if (e == OK)
        e = index_names_resolve(&seer, &wish, x->arena, out, why);
    if (e == OK)
        record_tables(x, out);
    return e;
}

enum err exchange_table(struct exchange *x, uint32_t *out, struct fault *why)
{
    const struct index_wish wish = {.expression = exchange_path(x, 0), .wildcards_match = true};
    struct index_seer seer;
    struct index_list list;
    enum err e = exchange_seer(x, x->permit, &seer, why);
    if (e == OK)
        e = index_names_resolve(&seer, &wish, x->arena, &list, why);
    if (e != OK)
        return e;
    if (list.count != 1)
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: this request is for exactly one index");
    *out = list.tables[0];
    record_tables(x, &list);
    return OK;
}

bool exchange_is_head(const struct exchange *x)
{
    return strcmp(x->request->method, "HEAD") == 0;
}

int64_t exchange_took_ms(const struct exchange *x)
{
    return (monotonic_us() - x->started_us) / 1000;
}
