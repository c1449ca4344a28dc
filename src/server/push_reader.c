// SPDX-License-Identifier: Apache-2.0
#include "server/push_reader.h"

#include "api/bulk_action.h"
#include "api/error.h"
#include "base/check.h"
#include "base/limits.h"
#include "json/json_flat.h"
#include "policy/push_sieve.h"

#include <stdlib.h>

enum {
    ACTION_ARENA_BYTES = 512 << 20, // one action, or one update's tree
    BATCH_ARENA_BYTES = 512 << 20,  // a changeset being made, as a source's
    CHANGESETS_BYTES = 512 << 20,   // of one push: less than its body, whose limit is 100 MB
    ITEMS_BYTES = 512 << 20,
    TEXTS_BYTES = 64 << 20,
    KNOWN_BYTES_MAX = 1024,
    NO_PUSH = -1,
};

// The last action's line: the next one is often the same, or differs in the _id alone, and
// then need not be parsed again.
struct known_action {
    struct bulk_action action; // slices of `line`
    size_t id_at;              // of the line; without an _id its end
    size_t len;                // of the line; 0: none is known
    uint8_t line[KNOWN_BYTES_MAX];
};

struct push_reader {
    const struct policy *policy;
    struct push_sieve **sieves;  // one a pushed index
    int push_of[LIMIT_TABLES];   // of each table; NO_PUSH
    uint32_t rows[LIMIT_TABLES]; // of this push
    struct arena *action, *batch;
    struct buf changesets, items, texts;
    struct push_head head;
    struct slice body;
    enum simd simd;
    struct known_action known;
    struct slice table_name; // that table_now is of, in this push; at NULL: none yet
    uint16_t table_now;
};

enum err push_reader_new(const struct policy *p, const struct sieve_keys *keys,
                         struct push_reader **out, struct fault *why)
{
    struct push_reader *r = calloc(1, sizeof *r);
    CHECK(r != NULL);
    r->policy = p;
    r->simd = simd_best();
    // NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers.
    r->sieves = calloc(p->push_count + 1, sizeof *r->sieves);
    CHECK(r->sieves != NULL);
    r->action = arena_new(ACTION_ARENA_BYTES);
    r->batch = arena_new(BATCH_ARENA_BYTES);
    r->changesets = buf_init(CHANGESETS_BYTES);
    r->items = buf_init(ITEMS_BYTES);
    r->texts = buf_init(TEXTS_BYTES);
    for (int i = 0; i < LIMIT_TABLES; i++)
        r->push_of[i] = NO_PUSH;
    enum err e = OK;
    for (uint32_t i = 0; !e && i < p->push_count; i++) {
        r->push_of[p->pushes[i].table.table] = (int)i;
        e = push_sieve_new(p, i, keys, &r->sieves[i], why);
    }
    if (e) {
        push_reader_free(r);
        return e;
    }
    *out = r;
    return OK;
}

void push_reader_free(struct push_reader *r)
{
    if (!r)
        return;
    for (uint32_t i = 0; i < r->policy->push_count; i++)
        push_sieve_free(r->sieves[i]);
    free(r->sieves);
    arena_free(r->action);
    arena_free(r->batch);
    buf_done(&r->changesets);
    buf_done(&r->items);
    buf_done(&r->texts);
    free(r);
}

void push_reader_go_on(struct push_reader *r, const char *source, uint64_t number)
{
    for (uint32_t i = 0; i < r->policy->push_count; i++) {
        if (strcmp(r->policy->pushes[i].source, source) == 0)
            push_sieve_go_on(r->sieves[i], number);
    }
}

struct push_sieve_counts push_reader_counts(const struct push_reader *r, uint32_t push)
{
    return push_sieve_counts(r->sieves[push]);
}

static enum err cut(struct push_reader *r, struct push_sieve *s, struct fault *why)
{
    if (push_sieve_row_count(s) == 0)
        return OK;
    arena_reset(r->batch);
    const struct admitted *a = NULL;
    enum err e = push_sieve_cut(s, r->batch, &a, why);
    if (e)
        return e;
    struct slice bytes = admitted_bytes(a);
    buf_u32_le(&r->changesets, (uint32_t)bytes.len);
    buf_slice_add(&r->changesets, bytes);
    return buf_end(&r->changesets, why);
}

