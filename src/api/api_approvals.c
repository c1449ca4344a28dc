// SPDX-License-Identifier: Apache-2.0
// What waits for a second administrator, and deciding it (access/approval.h).
#include "access/approval.h"
#include "api/api_private.h"
#include "base/num.h"

void exchange_waits(struct exchange *x, int64_t id)
{
    if (!id)
        return;
    x->reply->status = 202;
    json_key(&x->json, "approval");
    json_object(&x->json);
    json_key(&x->json, "id");
    json_int(&x->json, id);
    json_key(&x->json, "state");
    json_text(&x->json, "waits");
    json_key(&x->json, "reason");
    json_text(&x->json, "somebody may more after this, so a second administrator approves it "
                        "within 24 hours; where there is only one, the same one after 24 hours");
    json_key(&x->json, "approve");
    json_print(&x->json, "POST /_tamis/approvals/%lld", (long long)id);
    json_key(&x->json, "withdraw");
    json_print(&x->json, "DELETE /_tamis/approvals/%lld", (long long)id);
    json_end(&x->json);
}

static void write_number(struct json_writer *w, const char *key, int64_t v)
{
    json_key(w, key);
    json_int(w, v);
}

static void write_text(struct json_writer *w, const char *key, const char *v)
{
    json_key(w, key);
    json_text(w, v);
}

static void write_one(void *context, const struct approval *p)
{
    struct json_writer *w = context;
    json_object(w);
    write_number(w, "id", p->id);
    write_text(w, "action", p->action);
    write_text(w, "name", p->name);
    json_key(w, "change");
    json_string(w, p->words);
    write_text(w, "proposed_by", p->who);
    write_number(w, "proposed_in_millis", p->at_ms);
    if (p->due_ms)
        write_number(w, "alone_from_millis", p->due_ms);
    write_number(w, "until_millis", p->lapses_ms);
    json_end(w);
}

static enum err list_waiting(struct exchange *x, struct fault *why)
{
    json_object(&x->json);
    json_key(&x->json, "approvals");
    json_array(&x->json);
    enum err e = access_approvals(x->api->access, write_one, &x->json, why);
    json_end(&x->json);
    json_end(&x->json);
    return e;
}

static enum err decide(struct exchange *x,
                       enum err (*how)(struct access *a, const struct access_by *by, int64_t id,
                                       struct fault *why),
                       const char *state, struct fault *why)
{
    uint64_t id = 0;
    struct slice text = exchange_path(x, 0);
    const struct access_by by = {x->who.name, x->who.key_id, x->request->address};
    if (parse_u64(text, &id) != OK || id > INT64_MAX)
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: the number of an approval, not [%.*s]",
                    text.len > 32 ? 32 : (int)text.len, (const char *)text.at);
    enum err e = how(x->api->access, &by, (int64_t)id, why);
    if (e != OK)
        return e;
    json_object(&x->json);
    write_number(&x->json, "id", (int64_t)id);
    write_text(&x->json, "state", state);
    json_end(&x->json);
    return OK;
}

static enum err approve(struct exchange *x, struct fault *why)
{
    return decide(x, access_approve, "approved", why);
}

static enum err withdraw(struct exchange *x, struct fault *why)
{
    return decide(x, access_withdraw, "withdrawn", why);
}

static const struct route routes[] = {
    {METHOD_GET, ACTION_MANAGE, "/_tamis/approvals", list_waiting, "", ""},
    {METHOD_POST | METHOD_PUT, ACTION_MANAGE, "/_tamis/approvals/{id}", approve, "",
     "by a second administrator, with name and password"},
    {METHOD_DELETE, ACTION_MANAGE, "/_tamis/approvals/{id}", withdraw, "", ""},
};

const struct route_group approvals_routes = ROUTE_GROUP("Approvals", routes);
