// SPDX-License-Identifier: Apache-2.0
#pragma once

// Every bound of the program, with its unit and its reason.  Reaching one is an
// error that names it (ERR_LIMIT), never a cut result.

enum limits {
    LIMIT_NAME_BYTES = 255,    // table, column, index, user name; as Elasticsearch's index names
    LIMIT_TABLES = 256,        // tables of one policy
    LIMIT_COLUMNS = 1024,      // admitted columns of one table
    LIMIT_VALUE_BYTES = 32766, // one keyword value; Lucene's largest term
    LIMIT_BATCH_ROWS = 65536,  // rows of one batch: a few MB of columns
    LIMIT_CHANGESET_BYTES = 16 << 20,      // one changeset on the wire and in the log
    LIMIT_CHANGESET_BATCHES = 1024,        // batches in one changeset
    LIMIT_JSON_DEPTH = 64,                 // nesting of any JSON from outside
    LIMIT_JSON_VALUES = 1 << 20,           // values of one JSON text: 75 MB of tree
    LIMIT_REQUEST_BODY_BYTES = 100 << 20,  // http.max_content_length of Elasticsearch
    LIMIT_REPLY_BYTES = 256 << 20,         // one reply, before compression
    LIMIT_REQUEST_ARENA_BYTES = 512 << 20, // memory of one request's arena
    LIMIT_RESULT_WINDOW = 10000,           // from + size, as index.max_result_window
    LIMIT_BUCKETS = 65536,                 // search.max_buckets
    LIMIT_QUERY_DEPTH = 32,                // nested bool queries, nested aggregations
    LIMIT_QUERY_TERMS = 65536,             // values of one terms query
    LIMIT_MSEARCH = 1000,                  // searches in one _msearch
    LIMIT_POLICY_BYTES = 1 << 20,          // policy.yml
    LIMIT_CONFIG_BYTES = 256 << 10,        // tamis.yml
};
