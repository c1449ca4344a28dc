// SPDX-License-Identifier: Apache-2.0
#pragma once

// Entries and heads of the audit log, for people at a terminal.
//
//     struct table_print t = audit_table(scratch);
//     for every entry: audit_row(&t, &entry);
//     table_render(&t, &out);

#include "audit/absence.h"
#include "audit/account.h"
#include "audit/book.h"
#include "cli/table.h"
#include "json/json_writer.h"

struct table_print audit_table(struct arena *scratch); // with its heading
void audit_row(struct table_print *t, const struct audit_entry *e);

struct table_print account_table(struct arena *scratch); // with its heading
void account_row(struct table_print *t, const struct account *one);

// Entries that read what was looked for, with the fields that were shown.
struct table_print audit_reading_table(struct arena *scratch); // with its heading
void audit_reading_row(struct table_print *t, const struct audit_entry *e);

enum { AUDIT_TIME_BYTES = 40 };

const char *audit_time(int64_t ms, char out[AUDIT_TIME_BYTES]); // 2019-12-04T00:00:00.000Z

// What a log that holds is: two or three lines, or one object.
struct audit_found {
    struct book_facts facts;
    int64_t first_ms, last_ms; // of the entries that are here; 0 when there is none
};

void audit_found_text(const struct audit_found *f, struct buf *out);
void absence_text(const struct absence *a, struct buf *out); // what a statement says, in words
void audit_found_json(const struct audit_found *f, struct buf *out);
