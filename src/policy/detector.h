// SPDX-License-Identifier: Apache-2.0
#pragma once

// Detectors: the tripwire behind the allow-list.
//
// Each knows one form of what must never be in a metrics copy.  They are not the filter
// (what has no form, a name, a network's name, they cannot see); they catch what a
// column holds against its declaration.
//
// Each is one file (detect_*.c), one const struct and one line in detector.c.  All
// patterns are compiled into one Hyperscan database, which walks each text once however
// many there are.  A pattern finds candidates; `holds` decides, where form is not enough.

#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"

struct detector {
    const char *name;    // "e-mail address"
    const char *pattern; // Hyperscan's dialect; anywhere in the text
    bool caseless;
    // Whether the text does hold one; NULL when the pattern is enough.
    bool (*holds)(struct slice text, struct arena *scratch);
};

extern const struct detector detect_email, detect_amazon, detect_jwt, detect_private_key;

// The compiled set.  Not for two threads at once.
struct detectors;

// ERR_UNAVAILABLE: this processor can not run Hyperscan.
enum err detectors_new(struct detectors **out, struct fault *why);
void detectors_free(struct detectors *d); // NULL is fine

// The first detector, in the table's order, that finds something in `text`; NULL: none.
const struct detector *detectors_scan(struct detectors *d, struct slice text);
