// SPDX-License-Identifier: Apache-2.0
#pragma once

// For the tests of sql/: statements over one table, and what becomes of them.
//
//     rows     kind, host (keyword), size (integer), bytes (long), ratio (double), ok (boolean),
//              at, seen (datetime), device.model (keyword)
//
// "Now" is 2021-11-30T12:00:00Z.

#include "sql/evaluate.h"
#include "sql/request.h"
#include "test.h"

enum { SQL_TEST_NOW_S = 1638273600 };

const struct sql_table *sql_table_of_tests(void);
struct cell_context sql_context(struct arena *request);

struct statement *sql_statement(struct arena *request, const char *text);
// The words of the refusal, wherever it comes from; ends the test when there is none.
const char *sql_refusal(struct arena *request, const char *text);
void sql_plan_of(struct arena *request, const char *text, struct plan *out);
// The body of the search.
const char *sql_body(struct arena *request, const char *text);
// What "SELECT expression" answers, as text; "NULL".
const char *sql_value(struct arena *request, const char *expression);

// Ends the test, showing both, unless they are the same.
void sql_expect_body(const char *text, const char *body);
void sql_expect_refused(const char *text, const char *words);
void sql_expect_value(const char *expression, const char *value);
