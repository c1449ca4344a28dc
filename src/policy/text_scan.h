// SPDX-License-Identifier: Apache-2.0
#pragma once

// Small steps that detectors share when they look at a candidate.

#include "base/slice.h"

bool is_digit(uint8_t c);
bool is_letter(uint8_t c);
bool is_alnum(uint8_t c);
bool is_hex(uint8_t c);

// The character before `at`, or at `at`; a blank beyond the text's ends, so that no edge needs
// a rule of its own.
uint8_t char_before(struct slice text, size_t at);
uint8_t char_at(struct slice text, size_t at);

// Whether the text has `word` at `at`.
bool has_at(struct slice text, size_t at, const char *word);

// The next run of characters of a kind from `*at` on, as long as it goes; `*at` is behind it
// then.  False: there is none.
bool next_run(struct slice text, bool (*is)(uint8_t c), size_t *at, size_t *out_start);

// Luhn's sum (ISO/IEC 7812-1, annex B) over decimal digits, the last of which is the check.
bool luhn_holds(struct slice digits);

// Bits for each character, by how often each is in the text (Shannon).
double entropy_bits(struct slice text);
