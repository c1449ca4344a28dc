// SPDX-License-Identifier: Apache-2.0
// Opening a sealed value: serve finds the row, keeper opens it against the warrant, and what goes
// back is locked for who asked at the command line (cli/verb_sealed.c).  Serve never has the value.
#include "api/api_private.h"
#include "guard/warrant_ask.h"

enum { ASKED_BYTES = 32 << 10, LOCKED_TEXT_BYTES = 64 << 10, WHY_BYTES_MAX = 511 };

struct opening {
    struct warrant_question question;
    struct sealed_wish wish;
    const char *column; // of the wish
};

static enum err take_text(const struct json *body, const char *key, struct slice *out,
                          struct fault *why)
{
    const struct json *v = json_get(body, key);
    if (!v || v->type != JSON_STRING || v->text.len == 0 || v->text.len > WHY_BYTES_MAX)
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: [%s] is missing, or no text of up to %d bytes",
                    key, WHY_BYTES_MAX);
    *out = v->text;
    return OK;
}

static enum err take_number(const struct json *body, uint64_t *out, struct fault *why)
{
    const struct json *v = json_get(body, "warrant");
    int64_t number = 0;
    if (!v || json_i64(v, &number, NULL) || number < 1)
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: [warrant] is missing: the number of the approved "
                    "proposal");
    *out = (uint64_t)number;
    return OK;
}

// "TABLE.COLUMN"; a column's name has no point.
static enum err find_column(struct exchange *x, struct opening *o, struct fault *why)
{
    const struct schema *s = x->api->engine->schema;
    struct slice name = o->question.column;
    size_t dot = name.len;
    while (dot > 0 && name.at[dot - 1] != '.')
        dot--;
    const struct table *t = dot ? schema_table(s, slice_of(name.at, dot - 1)) : NULL;
    int field = t ? table_field(t, slice_from(name, dot)) : -1;
    if (field < 0 || t->fields[field].type != FIELD_SEALED)
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: [column] names no sealed column: TABLE.COLUMN");
    o->wish.table = (uint32_t)(t - s->tables);
    o->wish.field = (uint32_t)field;
    o->column = t->fields[field].name;
    return OK;
}

static enum err read_opening(struct exchange *x, struct opening *o, struct fault *why)
{
    const struct json *body = NULL;
    static const struct json nothing = {.type = JSON_OBJECT};
    enum err e = exchange_body(x, &body, why);
    if (!e && (!body || body->type != JSON_OBJECT))
        body = &nothing;
    if (!e)
        e = take_number(body, &o->question.number, why);
    if (!e)
        e = take_text(body, "column", &o->question.column, why);
    if (!e)
        e = take_text(body, "row", &o->question.row, why);
    if (!e)
        e = take_text(body, "why", &o->question.why, why);
    if (!e)
        e = find_column(x, o, why);
    if (!e && row_key_parse(o->question.row, &o->wish.key))
        return fail(why, ERR_INVALID, "illegal_argument_exception: [row] is no _id of a row");
    o->question.who = slice_text(x->who.name);
    return e;
}

// A key may be lent, and is no person.
static enum err check_person(const struct exchange *x, struct fault *why)
{
    if (!x->who.key_id[0])
        return OK;
    return fail(why, ERR_DENIED,
                "security_exception: a sealed value is opened with name and password, not with an "
                "API key");
}

static void record_opening(struct exchange *x, const struct opening *o, const struct hit *row)
{
    record_sealed(x, o->wish.table, o->wish.field, row);
    record_fact(x, "opened", o->question.column);
    record_fact(x, "row", o->question.row);
    record_fact(x, "warrant",
                arena_print(x->arena, "%llu", (unsigned long long)o->question.number));
    record_fact(x, "why", o->question.why);
}

static void write_opened(struct exchange *x, const struct opening *o, struct slice locked)
{
    struct buf text AUTO(buf_donep) = buf_init(LOCKED_TEXT_BYTES);
    base64url_print(locked, &text);
    json_object(&x->json);
    json_key(&x->json, "column");
    json_string(&x->json, o->question.column);
    json_key(&x->json, "row");
    json_string(&x->json, o->question.row);
    json_key(&x->json, "locked");
    json_string(&x->json, buf_slice(&text));
    json_end(&x->json);
}

static enum err ask_keeper(struct exchange *x, struct opening *o, struct buf *locked,
                           struct fault *why)
{
    struct buf asked AUTO(buf_donep) = buf_init(ASKED_BYTES);
    struct fault said = {0};
    warrant_question_print(&o->question, &asked);
    enum err e = buf_end(&asked, why);
    if (e)
        return e;
    if (!x->api->unseal)
        return fail(why, ERR_UNAVAILABLE, "keeper is away");
    e = x->api->unseal(x->api->unseal_context, buf_slice(&asked), locked, &said);
    if (e == ERR_DENIED)
        return fail(why, e, "security_exception: %s", said.words);
    return e ? fail(why, e, "%s", said.words) : OK;
}

enum err open_sealed(struct exchange *x, struct fault *why)
{
    struct opening o = {0};
    struct sealed_hit hit;
    struct engine *engine = x->api->engine;
    struct buf locked AUTO(buf_donep) = buf_init(ASKED_BYTES);
    enum err e = check_person(x, why);
    if (!e)
        e = read_opening(x, &o, why);
    if (!e)
        e = engine->ops->sealed(engine, x->permit, &o.wish, x->arena, &hit, why);
    if (e == ERR_NOT_FOUND || (!e && hit.sealed.len == 0))
        return fail(why, ERR_NOT_FOUND,
                    "resource_not_found_exception: there is no such row, or nothing sealed in it");
    if (e)
        return e;
    o.question.sealed = hit.sealed;
    e = ask_keeper(x, &o, &locked, why);
    if (e)
        return e;
    record_opening(x, &o, &hit.row);
    write_opened(x, &o, buf_slice(&locked));
    return OK;
}
