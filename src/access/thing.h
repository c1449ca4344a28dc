// SPDX-License-Identifier: Apache-2.0
#pragma once

// Things: what administrators name in the cluster beside users and roles, and clients ask back.
// None of them lets anybody read more (docs/decisions/054).
//
// They lie in catalog.db, under its seal.  A body is JSON that only the maker of its kind reads.
// Any number of threads.

#include "access/access.h"

enum thing_kind {
    THING_ALIAS,
    THING_INDEX_TEMPLATE,
    THING_COMPONENT_TEMPLATE,
    THING_TEMPLATE,
    THING_ILM_POLICY,
    THING_KIND_COUNT
};

enum { THING_NAME_BYTES = 256, THING_BODY_BYTES = 128 * 1024, THINGS_MAX = 4096 };

struct thing {
    enum thing_kind kind;
    struct slice name, body;
};

const char *thing_kind_name(enum thing_kind k); // "alias", ...

struct thing_list {
    const struct thing *at; // by name
    uint32_t count;
    uint64_t generation; // of the catalogue
};

// All of a kind, copied into `arena`.  One read for all: they are kept until the catalogue changes.
enum err access_things(struct access *a, enum thing_kind kind, struct arena *arena,
                       struct thing_list *out, struct fault *why);

struct thing_change {
    struct thing thing; // body len 0: it goes
    struct slice words; // for the audit log: what it is now, without a value of a row
};

// All of them or none.  ERR_CONFLICT without words: the catalogue has changed since `generation`;
// read again.
enum err access_things_change(struct access *a, const struct access_by *by,
                              const struct thing_change *changes, uint32_t count,
                              uint64_t generation, struct fault *why);
