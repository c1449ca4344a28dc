// SPDX-License-Identifier: Apache-2.0
#pragma once

// The words of an SQL statement, each with its place, so that every complaint can say
// "line 1:8".
//
//     name        letters, digits, '_', '@', '$'; '.' only as a sign
//     "name" `name`   a name as it is, the quote doubled within
//     'text'      a text, the quote doubled within
//     12  1.5e3   numbers
//     ?           a parameter
//     -- and /* */ are comments

#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"

enum {
    SQL_BYTES_MAX = 256 * 1024, // of one statement
};

enum token_kind {
    TOKEN_END,
    TOKEN_NAME,   // a keyword, a function or a name: only the parser knows
    TOKEN_QUOTED, // always a name
    TOKEN_TEXT,
    TOKEN_WHOLE,
    TOKEN_DECIMAL,
    TOKEN_PARAMETER,
    TOKEN_SIGN,
};

struct place { // where something stands in the statement, from 1
    uint32_t line, column;
};

struct token {
    enum token_kind kind;
    struct slice text;   // without quotes
    struct slice source; // as it stands there
    struct place place;
};

// All of them, the last of kind TOKEN_END.  ERR_INVALID: "parsing_exception: line 1:8: ...".
enum err tokens_read(struct slice text, struct arena *request, const struct token **out,
                     struct fault *why);

// "TYPE: line 1:8: words", always ERR_INVALID.
enum err sql_refuse(struct fault *why, const char *type, struct place at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
// A verification_exception, as Elasticsearch tells what it finds wrong with a statement that it
// could read: "Found 1 problem\nline 1:8: words".
enum err sql_problem(struct fault *why, struct place at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
