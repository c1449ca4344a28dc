// SPDX-License-Identifier: Apache-2.0
#pragma once

// An answer as bytes: JSON in Elasticsearch's shape or OpenSearch's, CSV, TSV, or a table of
// text.

#include "json/json_writer.h"
#include "sql/rows.h"

enum sql_format {
    SQL_JSON, // {"columns": [...], "rows": [...], "cursor": ...}
    SQL_JDBC, // OpenSearch: {"schema": [...], "datarows": [...], ...}
    SQL_CSV,  // RFC 4180
    SQL_TSV,  // \t and \n within values are written so
    SQL_TXT,  // as Elasticsearch's command line shows it
};

// "json", "csv", ...  False when there is none of that name.
bool sql_format_parse(struct slice name, bool is_opensearch, enum sql_format *out);

struct sql_heading {
    struct slice name, alias; // the alias is the column's name where there is one
    enum sql_type type;
};

struct sql_output {
    const struct sql_heading *headings;
    const struct sql_rows *rows;
    const struct date_zone *zone; // NULL: UTC
    bool is_columnar;             // SQL_JSON: values by column
    bool is_continued;            // a page after the first: without its heading
    struct slice cursor;          // len 0: there is no more
    uint8_t delimiter;            // SQL_CSV
};

// The members of a reply, into the object open in `w`.
void format_json(const struct sql_output *o, struct json_writer *w);
void format_jdbc(const struct sql_output *o, struct json_writer *w);
// CSV, TSV and TXT.
void format_text(const struct sql_output *o, enum sql_format format, struct buf *out);
