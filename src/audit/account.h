// SPDX-License-Identifier: Apache-2.0
#pragma once

// How many people's records each principal read: exact, out of the entries' sets.
//
//     struct accounts *all = accounts_new();
//     for every entry of the time in question: accounts_add(all, &entry);
//     accounts_each(all, tell, context);
//     accounts_free(all);
//
// A row counts once however often it was read, a person once however many rows are about
// them.  Rows of an index that names nobody are told as rows only.  One thread.

#include "audit/entry.h"
#include "json/json_writer.h"

struct accounts;

struct account {
    struct slice principal, key_id;
    uint64_t entries;
    uint64_t rows_shown;       // with every repetition
    uint64_t buckets;          // of aggregations
    uint64_t rows;             // distinct
    uint64_t subjects;         // distinct people these and the buckets named
    uint64_t changes, refused; // entries of these kinds
};

struct accounts *accounts_new(void);
void accounts_free(struct accounts *a); // NULL is fine
void accounts_add(struct accounts *a, const struct audit_entry *e);
// By the names of principals, then of keys.
void accounts_each(struct accounts *a, void (*each)(void *context, const struct account *one),
                   void *context);
void account_json(const struct account *one, struct json_writer *w); // an object