static enum err add_row(struct push_reader *r, uint32_t table, const struct push_row *row,
                        struct fault *why)
{
    struct push_sieve *s = r->sieves[r->push_of[table]];
    enum err e = push_sieve_row(s, row, why);
    if (e == ERR_LIMIT) {
        e = cut(r, s, why);
        if (!e)
            e = push_sieve_row(s, row, why);
    }
    r->rows[table] += e == OK && !row->is_trial;
    return e;
}

// Where a text is: in the body, or copied behind it.
static struct push_text place_of(struct push_reader *r, struct slice text)
{
    struct push_text place = {.len = (uint32_t)text.len};
    uintptr_t at = (uintptr_t)text.at;
    uintptr_t body = (uintptr_t)r->body.at;
    if (text.len == 0)
        return (struct push_text){0};
    if (at >= body && at + text.len <= body + r->body.len) {
        place.at = (uint32_t)(at - body);
    } else {
        place.at = (uint32_t)(r->body.len + r->texts.len);
        buf_slice_add(&r->texts, text);
    }
    return place;
}

static void add_item(struct push_reader *r, const struct push_item *item)
{
    buf_bytes(&r->items, item, sizeof *item);
}

static void add_failure(struct push_reader *r, struct push_item *item, const struct fault *why)
{
    struct error error = error_of(why->code, why);
    item->flags = PUSH_ITEM_FAILED;
    item->status = (uint16_t)error.status;
    item->words = place_of(r, slice_text(why->words));
    add_item(r, item);
}

static struct slice index_of(const struct push_reader *r, const struct bulk_action *a)
{
    return a->index.len ? a->index : r->head.index;
}

// By its own name or an alias; a request of one document has it from serve.
static enum err named_table(const struct push_reader *r, struct slice name, bool needs_alias,
                            const struct table **out, struct fault *why)
{
    const struct schema *s = r->policy->schema;
    uint16_t table = r->head.table;
    *out = r->head.kind == PUSH_BULK ? schema_table(s, name) : &s->tables[table];
    if (r->head.kind == PUSH_ONE)
        name = slice_text((*out)->name);
    int shown = name.len < LIMIT_NAME_BYTES ? (int)name.len : LIMIT_NAME_BYTES;
    if (*out && !needs_alias)
        return OK;
    if (*out || !push_alias_find(r->head.aliases, name, &table))
        return fail(why, ERR_NOT_FOUND,
                    needs_alias ? "index_not_found_exception: no such index [%.*s] and "
                                  "[require_alias] request flag is [true] and [%.*s] is not an "
                                  "alias"
                                : "index_not_found_exception: no such index [%.*s]",
                    shown, (const char *)name.at, shown, (const char *)name.at);
    if (table == PUSH_NO_TABLE)
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: no write index is defined for alias [%.*s]. The "
                    "write index may be explicitly disabled using is_write_index=false or the "
                    "alias points to multiple indices without one being designated as a write "
                    "index",
                    shown, (const char *)name.at);
    *out = &s->tables[table];
    return OK;
}

// The table that an action is for.
static enum err table_of(struct push_reader *r, const struct bulk_action *a, uint16_t *out,
                         struct fault *why)
{
    const struct schema *s = r->policy->schema;
    *out = PUSH_NO_TABLE;
    struct slice name = index_of(r, a);
    bool needs_alias = a->needs_alias || r->head.needs_alias;
    if (!needs_alias && name.at == r->table_name.at && name.len == r->table_name.len &&
        name.len > 0) {
        *out = r->table_now;
        return OK;
    }
    const struct table *t = NULL;
    enum err e = named_table(r, name, needs_alias, &t, why);
    if (e)
        return e;
    uint16_t table = (uint16_t)(t - s->tables);
    if (!bit_get(r->head.allowed, table))
        return fail(why, ERR_DENIED,
                    "security_exception: action [indices:data/write/bulk[s]] is unauthorized on "
                    "indices [%s]",
                    t->name);
    *out = table;
    if (r->push_of[table] == NO_PUSH)
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: index [%s] is mirrored from source [%s]; "
                    "documents are not pushed into it",
                    t->name, t->source);
    r->table_name = name;
    r->table_now = table;
    return OK;
}

