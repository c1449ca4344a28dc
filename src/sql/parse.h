// SPDX-License-Identifier: Apache-2.0
#pragma once

// SQL to a tree (tree.h):
//
//     statement = select | SHOW TABLES [LIKE text] | SHOW COLUMNS (FROM | IN) name
//               | (DESCRIBE | DESC) name | SHOW FUNCTIONS [LIKE text] | SHOW CATALOGS
//     select    = SELECT [TOP n] [DISTINCT | ALL] item {"," item} [FROM source]
//                 [WHERE or] [GROUP BY or {"," or}] [HAVING or]
//                 [ORDER BY or [ASC | DESC] [NULLS (FIRST | LAST)] {"," ...}]
//                 [LIMIT n ["," n | OFFSET n]]
//     item      = "*" | or [[AS] name]
//     source    = name {"." name} [[AS] name] | "(" select ")" [[AS] name]
//     or        = and {OR and}             and = not {AND not}          not = {NOT} test
//     test      = sum [compare sum | IS [NOT] NULL | [NOT] IN "(" or {"," or} ")"
//                      | [NOT] BETWEEN sum AND sum | [NOT] LIKE sum [ESCAPE text]
//                      | [NOT] RLIKE sum]
//     sum       = product {("+" | "-" | "||") product}
//     product   = sign {("*" | "/" | "%") sign}
//     sign      = {"-" | "+"} one {"::" type}
//
// What SQL has besides (joins, unions, subqueries in conditions, window functions) is refused
// with its place.

#include "sql/tree.h"

enum {
    SQL_DEPTH_MAX = 64,       // expressions in expressions
    SQL_TREE_DEPTH_MAX = 128, // calls in calls
    SQL_LIST_MAX = 65536,     // values of one IN, arguments of one function
    SQL_ITEMS_MAX = 1024,     // of SELECT, GROUP BY, ORDER BY
};

// `?` stands for these, one after another.
struct sql_parameters {
    const struct cell *at;
    uint32_t count;
};

// ERR_INVALID: "parsing_exception: line 1:8: mismatched input 'x' ...".
enum err sql_parse(struct slice text, const struct sql_parameters *parameters,
                   struct arena *request, struct statement **out, struct fault *why);
