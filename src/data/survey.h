// SPDX-License-Identifier: Apache-2.0
#pragma once

// A survey: what a database looks like to somebody who thinks about a policy.
//
// The schema as the catalog tells it, and of each column what a sample of its values came to:
// counts, and nothing else.  No field of it has room for a value, so that a survey can leave the
// process that saw the values.

#include <stdbool.h>
#include <stdint.h>

enum survey_kind {
    SURVEY_NOT_TAKEN, // a type no source brings (json, arrays, bytes, ...)
    SURVEY_BOOLEAN,
    SURVEY_INTEGER, // of up to 32 bits
    SURVEY_LONG,
    SURVEY_NUMBER, // floating point, or decimal
    SURVEY_TEXT,
    SURVEY_ENUM,
    SURVEY_TIME,
    SURVEY_DAY,
    SURVEY_UUID,
    SURVEY_ADDRESS, // of a network
};

enum { SURVEY_DETECTORS = 32 };

struct survey_counts {
    uint32_t values;   // of the sample, without the missing ones
    uint32_t missing;  // NULL
    uint32_t distinct; // of the values
    uint32_t words;    // of the distinct ones, of several words
    uint32_t longest;  // bytes
    // Of the distinct ones: in how many each detector, by its place (policy/detector.h), is the
    // first to find something.
    uint32_t hits[SURVEY_DETECTORS];
};

struct survey_column {
    const char *name, *type; // "latency_ms", "integer"
    enum survey_kind kind;
    bool is_key;           // part of the primary key
    bool is_readable;      // by the role that looked
    bool is_generated;     // PostgreSQL does not send those
    const char *refers_to; // the table a foreign key of this column alone names; NULL: none
    struct survey_counts seen;
};

struct survey_table {
    const char *schema_name, *name;
    uint32_t key_count; // columns of the primary key; 0: none
    uint32_t column_count;
    struct survey_column *columns;
};

struct survey {
    uint32_t table_count;
    struct survey_table *tables;
};
