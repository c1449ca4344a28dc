// SPDX-License-Identifier: Apache-2.0
#include "api/push_reply.h"

#include "api/error.h"
#include "base/limits.h"
#include "store/store.h"

#include <stdio.h>

// An answer has as many bytes as the documents it is about, so it is written from pieces
// that are there already rather than key by key.

#define ADD(out, text) buf_bytes(out, text, sizeof(text) - 1)

static struct slice text_of(const struct push_reply *r, struct push_text t)
{
    size_t body = r->body.len;
    if (t.len == 0)
        return slice_of("", 0);
    return t.at < body ? slice_of(r->body.at + t.at, t.len)
                       : slice_of(r->answer->texts.at + (t.at - body), t.len);
}

static void add_escaped(struct buf *out, struct slice text)
{
    struct json_writer w = json_writer_to(out);
    json_string(&w, text);
}

// What lies in the body is part of a JSON string without escapes, so it is one again; the
// rest (unescaped texts, ids of a path) is escaped.
static void add_text(const struct push_reply *r, struct push_text t, struct buf *out)
{
    struct slice text = text_of(r, t);
    if (t.at >= r->body.len) {
        add_escaped(out, text);
        return;
    }
    buf_u8(out, '"');
    buf_slice_add(out, text);
    buf_u8(out, '"');
}

