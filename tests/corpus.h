// SPDX-License-Identifier: Apache-2.0
#pragma once

// A corpus of labelled values to measure detectors by: what they must find, in the forms that
// people and programs write it, and what looks like it and is none.
//
// Written by a generator from a seed, so that it is the same everywhere and holds nobody's
// data.  Some of what must be found is written as no detector here knows it (an address with
// "(at)", a MAC address without colons), so that the figures say what is missed.

#include "base/buf.h"

struct corpus_kind {
    const char *label; // id of the detector that must find it; NULL: none may
    const char *name;  // "order number"
    uint32_t count;
};

// By place; NULL behind the last.
const struct corpus_kind *corpus_kind_at(uint32_t place);

// The `index`-th value of a kind.
void corpus_value(uint32_t place, uint64_t seed, uint32_t index, struct buf *out);