static enum row_op update_op(const struct bulk_update *u)
{
    if (u->doc_as_upsert)
        return u->keeps_same ? ROW_EDIT_PUT : ROW_PUT;
    return u->keeps_same ? ROW_EDIT : ROW_UPDATE;
}

static enum err add_update(struct push_reader *r, const struct bulk_action *a, struct slice doc,
                           struct push_item *item, struct fault *why)
{
    struct bulk_update update;
    enum err e = bulk_update_parse(doc, r->action, &update, why);
    if (e)
        return e;
    struct push_row change = {
        .op = update_op(&update), .id = a->id, .tree = update.doc, .keeps_others = true};
    const struct push_row otherwise = {.op = ROW_CREATE, .id = a->id, .tree = update.upsert};
    bool has_two = update.upsert && !update.doc_as_upsert;
    if (a->only_if.is_given && (update.upsert || update.doc_as_upsert))
        return fail(why, ERR_INVALID,
                    "action_request_validation_exception: Validation Failed: 1: upsert requests "
                    "don't support `if_seq_no` and `if_primary_term`;");
    struct push_row trial = otherwise;
    trial.is_trial = true;
    if (has_two)
        e = add_row(r, item->table, &trial, why);
    if (!e)
        e = add_row(r, item->table, &change, why);
    if (!e && has_two) {
        item->flags = PUSH_ITEM_UPSERT;
        e = add_row(r, item->table, &otherwise, why);
    }
    return e;
}

static enum err add_rows(struct push_reader *r, const struct bulk_action *a, struct slice doc,
                         struct push_item *item, struct fault *why)
{
    if (a->refused)
        return fail(why, ERR_INVALID, "%s", a->refused);
    if (a->op == PUSH_UPDATE)
        return add_update(r, a, doc, item, why);
    struct push_row row = {.op = ROW_PUT, .id = a->id, .doc = doc};
    if (a->op == PUSH_DELETE)
        row.op = ROW_DELETE;
    else if (a->op == PUSH_CREATE && a->id.len)
        row.op = ROW_CREATE;
    return add_row(r, item->table, &row, why);
}

// Its row is a changeset of its own: whether it is appended is found out by who appends.
static enum err add_rows_if(struct push_reader *r, const struct bulk_action *a, struct slice doc,
                            struct push_item *item, struct fault *why)
{
    struct push_sieve *s = r->sieves[r->push_of[item->table]];
    enum err e = cut(r, s, why);
    if (!e)
        e = add_rows(r, a, doc, item, why);
    if (e)
        return e;
    item->flags |= PUSH_ITEM_IF;
    item->words = (struct push_text){.at = (uint32_t)(r->body.len + r->texts.len),
                                     .len = PUSH_CONDITION_BYTES};
    push_condition_encode(&a->only_if, &r->texts);
    return cut(r, s, why);
}

// One action and its document.  ERR_INVALID of the item's own makes a failed item, and
// the request goes on.
static enum err take_item(struct push_reader *r, const struct bulk_action *a, struct slice doc,
                          struct fault *why)
{
    struct push_item item = {.op = (uint8_t)a->op, .table = PUSH_NO_TABLE};
    struct fault said; // large, and written only when wanted
    enum err e = table_of(r, a, &item.table, &said);
    item.id = place_of(r, a->id);
    if (item.table == PUSH_NO_TABLE)
        item.index = place_of(r, index_of(r, a));
    else
        item.row = r->rows[item.table];
    if (!e)
        e = a->only_if.is_given ? add_rows_if(r, a, doc, &item, &said)
                                : add_rows(r, a, doc, &item, &said);
    if (!e)
        add_item(r, &item);
    else if (e == ERR_INVALID || e == ERR_NOT_FOUND || e == ERR_DENIED)
        add_failure(r, &item, &said);
    else
        return fail(why, e, "%s", said.words);
    return OK;
}

