// SPDX-License-Identifier: Apache-2.0
#pragma once

// Schema: which tables are kept, and which fields each has, after the sieve.
//
// Made by policy/ from policy.yml; the store, the queries and the API only read
// it.  A table is an index of the Elasticsearch API.  A schema never changes once
// made; it lives in an arena that outlives its users.

#include "base/err.h"
#include "base/slice.h"

// What a field means.  FIELD_PSEUDONYM is a keyword to clients.
enum field_type {
    FIELD_KEYWORD,   // UTF-8 text, one value
    FIELD_PSEUDONYM, // 16 bytes, a keyed hash; printed as 22 characters of base64url
    FIELD_LONG,
    FIELD_INTEGER,
    FIELD_DOUBLE,
    FIELD_BOOLEAN, // 0 or 1
    FIELD_DATE,    // milliseconds since 1970, UTC
    FIELD_SEALED,  // bytes that only keeper can open (keys/seal.h): in no question and no answer
    FIELD_TYPE_COUNT
};

// How its values are held.
enum storage {
    STORAGE_CODE, // uint32_t index into a dictionary: KEYWORD, PSEUDONYM, SEALED
    STORAGE_I64,  // LONG, INTEGER, BOOLEAN, DATE
    STORAGE_F64,  // DOUBLE
};

enum storage field_storage(enum field_type type);
const char *field_type_name(enum field_type type); // the mapping's: "keyword", "long", "date", ...
enum err field_type_parse(struct slice name, enum field_type *out);

struct field {
    const char *name; // as clients see it
    enum field_type type;
    const char *subject; // PSEUDONYM: kind of subject ("device"); else NULL.  All fields of one
                         // subject kind share one dictionary, so their codes are comparable.
    int lookup_table;    // index of the table this field refers to, -1 for none
    const char *lookup_prefix; // what the referred fields are called by: "device" for
                               // device.model; NULL without look-up
};

struct table {
    const char *name;   // the index name
    const char *source; // which source brings it; of a pushed one "push/" and the name
    uint32_t field_count;
    const struct field *fields;
    int time_field;    // index of the field that orders rows in time, -1 for none
    int subject_field; // index of the field that names whom a row is about for the floor, -1
    int key_field;     // index of the PSEUDONYM field whose value is the table's primary key,
                       // -1 when the key column is dropped.  Look-ups go to this field.
};

// A metric kept ready, as the policy declares it.
struct metric_by {
    int field;        // field of the metric's table
    int lookup;       // field of the referred table when `field` is a look-up, else -1
    const char *name; // as declared: "model", "device.firmware"
};

enum metric_kind { METRIC_COUNT, METRIC_RATIO };

struct metric_decl {
    const char *name;
    uint32_t table;
    uint32_t time_field;
    enum metric_kind kind;
    // RATIO: the share of rows whose `ratio_field` is (or is not) `ratio_value`.
    int ratio_field;
    bool ratio_is_not; // "outcome != ok"
    const char *ratio_value;
    uint32_t by_count;
    const struct metric_by *by;
    int64_t every_ms;
};

struct schema {
    uint32_t table_count;
    const struct table *tables;
    uint32_t subject_count;
    const char *const *subjects; // distinct subject kinds, for their dictionaries
    uint32_t metric_count;
    const struct metric_decl *metrics;
    uint32_t floor_subjects;   // smallest group a metrics role may see; 0 = no floor declared
    uint64_t fingerprint;      // changes when anything of a source's tables above does
    uint64_t push_fingerprint; // the same of the pushed tables; 0 without any
};

// Clients push its rows; no source has them.
bool table_is_pushed(const struct table *t);

// What two processes compare to know that they read the same policy.
uint64_t schema_identity(const struct schema *s);

// NULL / -1 when there is none of that name.
const struct table *schema_table(const struct schema *s, struct slice name);
int table_field(const struct table *t, struct slice name);
int schema_subject(const struct schema *s, const char *subject); // -1 for NULL

// Sealed fields in the order of tables and fields.  Of this one, -1 when it is not sealed.
uint32_t schema_sealed_count(const struct schema *s);
int schema_sealed(const struct schema *s, uint32_t table, uint32_t field);

// ERR_INVALID as Elasticsearch has it: what a question gets that names a sealed field.
enum err schema_refuse_sealed(struct slice name, struct fault *why);

// A field as a query names it: "latency_ms", or "device.model" through a look-up.
struct field_path {
    uint32_t field; // of the table
    int lookup;     // field of the referred table, -1 when the path is a plain field
    enum field_type type;
};

// ERR_NOT_FOUND when the table has no such field (no words: unmapped is no error to most).
enum err schema_path(const struct schema *s, const struct table *t, struct slice name,
                     struct field_path *out);
