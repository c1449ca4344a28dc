// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a request showed, gathered while it is answered, for the audit log (audit/audit.h).
//
// Everything that gets something out of the store tells it here: the places are
// search_call_run() for searches, get_row() for single rows, the metric's handler, and
// exchange_tables() for names.  api_handle() makes the entry at the end, of every request.

#include "access/permit.h"
#include "audit/audit.h"
#include "data/schema.h"
#include "search/answer.h"

struct exchange;
struct metric_answer;
struct index_list;
struct search_call;
struct source_filter;

// Of one table of the schema.
struct record_table {
    bool is_named;
    uint8_t *how;        // AUDIT_FIELD_* of every path; NULL: none yet
    struct buf rows;     // struct row_key
    struct buf subjects; // struct subject: whom these rows are about
};

// People that the keys of buckets name, that were asked for by their pseudonym, or whose pseudonym
// is in a row about somebody else.
struct record_named {
    uint32_t table;
    const char *kind;
    struct buf subjects;
};

enum { RECORD_FACTS_MAX = 5 };

struct record {
    struct record_table *tables; // one for each of the schema; NULL: none yet
    struct record_named *named;
    uint32_t named_count;
    struct buf shape;
    uint64_t rows, buckets;
    uint64_t pushed;  // items of a push
    bool has_counted; // rows were counted or grouped,
    uint32_t floor;   // of no group smaller than this; 0: of any
    bool is_push;
    bool is_login;                             // no valid credential
    struct audit_fact facts[RECORD_FACTS_MAX]; // of the request's arena
    uint32_t fact_count;
    char error[64];       // the type, when the reply is an error; "" when it is not
    const char *searched; // action_name() the last search was permitted as; NULL: the route's
};

void record_tables(struct exchange *x, const struct index_list *list);
// A search that was answered: its shape, fields, buckets, and the rows and people shown.
void record_search(struct exchange *x, const struct search_call *c);
// Rows and people that are not counted as shown, but whose records this was a reading of.
void record_asked_row(struct exchange *x, uint32_t table, struct row_key key);
void record_person(struct exchange *x, uint32_t table, const char *kind, struct slice pseudonym);
// What of these a search names: record_people.c.
void record_people_asked(struct exchange *x, const struct search_call *c);
void record_people_of_buckets(struct exchange *x, const struct search_call *c);
void record_people_of_metric(struct exchange *x, uint32_t table, const struct slice *by,
                             uint32_t by_count, const struct metric_answer *a);

// What an answer adds to the record, to add it again when the answer is given again.
struct record_mark {
    uint64_t rows;
    uint32_t named_count;
    const size_t *named_bytes; // of each
};

struct record_mark record_mark(const struct exchange *x, struct arena *arena);
// The people since then.  False: rows were shown, so it was more than people.
bool record_since(const struct exchange *x, const struct record_mark *from, struct buf *out);
void record_again(struct exchange *x, struct slice people); // as record_since() has them

uint64_t record_buckets(const struct agg_answer *aggs, uint32_t count); // with those inside
void record_row(struct exchange *x, uint32_t table, const struct hit *h,
                const struct request *shown);
// A sealed field of a row was opened.
void record_sealed(struct exchange *x, uint32_t table, uint32_t field, const struct hit *row);
void record_metric(struct exchange *x, uint32_t table, const struct slice *by, uint32_t by_count,
                   uint64_t rows);
// Rows were counted or grouped for this permit: its floor.
void record_counted(struct exchange *x, const struct permit *permit, uint32_t table);
// What was asked of the audit log itself.
void record_fact(struct exchange *x, const char *name, struct slice value);
void record_push(struct exchange *x, uint64_t items);
void record_error(struct exchange *x, struct slice type); // the reply is one now

// Appends the entry.  Frees what was gathered.
const struct audited *record_end(struct exchange *x);