// What Elasticsearch finds out about all items before it runs one.
static enum err check_action(const struct push_reader *r, const struct bulk_action *a,
                             struct fault *why)
{
    if (r->head.kind == PUSH_BULK && index_of(r, a).len == 0)
        return fail(why, ERR_INVALID,
                    "action_request_validation_exception: Validation Failed: 1: index is missing;");
    const char *fault = bulk_condition_fault(a);
    if (fault)
        return fail(why, ERR_INVALID,
                    "action_request_validation_exception: Validation Failed: 1: %s;", fault);
    if (a->id.len == 0 && !a->refused && (a->op == PUSH_UPDATE || a->op == PUSH_DELETE))
        return fail(why, ERR_INVALID,
                    "action_request_validation_exception: Validation Failed: 1: id is missing;");
    return OK;
}

// The next line of `rest`, which is not empty; false when no newline ends it.
static bool next_line(struct slice *rest, struct slice *out)
{
    const uint8_t *end = memchr(rest->at, '\n', rest->len);
    if (!end)
        return false;
    *out = slice_of(rest->at, (size_t)(end - rest->at));
    *rest = slice_from(*rest, out->len + 1);
    return true;
}

static enum err unended(struct fault *why)
{
    return fail(why, ERR_INVALID,
                "illegal_argument_exception: The bulk request must be terminated by a newline "
                "[\\n]");
}

static bool is_part_of(struct slice whole, struct slice part)
{
    return part.at >= whole.at && part.at + part.len <= whole.at + whole.len;
}

static struct slice moved(struct slice part, struct slice from, const uint8_t *to)
{
    return part.len ? slice_of(to + (part.at - from.at), part.len) : slice_of(NULL, 0);
}

// Only where index and _id stand in the line as they are.
static void remember(struct push_reader *r, struct slice line, const struct bulk_action *a)
{
    struct known_action *k = &r->known;
    k->len = 0;
    r->table_name = slice_of(NULL, 0); // it may be of the line that goes
    bool has_id = a->id.len > 0;
    if (line.len > sizeof k->line || a->refused || (a->index.len && !is_part_of(line, a->index)))
        return;
    if (has_id && (!is_part_of(line, a->id) || a->id.at[-1] != '"'))
        return;
    memcpy(k->line, line.at, line.len);
    k->action = *a;
    k->action.index = moved(a->index, line, k->line);
    k->action.id = moved(a->id, line, k->line);
    k->id_at = has_id ? (size_t)(a->id.at - line.at) : line.len;
    k->len = line.len;
}

static bool is_known(const struct push_reader *r, struct slice line, struct bulk_action *out)
{
    const struct known_action *k = &r->known;
    size_t behind = k->len - k->id_at - k->action.id.len;
    if (k->len == 0 || line.len < k->id_at + behind || memcmp(line.at, k->line, k->id_at) != 0 ||
        memcmp(line.at + line.len - behind, k->line + k->len - behind, behind) != 0)
        return false;
    const uint8_t *id = line.at + k->id_at;
    size_t id_len = line.len - k->id_at - behind;
    *out = k->action;
    out->id = slice_of(id, id_len);
    if (k->action.id.len == 0)
        return id_len == 0;
    return id_len > 0 && id_len <= PUSH_ID_BYTES_MAX &&
           json_plain_end(r->simd, id, id + id_len) == id + id_len;
}

static enum err read_action(struct push_reader *r, struct slice line, uint32_t number,
                            struct bulk_action *out, bool *out_skips, struct fault *why)
{
    *out_skips = false;
    arena_reset(r->action);
    if (is_known(r, line, out))
        return OK;
    enum err e = bulk_action_parse(line, number, r->action, out, out_skips, why);
    if (!e && !*out_skips)
        e = check_action(r, out, why);
    if (!e && !*out_skips)
        remember(r, line, out);
    return e;
}

