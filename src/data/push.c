// SPDX-License-Identifier: Apache-2.0
#include "data/push.h"

#include "base/check.h"
#include "base/reader.h"

#include <stdlib.h>

// The head, little-endian:
//
//     kind u8 | op u8 | table u16 | allowed 4 x u64 | id blob | index blob | flags u8 |
//     condition 2 x u64 | aliases blob (table u16 and name blob, each)

enum { HEAD_NEEDS_ALIAS = 1, HEAD_HAS_CONDITION = 2, HEAD_FLAGS = 3 };

static const char *const op_names[PUSH_OP_COUNT] = {
    [PUSH_INDEX] = "index",
    [PUSH_CREATE] = "create",
    [PUSH_UPDATE] = "update",
    [PUSH_DELETE] = "delete",
};

const char *push_op_name(enum push_op op)
{
    return op_names[op];
}

void push_head_encode(const struct push_head *h, struct buf *out)
{
    buf_u8(out, (uint8_t)h->kind);
    buf_u8(out, (uint8_t)h->op);
    buf_u16_le(out, h->table);
    for (int i = 0; i < PUSH_TABLE_WORDS; i++)
        buf_u64_le(out, h->allowed[i]);
    buf_blob(out, h->id);
    buf_blob(out, h->index);
    buf_u8(out, (uint8_t)((h->needs_alias ? HEAD_NEEDS_ALIAS : 0) |
                          (h->only_if.is_given ? HEAD_HAS_CONDITION : 0)));
    push_condition_encode(&h->only_if, out);
    buf_blob(out, h->aliases);
}

void push_alias_add(struct buf *aliases, struct slice name, uint16_t table)
{
    buf_u16_le(aliases, table);
    buf_blob(aliases, name);
}

bool push_alias_find(struct slice aliases, struct slice name, uint16_t *out)
{
    struct reader in = reader_over(aliases);
    while (reader_left(&in) > 0 && !in.short_of_bytes) {
        uint16_t table = reader_u16_le(&in);
        if (slice_equal(reader_blob(&in), name)) {
            *out = table;
            return true;
        }
    }
    return false;
}

static bool aliases_are_good(struct slice aliases, const struct schema *s)
{
    struct reader in = reader_over(aliases);
    while (reader_left(&in) > 0 && !in.short_of_bytes) {
        uint16_t table = reader_u16_le(&in);
        (void)reader_blob(&in);
        if (table != PUSH_NO_TABLE && table >= s->table_count)
            return false;
    }
    return !in.short_of_bytes;
}

void push_condition_encode(const struct push_condition *c, struct buf *out)
{
    buf_u64_le(out, c->seq_no);
    buf_u64_le(out, c->term);
}

struct push_condition push_condition_decode(struct slice words)
{
    struct reader in = reader_over(words);
    struct push_condition c = {.is_given = true, .seq_no = reader_u64_le(&in)};
    c.term = reader_u64_le(&in);
    CHECK(!in.short_of_bytes);
    return c;
}

