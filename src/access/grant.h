// SPDX-License-Identifier: Apache-2.0
#pragma once

// Grants: what roles allow, index by index, in the shape of Elasticsearch's roles.
//
//     {"cluster": ["monitor", "manage_security"],
//      "indices": [{"names": ["log-*"], "privileges": ["read"],
//                   "field_security": {"grant": ["*"], "except": ["user*"]},
//                   "query": {"term": {"region": "eu"}}}]}
//
// Privileges of indices: read (rows and aggregations), aggregate (ours: groups above the floor,
// no rows), view_index_metadata and monitor, write and its kin, all.  Of the cluster: monitor,
// manage_own_api_key, manage_security and all.  A role of one's own either manages or reads.
//
// A list holds such descriptors, or {"role": "metrics", "names": ["log-*"]} for one of the
// built-in roles, `names` left out for all indices.
//
// Where several grants of one list are about an index, those that show rows stand above those
// that show groups only; of these, fields and rows are joined.  So a second role widens what is
// seen, but never makes rows of what another role shows as groups.

#include "access/access.h"
#include "access/permit.h"
#include "query/query.h"

struct grant {
    const struct json *names; // patterns; NULL: every index
    uint32_t actions;         // bit per enum action
    bool shows_rows;
    const struct json *granted, *excepted; // patterns of fields; NULL: all, none
    const struct query *query;             // rows that may be seen; NULL: all
};

struct grants {
    uint32_t count;
    const struct grant *items;
};

// Whether this may be the descriptor of a role: ERR_INVALID with an Elasticsearch type first.
enum err grants_check(const struct json *descriptor, struct arena *request, struct fault *why);

// Of built-in roles, a bit each, on the indices of `patterns` ("" for all), and of a list as
// above (len 0 for none).  All in `request`.
enum err grants_make(uint32_t roles, const char *patterns, struct slice list, struct arena *request,
                     struct grants *out, struct fault *why);

bool grants_allow(const struct grants *g, enum action a); // somewhere
bool grants_index(const struct grants *g, enum action a, struct slice index);
bool grants_rows(const struct grants *g, enum action a, struct slice index);
bool grants_field(const struct grants *g, enum action a, struct slice index, struct slice field);
// Not all rows may be seen.
bool grants_filter(const struct grants *g, enum action a, struct slice index);
// NULL: all rows.
const struct query *grants_query(const struct grants *g, enum action a, struct slice index,
                                 struct arena *request);