static enum err take_lines(struct push_reader *r, struct fault *why)
{
    struct slice rest = r->body;
    for (uint32_t number = 1; rest.len > 0; number++) {
        struct slice line;
        struct slice doc = {0};
        struct bulk_action action;
        bool skips = false;
        if (!next_line(&rest, &line))
            return unended(why);
        enum err e = read_action(r, line, number, &action, &skips, why);
        if (e)
            return e;
        if (skips)
            continue;
        bool has_doc = action.op != PUSH_DELETE;
        if (has_doc && rest.len == 0)
            break; // an action at the end without its document counts for nothing
        if (has_doc && !next_line(&rest, &doc))
            return unended(why);
        number += has_doc;
        e = take_item(r, &action, doc, why);
        if (e)
            return e;
    }
    if (r->items.len == 0)
        return fail(
            why, ERR_INVALID,
            "action_request_validation_exception: Validation Failed: 1: no requests added;");
    return OK;
}

static enum err take_one(struct push_reader *r, struct fault *why)
{
    const struct bulk_action action = {
        .op = r->head.op, .id = r->head.id, .only_if = r->head.only_if};
    arena_reset(r->action);
    enum err e = check_action(r, &action, why);
    return e ? e : take_item(r, &action, r->body, why);
}

static enum err find(struct push_reader *r, struct fault *why)
{
    int push = r->push_of[r->head.table];
    if (push == NO_PUSH || r->head.id.len == 0 || r->head.id.len > PUSH_ID_BYTES_MAX)
        return fail(why, ERR_NOT_FOUND, "no row has this id");
    struct row_key key = push_sieve_key(r->sieves[push], r->head.id);
    buf_u64_le(&r->texts, key.hi);
    buf_u64_le(&r->texts, key.lo);
    return OK;
}

// All rows of the index: one row of a changeset, as it is for who appends.
static enum err clear(struct push_reader *r, struct fault *why)
{
    int push = r->push_of[r->head.table];
    const char *name = r->policy->schema->tables[r->head.table].name;
    if (push == NO_PUSH || !bit_get(r->head.allowed, r->head.table))
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: index [%s] is not one that documents are pushed "
                    "into",
                    name);
    const struct push_item item = {.op = PUSH_DELETE, .table = r->head.table};
    push_sieve_clear(r->sieves[push]);
    r->rows[r->head.table]++;
    add_item(r, &item);
    return cut(r, r->sieves[push], why);
}

static void begin(struct push_reader *r)
{
    memset(r->rows, 0, sizeof r->rows);
    r->known.len = 0; // it was checked for another head
    r->table_name = slice_of(NULL, 0);
    buf_reset(&r->changesets);
    buf_reset(&r->items);
    buf_reset(&r->texts);
}

static enum err take_all(struct push_reader *r, struct fault *why)
{
    if (r->head.kind == PUSH_FIND)
        return find(r, why);
    if (r->head.kind == PUSH_CLEAR)
        return clear(r, why);
    enum err e = r->head.kind == PUSH_BULK ? take_lines(r, why) : take_one(r, why);
    for (uint32_t i = 0; !e && i < r->policy->push_count; i++)
        e = cut(r, r->sieves[i], why);
    return e;
}

enum err push_reader_take(struct push_reader *r, struct slice bytes, struct push_result *out,
                          struct fault *why)
{
    begin(r);
    enum err e = push_head_decode(bytes, r->policy->schema, &r->head, &r->body, why);
    if (!e)
        e = take_all(r, why);
    if (!e)
        e = buf_end(&r->items, why);
    if (!e)
        e = buf_end(&r->texts, why);
    if (e) {
        for (uint32_t i = 0; i < r->policy->push_count; i++)
            push_sieve_drop(r->sieves[i]);
        return e;
    }
    *out = (struct push_result){
        .changesets = buf_slice(&r->changesets),
        .items = (const struct push_item *)(const void *)r->items.at,
        .item_count = (uint32_t)(r->items.len / sizeof(struct push_item)),
        .texts = buf_slice(&r->texts),
    };
    return OK;
}