static void add_number(struct buf *out, uint64_t value)
{
    char digits[20];
    char *at = digits + sizeof digits;
    do {
        *--at = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    buf_bytes(out, at, (size_t)(digits + sizeof digits - at));
}

static void add_key(struct buf *out, struct row_key key)
{
    buf_u8(out, '"');
    row_key_print(key, out);
    buf_u8(out, '"');
}

static uint64_t number_of(const struct push_reply *r, const struct push_item *item, uint32_t more)
{
    return r->answer->first_number[item->table] + item->row + more;
}

static void add_id(const struct push_reply *r, const struct push_item *item, struct buf *out)
{
    if (item->id.len)
        add_text(r, item->id, out);
    else if (item->flags & PUSH_ITEM_FAILED)
        ADD(out, "null");
    else
        add_key(out, push_key_of_number(number_of(r, item, 0)));
}

static void add_index(const struct push_reply *r, const struct push_item *item, struct buf *out)
{
    if (item->table == PUSH_NO_TABLE) {
        add_text(r, item->index, out);
        return;
    }
    const char *name = r->schema->tables[item->table].name; // holds nothing to escape
    buf_u8(out, '"');
    buf_text(out, name);
    buf_u8(out, '"');
}

// enum store_outcome, or PUSH_CONFLICT.
static unsigned outcome_of(const struct push_reply *r, const struct push_item *item, uint32_t more)
{
    return r->answer->outcomes.at[(size_t)r->answer->outcome_at[item->table] + item->row + more];
}

static uint64_t row_of(const struct push_reply *r, const struct push_item *item, uint32_t more)
{
    const uint64_t *numbers = (const void *)r->answer->numbers.at;
    return numbers[(size_t)r->answer->outcome_at[item->table] + item->row + more];
}

static void end_with(struct push_end *out, int status, const char *result, uint64_t version)
{
    out->status = status;
    out->result = result;
    out->version = version;
}

static void end_failed(struct push_end *out, int status, const char *words)
{
    out->status = status;
    out->words = slice_text(words);
    out->is_of_row = true;
}

static void end_nothing(const struct push_item *item, struct push_end *out)
{
    if (item->op == PUSH_DELETE)
        end_with(out, 404, "not_found", 1);
    else if (item->op == PUSH_UPDATE)
        end_failed(out, 404, "document_missing_exception: document missing");
    else
        end_failed(out, 409,
                   "version_conflict_engine_exception: version conflict, document already exists");
}

static struct push_condition condition_of(const struct push_reply *r, const struct push_item *item)
{
    return push_condition_decode(text_of(r, item->words));
}

static bool is_conflict(const struct push_reply *r, const struct push_item *item)
{
    return (item->flags & PUSH_ITEM_IF) && outcome_of(r, item, 0) == PUSH_CONFLICT;
}

// An update of what is not there has nothing that its condition could be about.
static void end_conflict(const struct push_reply *r, const struct push_item *item,
                         struct push_end *out)
{
    if (item->op == PUSH_UPDATE && row_of(r, item, 0) == STORE_NO_ROW)
        end_nothing(item, out);
    else
        end_failed(out, 409, "version_conflict_engine_exception: version conflict");
}

static void add_conflict(const struct push_reply *r, const struct push_item *item, struct buf *out)
{
    struct push_condition wanted = condition_of(r, item);
    uint64_t there = row_of(r, item, 0);
    buf_print(out, ", required seqNo [%llu], primary term [%llu]. ",
              (unsigned long long)wanted.seq_no, (unsigned long long)wanted.term);
    if (there == STORE_NO_ROW)
        buf_text(out, "but no document was found");
    else
        buf_print(out, "current document has seqNo [%llu] and primary term [%llu]",
                  (unsigned long long)there, (unsigned long long)r->term);
}

enum { SHOWN_ID_BYTES = 200, WORDS_BYTES = 1024 };

// "[ID]: " stands between type and reason.
void push_reply_words(const struct push_reply *r, const struct push_item *item,
                      const struct push_end *end, struct fault *out)
{
    struct buf words AUTO(buf_donep) = buf_init(WORDS_BYTES);
    struct slice id = text_of(r, item->id);
    const uint8_t *colon = memchr(end->words.at, ':', end->words.len);
    out->code = ERR_INVALID;
    if (!end->is_of_row || !colon) {
        snprintf(out->words, sizeof out->words, "%.*s", SLICE_PRINT(end->words));
        return;
    }
    size_t type = (size_t)(colon - end->words.at) + 1;
    buf_print(&words, "%.*s [%.*s]: %.*s", (int)type, (const char *)end->words.at,
              id.len < SHOWN_ID_BYTES ? (int)id.len : SHOWN_ID_BYTES, (const char *)id.at,
              (int)(end->words.len - type - 1), (const char *)end->words.at + type + 1);
    if (end->status == 409 && is_conflict(r, item))
        add_conflict(r, item, &words);
    else if (end->status == 409)
        buf_print(&words, " (current version [%llu])", (unsigned long long)row_of(r, item, 0) + 1);
    snprintf(out->words, sizeof out->words, "%.*s", SLICE_PRINT(buf_slice(&words)));
}

void push_end_of(const struct push_reply *r, const struct push_item *item, struct push_end *out)
{
    *out = (struct push_end){0};
    if (item->flags & PUSH_ITEM_FAILED) {
        out->status = item->status;
        out->words = text_of(r, item->words);
        return;
    }
    uint32_t more = 0;
    if (item->flags & PUSH_ITEM_UPSERT && outcome_of(r, item, 0) == OUTCOME_NOTHING)
        more = 1;
    uint64_t row = row_of(r, item, more);
    out->seq_no = row;
    switch (outcome_of(r, item, more)) {
    case OUTCOME_NOTHING:
        end_nothing(item, out);
        return;
    case OUTCOME_CAME:
        end_with(out, 201, "created", 1);
        return;
    case OUTCOME_REPLACED:
        end_with(out, 200, "updated", row + 1);
        return;
    case OUTCOME_WENT:
        end_with(out, 200, "deleted", row + 1);
        return;
    case OUTCOME_SAME:
        end_with(out, 200, "noop", row + 1);
        out->is_of_row = true;
        return;
    default:
        end_conflict(r, item, out);
    }
}

static void add_names(const struct push_reply *r, const struct push_item *item, struct buf *out)
{
    ADD(out, "{\"_index\":");
    add_index(r, item, out);
    ADD(out, ",\"_id\":");
    add_id(r, item, out);
}

// Nothing was written, so no shard did.
static bool is_noop(const struct push_end *end)
{
    return end->result && end->is_of_row;
}

static void add_result(const struct push_reply *r, const struct push_end *end, struct buf *out)
{
    ADD(out, ",\"_version\":");
    add_number(out, end->version);
    ADD(out, ",\"result\":\"");
    buf_text(out, end->result);
    buf_u8(out, '"');
    if (r->forced_refresh)
        ADD(out, ",\"forced_refresh\":true");
    if (is_noop(end))
        ADD(out, ",\"_shards\":{\"total\":0,\"successful\":0,\"failed\":0},\"_seq_no\":");
    else
        ADD(out, ",\"_shards\":{\"total\":1,\"successful\":1,\"failed\":0},\"_seq_no\":");
    add_number(out, end->seq_no);
    ADD(out, ",\"_primary_term\":");
    add_number(out, r->term);
}

// {"type":..,"reason":..}, and the index for what Elasticsearch's shards find out.
static void add_error(const struct push_reply *r, const struct push_item *item,
                      const struct push_end *end, struct buf *out)
{
    struct fault said;
    push_reply_words(r, item, end, &said);
    struct error error = error_of(ERR_INVALID, &said);
    ADD(out, ",\"error\":{\"type\":");
    add_escaped(out, error.type);
    ADD(out, ",\"reason\":");
    add_escaped(out, error.reason);
    bool is_of_shard = !(item->flags & PUSH_ITEM_FAILED);
    if (is_of_shard || error.index.len) {
        ADD(out, ",\"index_uuid\":\"_na_\"");
        if (is_of_shard)
            ADD(out, ",\"shard\":\"0\"");
        ADD(out, ",\"index\":");
        add_index(r, item, out);
    }
    ADD(out, "}}");
}

static void add_item(const struct push_reply *r, const struct push_item *item,
                     const struct push_end *end, struct buf *out)
{
    ADD(out, "{\"");
    buf_text(out, push_op_name((enum push_op)item->op));
    ADD(out, "\":");
    add_names(r, item, out);
    if (end->result)
        add_result(r, end, out);
    ADD(out, ",\"status\":");
    add_number(out, (uint64_t)end->status);
    if (end->result)
        buf_u8(out, '}');
    else
        add_error(r, item, end, out);
    buf_u8(out, '}');
}

// The items of a bulk are alike but for id, number and result, and there may be a million
// of them: what they share is written once, and each is put together from pieces in room made
// for it.
enum { PIECE_BYTES = LIMIT_NAME_BYTES + 256, NUMBER_BYTES = 20, KEY_BYTES_SHOWN = 32 };

struct pieces {
    uint8_t op;
    uint16_t table;
    uint32_t head_len;
    uint8_t head[PIECE_BYTES]; // {"index":{"_index":"NAME","_id":
};

static uint8_t *put(uint8_t *at, const void *bytes, size_t len)
{
    memcpy(at, bytes, len);
    return at + len;
}

#define PUT(at, text) put(at, text, sizeof(text) - 1)

static uint8_t *put_number(uint8_t *at, uint64_t value)
{
    uint8_t digits[NUMBER_BYTES];
    uint8_t *from = digits + sizeof digits;
    do {
        *--from = (uint8_t)('0' + value % 10);
        value /= 10;
    } while (value);
    return put(at, from, (size_t)(digits + sizeof digits - from));
}

static uint8_t *put_key(uint8_t *at, struct row_key key)
{
    static const char digits[] = "0123456789abcdef";
    for (int i = 60; i >= 0; i -= 4)
        *at++ = (uint8_t)digits[key.hi >> i & 0xf];
    for (int i = 60; i >= 0; i -= 4)
        *at++ = (uint8_t)digits[key.lo >> i & 0xf];
    return at;
}

static void fill_pieces(const struct push_reply *r, const struct push_item *item,
                        struct pieces *out)
{
    uint8_t *at = out->head;
    const char *op = push_op_name((enum push_op)item->op);
    const char *name = r->schema->tables[item->table].name;
    at = PUT(at, "{\"");
    at = put(at, op, strlen(op));
    at = PUT(at, "\":{\"_index\":\"");
    at = put(at, name, strlen(name));
    at = PUT(at, "\",\"_id\":\"");
    out->op = item->op;
    out->table = item->table;
    out->head_len = (uint32_t)(at - out->head);
}

static uint8_t *put_end(const struct push_reply *r, uint8_t *at, const struct push_end *end)
{
    at = PUT(at, "\",\"_version\":");
    at = put_number(at, end->version);
    at = PUT(at, ",\"result\":\"");
    at = put(at, end->result, strlen(end->result));
    at = r->forced_refresh ? PUT(at, "\",\"forced_refresh\":true") : PUT(at, "\"");
    at = PUT(at, ",\"_shards\":{\"total\":1,\"successful\":1,\"failed\":0},\"_seq_no\":");
    at = put_number(at, end->seq_no);
    at = PUT(at, ",\"_primary_term\":");
    at = put_number(at, r->term);
    at = PUT(at, ",\"status\":");
    at = put_number(at, (uint64_t)end->status);
    return PUT(at, "}}");
}

// False when it is not one of the alike: it failed, or its id has to be escaped.
static bool add_alike(const struct push_reply *r, const struct push_item *item,
                      const struct push_end *end, struct pieces *pieces, struct buf *out)
{
    bool is_given = item->id.len > 0;
    if (!end->result || is_noop(end) || (is_given && item->id.at >= r->body.len))
        return false;
    if (pieces->head_len == 0 || pieces->op != item->op || pieces->table != item->table)
        fill_pieces(r, item, pieces);
    size_t room = PIECE_BYTES * 2 + (is_given ? item->id.len : KEY_BYTES_SHOWN);
    uint8_t *from = buf_room(out, room);
    if (!from)
        return true; // the buf remembers
    uint8_t *at = put(from, pieces->head, pieces->head_len);
    if (is_given)
        at = put(at, r->body.at + item->id.at, item->id.len);
    else
        at = put_key(at, push_key_of_number(number_of(r, item, 0)));
    at = put_end(r, at, end);
    out->len -= room - (size_t)(at - from);
    return true;
}

// Where something failed, "errors" is one byte shorter; that is known at the end.
static void set_errors(struct buf *out, size_t at)
{
    static const char is_not[] = "false";
    static const char is[] = "true";
    if (out->over_limit)
        return;
    memcpy(out->at + at, is, sizeof is - 1);
    size_t rest = at + sizeof is_not - 1;
    memmove(out->at + at + sizeof is - 1, out->at + rest, out->len - rest);
    out->len--;
}

void push_reply_bulk(const struct push_reply *r, int64_t took_ms, struct buf *out)
{
    const struct push_item *items = (const void *)r->answer->items.at;
    struct pieces pieces = {0};
    struct push_end end;
    bool any_failed = false;
    ADD(out, "{\"took\":");
    add_number(out, (uint64_t)took_ms);
    ADD(out, ",\"errors\":");
    size_t errors_at = out->len;
    ADD(out, "false,\"items\":[");
    size_t items_at = out->len;
    for (uint32_t i = 0; i < push_answer_count(r->answer); i++) {
        push_end_of(r, &items[i], &end);
        any_failed |= !end.result;
        if (end.result && r->only_failed)
            continue;
        if (out->len > items_at)
            buf_u8(out, ',');
        if (!add_alike(r, &items[i], &end, &pieces, out))
            add_item(r, &items[i], &end, out);
    }
    ADD(out, "]}");
    if (any_failed)
        set_errors(out, errors_at);
}

void push_reply_one(const struct push_reply *r, const struct push_item *item,
                    const struct push_end *end, struct buf *out)
{
    add_names(r, item, out);
    add_result(r, end, out);
    buf_u8(out, '}');
}
