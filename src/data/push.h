// SPDX-License-Identifier: Apache-2.0
#pragma once

// A push: documents on their way from a client into indices that take them.
//
//     api (serve) ──push_head, body──▶ mirror ──changesets, items──▶ serve ──▶ store, answer
//
// An item is one action of the request: index, create, update or delete of one document.
// It became a row, or two (an update with an upsert of its own), or it failed with
// words.  Texts of items are places in one run of bytes: the body, and behind it what mirror added
// ("texts").  Pure; any thread.

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "data/changeset.h"

enum push_op { PUSH_INDEX, PUSH_CREATE, PUSH_UPDATE, PUSH_DELETE, PUSH_OP_COUNT };

const char *push_op_name(enum push_op op); // "index", ...

enum push_kind {
    PUSH_BULK,  // the body is lines: actions and documents
    PUSH_ONE,   // the body is one document, `op` and `id` say what to do
    PUSH_FIND,  // no body: the row key of `id` is asked for
    PUSH_CLEAR, // no body: every row of the table goes
    PUSH_KIND_COUNT
};

enum { PUSH_NO_TABLE = UINT16_MAX, PUSH_ID_BYTES_MAX = 512, PUSH_TABLE_WORDS = 4 };

// "Only where the row is still the one that I have read": if_seq_no and if_primary_term.
struct push_condition {
    bool is_given;
    uint64_t seq_no, term;
};

// What a request says before its body.
struct push_head {
    enum push_kind kind;
    enum push_op op;
    uint16_t table;                     // all but BULK, which has PUSH_NO_TABLE
    uint64_t allowed[PUSH_TABLE_WORDS]; // bit per table of the schema that the client may write to
    struct slice id;                    // ONE, FIND; len 0: none
    struct slice index;                 // BULK: where items that name none go; len 0: nowhere
    bool needs_alias;                   // index names are to be aliases
    struct slice aliases;               // BULK: as push_alias_add() writes them; len 0: none
    struct push_condition only_if;      // ONE
    uint64_t term;                      // store_term(); for the desk, and not sent
};

// Of what tables aliases are, for what is written to them: PUSH_NO_TABLE for one that has several
// and names none.
void push_alias_add(struct buf *aliases, struct slice name, uint16_t table);
// False: there is no such alias.
bool push_alias_find(struct slice aliases, struct slice name, uint16_t *out);

void push_head_encode(const struct push_head *h, struct buf *out);
// `out_body` is what follows.  The slices are of `bytes`.
enum err push_head_decode(struct slice bytes, const struct schema *s, struct push_head *out,
                          struct slice *out_body, struct fault *why);

// A place in the body and, from its length on, in the texts.
struct push_text {
    uint32_t at, len;
};

enum {
    PUSH_ITEM_FAILED = 1,
    PUSH_ITEM_UPSERT = 2,
    PUSH_ITEM_IF = 4, // its row is a changeset of its own, appended only under a condition
    PUSH_ITEM_FLAGS = 7
};

// Goes over the link as it is in memory: both ends are the same program.
struct push_item {
    uint8_t op;    // enum push_op
    uint8_t flags; // UPSERT: its second row comes where the first found none to update
    uint16_t table;
    uint16_t status;        // FAILED: as HTTP's
    uint16_t zero;          // always
    uint32_t row;           // among this request's rows of the table
    struct push_text id;    // len 0: the row's key, which the changeset has
    struct push_text index; // where `table` is PUSH_NO_TABLE: as the client named it
    struct push_text words; // FAILED: "type: reason"; IF: the condition
};

// Everything of an item is in its bounds: `text_bytes` of body and texts together, and
// for items that did not fail `rows[table]` rows.  ERR_CORRUPT.
enum err push_item_check(const struct push_item *i, uint64_t text_bytes, const uint32_t *rows,
                         uint32_t table_count, struct fault *why);

// The words of an item under a condition, in the texts that are behind the body.
enum { PUSH_CONDITION_BYTES = 16 };

void push_condition_encode(const struct push_condition *c, struct buf *out);
// `words` are PUSH_CONDITION_BYTES long.
struct push_condition push_condition_decode(struct slice words);

// Rows that clients name.  Their _id is hashed under the table's key; without one the row
// gets a number.  Both have a mark in their first 32 bits, so that what the API shows of
// them is known again, and nobody's own _id is taken for one.
enum { PUSH_KEY_MARK = 0x70757368 };

struct row_key push_key_of_number(uint64_t number);
bool push_key_is_number(struct row_key key);
struct row_key push_key_of_hash(uint64_t hi, uint64_t lo);
// Whether `id` is the form of such a key (row_key_print()).
bool push_key_parse(struct slice id, struct row_key *out);

// What became of a push that was committed.
struct push_answer {
    struct buf items; // struct push_item, one after another
    struct buf texts;
    // Of each row, table after table: enum store_outcome or PUSH_CONFLICT, and a u64 number as in
    // struct store_told.
    struct buf outcomes, numbers;
    uint32_t outcome_at[PUSH_TABLE_WORDS * 64];
    uint64_t first_number[PUSH_TABLE_WORDS * 64]; // mirror's, of a table's first row: without an
                                                  // _id it is the row's key
    struct row_key found;                         // PUSH_FIND
};

// Outcome of a row whose condition did not hold.
enum { PUSH_CONFLICT = UINT8_MAX };

struct push_answer *push_answer_new(void);
void push_answer_free(struct push_answer *a); // NULL is fine

static inline uint32_t push_answer_count(const struct push_answer *a)
{
    return (uint32_t)(a->items.len / sizeof(struct push_item));
}
