// SPDX-License-Identifier: Apache-2.0
#pragma once

// Expressions as a graph of nodes, for regexp*.c.
//
// A node is made once: the same kind over the same parts is the same number.  The makers
// bring an expression into one form where that is cheap (alternatives sorted, without
// doubles; nothing times anything is nothing), so that derivatives meet again and the
// states stay few.
//
//     SET  a = place of its first range, b = how many
//     CAT  a, then b; a is no CAT
//     OR   a or b; b is an OR, or the last; a's numbers rise along the list; at most one SET
//     AND  the same for "and"
//     NOT  not a
//     STAR a, any number of times

#include "search/regexp.h"

enum node_kind {
    NODE_NOTHING,
    NODE_EMPTY, // the empty text
    NODE_SET,   // one character of some ranges
    NODE_CAT,
    NODE_OR,
    NODE_AND,
    NODE_NOT,
    NODE_STAR,
};

enum {
    NOTHING = 0,
    EMPTY = 1,
    ANYTHING = 2, // not nothing
    NODE_COUNT_MAX = 100000,
    CHARACTER_MAX = 0x10ffff,
};

struct node {
    enum node_kind kind;
    bool is_nullable; // the empty text is of it
    uint32_t a, b;
};

struct code_range { // of characters, both ends in
    uint32_t from, to;
};

struct nodes {
    struct node *items;
    uint32_t count, cap;
    uint32_t *slots; // by hash; a power of two of them; 0 is free, else number + 1
    uint32_t slot_count;
    struct code_range *ranges;
    uint32_t range_count, range_cap;
    uint32_t *list; // scratch of the makers of lists
    uint32_t list_cap;
    bool is_over; // NODE_COUNT_MAX reached; nodes made since mean nothing
};

void nodes_init(struct nodes *n);
void nodes_done(struct nodes *n);

// Ranges in any order; they may overlap.  They are sorted in place.
uint32_t node_set(struct nodes *n, struct code_range *ranges, uint32_t count);
uint32_t node_character(struct nodes *n, uint32_t c);
uint32_t node_any_character(struct nodes *n);
uint32_t node_cat(struct nodes *n, uint32_t a, uint32_t b);
uint32_t node_or(struct nodes *n, uint32_t a, uint32_t b);
uint32_t node_and(struct nodes *n, uint32_t a, uint32_t b);
uint32_t node_not(struct nodes *n, uint32_t a);
uint32_t node_star(struct nodes *n, uint32_t a);
// `a` at least `min` times, and at most `max` times unless that is UINT32_MAX.
uint32_t node_repeat(struct nodes *n, uint32_t a, uint32_t min, uint32_t max);

bool node_has(const struct nodes *n, uint32_t set, uint32_t c);

// The numbers from `min` to `max` in decimal: with `digits`, of just so many characters,
// else with any number of zeros in front.
uint32_t node_interval(struct nodes *n, uint64_t min, uint64_t max, uint32_t digits);

// The expression's text as nodes.
enum err regexp_parse(struct nodes *n, struct slice text, uint32_t operators, bool ignores_case,
                      uint32_t *out, struct fault *why);
