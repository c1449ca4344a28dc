// SPDX-License-Identifier: Apache-2.0
#pragma once

// What an open Elasticsearch or OpenSearch shows: how many rows, and which kinds of data about
// people in how many of them.
//
// Indices and rows are counted by _cat/indices.  Of each index a sample of rows is asked for, and
// each field is judged by its name and by what the detectors find in its values
// (policy/personal.h); for those that hold something, _count says in how many rows they are.

#include "watch/probe.h"

void exposure_look(const struct probe_ask *ask, struct arena *memory, struct exposure *out);

// An index that a robber leaves: "meow", "read_me", "hello", "how_to_get_my_data".
bool exposure_is_ransom(struct slice index);
