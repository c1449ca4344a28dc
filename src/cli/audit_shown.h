// SPDX-License-Identifier: Apache-2.0
#pragma once

// The log that a command of `tamis audit` was asked about, opened and checked; and the commands
// that look for somebody's records in it.

#include "audit/absence.h"
#include "cli/audit_print.h"
#include "cli/cli.h"
#include "keys/key_ring.h"

struct shown {
    const struct arguments *a;
    struct world files; // the log's directory
    uint8_t key[SIGN_PUBLIC_BYTES];
    struct audit_head witnesses[2]; // of --head and of --statement
    struct book_options options;
    struct book *book;
    struct arena *scratch;
    struct buf out;       // for standard output
    struct buf statement; // what --statement has
    struct table_print table;
    struct accounts *accounts;
    struct trace trace; // of which time, by whom, and of what
    uint64_t counted;   // entries that perhaps counted it
    bool is_unproven;   // the answer is there, and is not the one that was hoped for
};

// --of, --principal, --from, --to.
enum err shown_trace(struct shown *s, struct fault *why);
// who --of: each entry that read it.
enum err shown_readings(struct shown *s, struct fault *why);
// prove-absent: the statement, in words, or itself; signed with the keys of --dir.
enum err shown_absence(struct shown *s, struct fault *why);
// verify --statement: whether the log says what the statement does.
enum err shown_statement(struct shown *s, struct fault *why);
