// SPDX-License-Identifier: Apache-2.0
#pragma once

// For the tests of search/, metric/ and engine/: a small town of three tables in a real
// store, filled with rows of text and numbers and asked in Elasticsearch's JSON.
//
//     events   device (pseudonym, looks up devices), outcome, latency (long), at (date),
//              ok (boolean), score (double), host (keyword)
//     devices  id (pseudonym, key), model, weight (double), year (integer)
//     calls    outcome, latency (double), at (date), n (long)          no subjects
//
//     metric failed   events by device.model, host; ratio outcome != ok; every 5m
//     metric counted  events by device.year, ok; every 1h

#include "access/access.h"
#include "query/request.h"
#include "search/search.h"
#include "store/store.h"
#include "test.h"

enum { TOWN_EVENTS, TOWN_DEVICES, TOWN_CALLS, TOWN_TABLES };

enum { E_DEVICE, E_OUTCOME, E_LATENCY, E_AT, E_OK, E_SCORE, E_HOST };

enum { D_ID, D_MODEL, D_WEIGHT, D_YEAR };

enum { C_OUTCOME, C_LATENCY, C_AT, C_N };

enum { CELLS_MAX_TOWN = 7 };

struct cell {
    const char *text; // keywords and pseudonyms (up to 16 bytes); NULL: no value
    double number;    // others
    bool has;         // of a number
};

#define T(text_)   ((struct cell){.text = (text_)})
#define N(number_) ((struct cell){.number = (number_), .has = true})

struct town_row {
    enum row_op op;
    uint64_t key;
    struct cell cells[CELLS_MAX_TOWN];
};

struct town {
    struct world world;
    struct store *store;
    struct arena *request;
    uint64_t lsn;
    uint32_t roles;     // of whoever asks; 0: an analyst
    const char *grants; // of roles of their own; NULL: none, and `roles` hold
    uint32_t floor;
    const struct veil_key *veil; // of the search; NULL: the floor is exact
    // Every search is asked three times: with nothing kept, to keep, and from what is kept.
    struct agg_cache *cache;
    struct answer first, again; // counts of the last search's second and third time
    struct fault why;
};

const struct schema *town_schema(uint32_t floor);
void town_open(struct town *t, uint32_t floor, const struct store_listener *listener);
void town_close(struct town *t);
void town_put(struct town *t, uint32_t table, const struct town_row *rows, uint32_t count);
// The same in a world that may fail: the first error of append, commit or maintenance.
enum err town_try_put(struct town *t, uint32_t table, const struct town_row *rows, uint32_t count);
const struct permit *town_permit(struct town *t, enum action action);

struct request town_request(struct town *t, const char *json);
enum err town_try(struct town *t, const char *indices, const char *json, struct answer *out);
// Ends the test when the search fails.
struct answer town_ask(struct town *t, const char *indices, const char *json);

// The bucket of a text or whole-number key; ends the test when there is none.
const struct bucket *town_bucket(const struct agg_answer *a, const char *key);
const struct bucket *town_bucket_at(const struct agg_answer *a, int64_t key);
