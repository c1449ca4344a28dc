// SPDX-License-Identifier: Apache-2.0
#include "api/api.h"

#include "access/totp.h"
#include "api/api_private.h"
#include "api/error.h"
#include "api/filter_path.h"
#include "api/human.h"
#include "base/limits.h"
#include "base/world.h"

static const char challenge[] = "Basic realm=\"security\", charset=\"UTF-8\", ApiKey";

static void begin_reply(struct exchange *x)
{
    buf_reset(&x->reply->body);
    x->reply->kept = (struct api_kept){0};
    x->json = json_writer_to(&x->reply->body);
    x->json.pretty = x->pretty;
    x->reply->content_type = x->media.json_type;
}

static void write_error(struct exchange *x, const struct error *e)
{
    begin_reply(x);
    record_error(x, e->type);
    x->reply->status = e->status;
    json_object(&x->json);
    json_key(&x->json, "error");
    error_object(&x->json, e);
    json_key(&x->json, "status");
    json_int(&x->json, e->status);
    json_end(&x->json);
}

// Errors before any handler has "error" as a string, as Elasticsearch has it there.
static void write_plain_error(struct exchange *x, int status, struct slice words)
{
    begin_reply(x);
    record_error(x, slice_text("no_such_request"));
    x->reply->status = status;
    json_object(&x->json);
    json_key(&x->json, "error");
    json_string(&x->json, words);
    if (status != 400) { // "no handler found" has none
        json_key(&x->json, "status");
        json_int(&x->json, status);
    }
    json_end(&x->json);
}

static void write_probe(struct exchange *x, bool is_well)
{
    begin_reply(x);
    x->reply->status = is_well ? 200 : 503;
    json_object(&x->json);
    json_key(&x->json, "ok");
    json_truth(&x->json, is_well);
    json_end(&x->json);
}

// The only two paths that need no credential, and they tell only whether all is well.
static bool answer_probe(struct exchange *x)
{
    const char *path = x->request->path;
    bool asks = strcmp(x->request->method, "GET") == 0 || exchange_is_head(x);
    if (asks && strcmp(path, "/healthz") == 0) {
        write_probe(x, true);
        return true;
    }
    if (asks && strcmp(path, "/readyz") == 0) {
        write_probe(x, x->api->is_ready && x->api->is_ready(x->api->state_context));
        return true;
    }
    return false;
}

static bool authenticate(struct exchange *x)
{
    struct fault why = {0};
    uint32_t wait_s = 0;
    enum err e = access_check(x->api->access, x->request->authorization, x->request->address,
                              &x->who, &wait_s, &why);
    if (e == OK)
        return true;
    x->record.is_login = true;
    struct error error = error_of(e, &why);
    if (e == ERR_DENIED) {
        error.status = 401;
        x->reply->authenticate = slice_text(challenge);
    } else if (e == ERR_LIMIT) {
        error.status = 429;
        error.type = slice_text("security_exception");
        x->reply->retry_after_s = wait_s;
    } else {
        // What is wrong with the catalogue is not a stranger's business.
        error.status = 503;
        error.type = slice_text("security_exception");
        error.reason = slice_text("credentials cannot be checked at the moment");
    }
    write_error(x, &error);
    return false;
}

static bool negotiate_media(struct exchange *x)
{
    struct fault why = {0};
    int status = 406;
    const struct api_request *r = x->request;
    x->media.json_type = slice_text("application/json");
    enum err e = negotiate(r->content_type, r->accept, r->body.len > 0, &x->media, &status, &why);
    if (e == OK)
        return true;
    struct error error = error_of(e, &why);
    error.status = status;
    if (status == 406)
        write_plain_error(x, status, error.reason);
    else
        write_error(x, &error);
    return false;
}

static void write_no_route(struct exchange *x, int outcome, unsigned methods)
{
    struct buf words = buf_init(1024);
    const char *method = x->request->method;
    if (outcome == ROUTE_UNKNOWN) {
        buf_print(&words, "no handler found for uri [%.512s] and method [%.16s]", x->request->path,
                  method);
        write_plain_error(x, 400, buf_slice(&words));
    } else {
        struct buf allowed AUTO(buf_donep) = buf_init(64);
        route_methods_print(methods, &allowed);
        x->reply->allow = arena_copy(x->arena, buf_slice(&allowed));
        if (strcmp(method, "OPTIONS") == 0) { // which asks for just that
            begin_reply(x);
            buf_done(&words);
            return;
        }
        buf_print(&words, "Incorrect HTTP method for uri [%.512s] and method [%.16s], allowed: [",
                  x->request->path, method);
        route_methods_print(methods, &words);
        buf_text(&words, "]");
        write_plain_error(x, 405, buf_slice(&words));
    }
    buf_done(&words);
}

static enum err read_url(struct exchange *x, struct fault *why)
{
    enum err e = parameters_parse(slice_text(x->request->query), x->arena, &x->parameters, why);
    if (e == OK)
        e = parameter_truth(&x->parameters, "pretty", &x->pretty, why);
    return e;
}

