// SPDX-License-Identifier: Apache-2.0
#pragma once

// The parser at its place: the files parse*.c share it.

#include "sql/function.h"
#include "sql/parse.h"

struct parser {
    const struct token *at;
    struct slice text; // the whole statement
    const struct sql_parameters *parameters;
    uint32_t parameters_used;
    uint32_t depth;
    bool is_too_deep;
    struct arena *request;
    struct fault *why;
};

// Keywords in upper case; signs as they are.
bool parser_is(const struct parser *p, const char *word);
bool parser_takes(struct parser *p, const char *word);
enum err parser_expect(struct parser *p, const char *word);
// "mismatched input 'x' expecting WHAT".
enum err parser_mismatch(const struct parser *p, const char *what);
// A name that may follow an expression as its alias.
bool parser_is_alias(const struct parser *p);

enum err parse_expression(struct parser *p, struct expr **out);
enum err parse_sum(struct parser *p, struct expr **out);     // up to + and -
enum err parse_primary(struct parser *p, struct expr **out); // parse_primary.c
enum err parse_select(struct parser *p, struct statement **out);

struct expr *expr_new(struct parser *p, enum expr_kind kind, const struct token *first);
// A call that began at `first` and ends before the token at hand.
struct expr *expr_call(struct parser *p, const struct token *first, const struct function *f,
                       struct expr *const *args, uint32_t count);
struct expr *expr_constant(struct parser *p, const struct token *first, struct cell value);

// A list that grows.
struct expr_list {
    struct expr **at;
    uint32_t count, cap;
};

enum err expr_list_add(struct parser *p, struct expr_list *l, struct expr *e);
