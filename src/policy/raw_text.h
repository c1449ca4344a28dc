// SPDX-License-Identifier: Apache-2.0
#pragma once

// The canonical text of a raw value: what keyed hashes are made over.
//
// Integers in decimal whatever their width, truths as "true" and "false", texts as they
// are, doubles as print_f64() has them, times as microseconds since 1970 in decimal.  So
// a subject known by an int4 here, an int8 there and a text elsewhere is one subject.

#include "base/err.h"
#include "data/raw.h"

enum { RAW_TEXT_BYTES = 40 };

// `room` holds the text unless the value has one of its own.  ERR_INVALID for what has no
// text: NULL and unchanged values.
enum err raw_text(const struct raw *value, char room[RAW_TEXT_BYTES], struct slice *out);

const char *raw_type_name(enum raw_type type); // "an integer", "a text", ...
