// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whether a column holds what people wrote: names of cameras, remarks, searches.
//
// A dimension repeats itself; what somebody wrote seldom does.  So a column is watched over its
// last few thousand values: how many distinct ones (counted by the bits their hashes set, as
// linear counting does), and how many of these are of several words.  When nearly all differ
// and most are words, it is free text.  Identifiers differ as well but are no words; messages
// with a number in them are words, and are told on: they belong into a column of classes.
//
// No text is kept, and a column's watch is forgotten with the process.

#include "base/slice.h"

enum { FREE_TEXT_BITS = 8192, FREE_TEXT_WINDOW = 4096 };

struct free_text {
    uint64_t seen[FREE_TEXT_BITS / 64];
    uint32_t set_count;  // bits of `seen`
    uint32_t word_count; // of those, set by texts of several words
    uint32_t value_count;
};

// `count` values came since the last call.
void free_text_values(struct free_text *f, uint32_t count);

// One of them is new to the batch; `hash` of its bytes.
void free_text_add(struct free_text *f, struct slice text, uint64_t hash);

bool free_text_holds(const struct free_text *f);

// Two words or more, most of its characters letters: "Kids' room", but not "10.0 ms" nor
// "eu-west-1".
bool free_text_is_words(struct slice text);
