// SPDX-License-Identifier: Apache-2.0
#pragma once

// Go on, or copy anew?  The trust check at every connect: whether what the store has and
// what the server says fit together.  Any doubt means a gap, and a gap means a first copy:
// rows served till then stay in service until its first changeset.  Pure.

#include "data/changeset.h"
#include "source/source.h"

struct mirror_doubt {
    uint64_t policy_fingerprint; // the schema's, now
    bool had_conflict; // the last stream met a table unlike the catalog, which is right again
};

// NULL: the stream goes on from position->end_lsn.  Else the reason for a first copy, in
// words for people.
const char *mirror_decide(const struct position *position, const struct source_facts *facts,
                          const struct mirror_doubt *doubt);

// A generation of a copy: chance above, the publication's mark below, so that a table
// that left the publication while nobody watched is found out.
uint64_t mirror_generation(uint32_t chance, const struct source_facts *facts);
