// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which entries are about somebody's records, a row, an index or a field.
//
//     device:AAAAAAAAAAAAAAAAAAAAAA   a person, by kind and pseudonym
//     events/000000000000000b         a row, by index and identity (_id)
//     events                          an index
//     events.outcome                  a field of one, "devices.device.model" for a look-up
//
// An entry READ it when a row of it was shown, a bucket named it or somebody asked for it by
// its pseudonym or identity: that is in the entry's sets, exactly.  An index was read when anything
// was answered out of it, a field when its values were shown or decided what was shown.
//
// An entry COUNTED it perhaps when numbers were answered that came from rows it does not name,
// such as a total, an average, a bucket: whether this one was among them the entry does not
// say.  The smallest group that such numbers could be about is the floor of who asked.  So it is
// with an index or a field that may have been reached by a look-up: of "device.model" an entry
// does not say which index it leads to.
//
// Names of fields and how many rows an index has as a whole (mappings, _cat) are neither; nor
// is anything that ended in an error, or what was told of the audit log itself.  Pure.

#include "audit/entry.h"

enum trace_about { TRACE_SUBJECT, TRACE_ROW, TRACE_NAME };

struct trace {
    enum trace_about about;
    struct slice name; // kind of the subject; index of the row; index, or index and field
    struct subject subject;
    struct row_key row;
    struct slice principal; // only what this one did; len 0: everybody
    int64_t from_ms, to_ms; // entries from, and before
};

// As drawn above; slices point into `text`, times and principal are left alone.  ERR_INVALID.
enum err trace_parse(struct slice text, struct trace *out, struct fault *why);
void trace_print(const struct trace *t, struct buf *out); // what trace_parse() reads

enum trace_found { TRACE_NOTHING, TRACE_COUNTED, TRACE_READ };

// Whether it is of the time and the principal at all.
bool trace_covers(const struct trace *t, const struct audit_entry *e);
enum trace_found trace_find(const struct trace *t, const struct audit_entry *e);
uint64_t trace_floor(const struct audit_entry *e); // 0: groups of any size could be shown