enum err push_head_decode(struct slice bytes, const struct schema *s, struct push_head *out,
                          struct slice *out_body, struct fault *why)
{
    struct reader in = reader_over(bytes);
    uint8_t kind = reader_u8(&in);
    uint8_t op = reader_u8(&in);
    struct push_head h = {.table = reader_u16_le(&in)};
    for (int i = 0; i < PUSH_TABLE_WORDS; i++)
        h.allowed[i] = reader_u64_le(&in);
    if (in.short_of_bytes)
        return fail(why, ERR_CORRUPT, "head of a push");
    h.id = reader_blob(&in);
    h.index = reader_blob(&in);
    uint8_t flags = reader_u8(&in);
    struct slice condition = reader_bytes(&in, PUSH_CONDITION_BYTES);
    h.aliases = reader_blob(&in);
    if (in.short_of_bytes || flags > HEAD_FLAGS || kind >= PUSH_KIND_COUNT || op >= PUSH_OP_COUNT)
        return fail(why, ERR_CORRUPT, "head of a push");
    if (h.table != PUSH_NO_TABLE && h.table >= s->table_count)
        return fail(why, ERR_CORRUPT, "push to table %u of %u", h.table, s->table_count);
    if ((h.table == PUSH_NO_TABLE) != (kind == PUSH_BULK))
        return fail(why, ERR_CORRUPT, "push to no table");
    if (!aliases_are_good(h.aliases, s))
        return fail(why, ERR_CORRUPT, "aliases of a push");
    h.kind = (enum push_kind)kind;
    h.op = (enum push_op)op;
    h.needs_alias = flags & HEAD_NEEDS_ALIAS;
    if (flags & HEAD_HAS_CONDITION)
        h.only_if = push_condition_decode(condition);
    *out_body = reader_bytes(&in, reader_left(&in));
    *out = h;
    return OK;
}

static bool is_within(struct push_text t, uint64_t bytes)
{
    return (uint64_t)t.at + t.len <= bytes;
}

enum err push_item_check(const struct push_item *i, uint64_t text_bytes, const uint32_t *rows,
                         uint32_t table_count, struct fault *why)
{
    bool failed = i->flags & PUSH_ITEM_FAILED;
    bool good = i->op < PUSH_OP_COUNT && (i->flags & ~PUSH_ITEM_FLAGS) == 0 && i->zero == 0 &&
                is_within(i->id, text_bytes) && is_within(i->index, text_bytes) &&
                is_within(i->words, text_bytes);
    good = good && (i->table == PUSH_NO_TABLE ? failed : i->table < table_count);
    good = good && (!failed || (i->status >= 400 && i->status < 600));
    bool is_alone =
        (i->flags & PUSH_ITEM_IF) && !(i->flags & (PUSH_ITEM_FAILED | PUSH_ITEM_UPSERT));
    good =
        good && (!(i->flags & PUSH_ITEM_IF) || (is_alone && i->words.len == PUSH_CONDITION_BYTES));
    if (good && !failed) {
        uint64_t last = (uint64_t)i->row + (i->flags & PUSH_ITEM_UPSERT ? 1 : 0);
        good = last < rows[i->table];
    }
    return good ? OK : fail(why, ERR_CORRUPT, "item of a push");
}

static const uint64_t mark = (uint64_t)PUSH_KEY_MARK << 32;

struct row_key push_key_of_number(uint64_t number)
{
    return (struct row_key){.hi = mark, .lo = number};
}

bool push_key_is_number(struct row_key key)
{
    return key.hi == mark;
}

struct row_key push_key_of_hash(uint64_t hi, uint64_t lo)
{
    uint64_t kept = hi & UINT32_MAX;
    return (struct row_key){.hi = mark | (kept ? kept : 1), .lo = lo};
}

bool push_key_parse(struct slice id, struct row_key *out)
{
    struct row_key key;
    if (row_key_parse(id, &key) != OK || key.hi >> 32 != PUSH_KEY_MARK)
        return false;
    *out = key;
    return true;
}

enum { ITEMS_BYTES_MAX = 1 << 30, TEXTS_BYTES_MAX = 256 << 20 };

struct push_answer *push_answer_new(void)
{
    struct push_answer *a = calloc(1, sizeof *a);
    CHECK(a != NULL);
    a->items = buf_init(ITEMS_BYTES_MAX);
    a->texts = buf_init(TEXTS_BYTES_MAX);
    a->outcomes = buf_init(ITEMS_BYTES_MAX);
    a->numbers = buf_init(ITEMS_BYTES_MAX);
    return a;
}

void push_answer_free(struct push_answer *a)
{
    if (!a)
        return;
    buf_done(&a->items);
    buf_done(&a->texts);
    buf_done(&a->outcomes);
    buf_done(&a->numbers);
    free(a);
}