// What changes who may ask, or what is managed; these two only ask in a body.
static bool changes_protection(const struct exchange *x)
{
    static const char *const asking[] = {"/_security/user/_has_privileges",
                                         "/_security/_query/api_key"};
    if (strcmp(x->request->method, "GET") == 0 || exchange_is_head(x))
        return false;
    for (size_t i = 0; i < sizeof asking / sizeof *asking; i++)
        if (strcmp(x->route->path, asking[i]) == 0)
            return false;
    return x->route->action == ACTION_MANAGE || strncmp(x->route->path, "/_security/", 11) == 0;
}

// The second factor of whoever has one, an API key's owner too.
static enum err check_code(struct exchange *x, struct fault *why)
{
    uint32_t wait_s = 0;
    if (!changes_protection(x))
        return OK;
    enum err e = access_totp_check(x->api->access, slice_text(x->who.name), x->request->otp,
                                   x->request->address, &wait_s, why);
    x->reply->retry_after_s = wait_s;
    return e;
}

static enum err run(struct exchange *x, struct fault *why)
{
    enum err e = route_check_parameters(x, why);
    if (e == OK)
        e = permit_make(&x->who, x->route->action, slice_of(NULL, 0), x->arena, &x->permit, why);
    if (e == OK)
        e = check_code(x, why);
    if (e != OK)
        return e;
    begin_reply(x);
    e = x->route->handle(x, why);
    if (e == OK && x->reply->body.over_limit)
        e = fail(why, ERR_LIMIT, "illegal_argument_exception: the reply is longer than %d bytes",
                 LIMIT_REPLY_BYTES);
    return e;
}

static void answer(struct exchange *x)
{
    struct fault why = {0};
    int outcome = ROUTE_FOUND;
    unsigned methods = 0;
    enum err e = read_url(x, &why);
    if (e == OK)
        e = route_find(x, &outcome, &methods, &why);
    if (e == OK && outcome != ROUTE_FOUND) {
        write_no_route(x, outcome, methods);
        return;
    }
    if (e == OK)
        e = run(x, &why);
    if (e != OK) {
        struct error error = error_of(e, &why);
        write_error(x, &error);
    }
}

// Of statistics, whose names are ours; names of columns are left alone.
static bool has_human_form(const struct exchange *x)
{
    static const char *const parts[] = {"/_nodes", "/_cluster", "/_stats", "/_segments"};
    bool wants = false;
    bool has = false;
    for (size_t i = 0; x->route && i < sizeof parts / sizeof *parts; i++)
        has |= strstr(x->route->path, parts[i]) != NULL;
    return has && x->reply->status == 200 &&
           parameter_truth(&x->parameters, "human", &wants, NULL) == OK && wants;
}

static void humanize(struct exchange *x)
{
    struct fault why = {0};
    struct buf out = buf_init(LIMIT_REPLY_BYTES);
    if (!has_human_form(x) || x->reply->body.len == 0 ||
        !slice_equal(x->reply->content_type, x->media.json_type))
        return;
    enum err e = human_apply(buf_slice(&x->reply->body), x->pretty, &out, &why);
    if (e == OK) {
        buf_done(&x->reply->body);
        x->reply->body = out;
        return;
    }
    buf_done(&out);
    struct error error = error_of(e, &why);
    write_error(x, &error);
}

// On errors too: clients ask for "error.type" alone.
static void filter(struct exchange *x)
{
    const struct slice *paths = parameter_get(&x->parameters, "filter_path");
    bool is_json = slice_equal(x->reply->content_type, x->media.json_type);
    if (!paths || paths->len == 0 || !is_json || x->reply->body.len == 0)
        return;
    struct fault why = {0};
    struct buf left = buf_init(LIMIT_REPLY_BYTES);
    enum err e = filter_path_apply(buf_slice(&x->reply->body), *paths, x->pretty, &left, &why);
    if (e == OK) {
        buf_done(&x->reply->body);
        x->reply->body = left;
        x->reply->kept = (struct api_kept){0};
        return;
    }
    buf_done(&left);
    struct error error = error_of(e, &why);
    write_error(x, &error);
}

static void drop_body(struct api_reply *out)
{
    buf_reset(&out->body);
    out->kept = (struct api_kept){0};
}

void api_handle(const struct api *a, const struct api_request *r, struct arena *request,
                struct api_reply *out)
{
    *out = (struct api_reply){.status = 200, .body = buf_init(LIMIT_REPLY_BYTES)};
    struct exchange x = {
        .api = a, .request = r, .arena = request, .reply = out, .started_us = monotonic_us()};
    x.media.json_type = slice_text("application/json");
    if (answer_probe(&x)) {
        out->on_record = audit_probe();
    } else {
        if (authenticate(&x) && negotiate_media(&x)) {
            answer(&x);
            humanize(&x);
            filter(&x);
        }
        out->on_record = record_end(&x);
    }
    if (exchange_is_head(&x))
        drop_body(out);
}
