// SPDX-License-Identifier: Apache-2.0
#pragma once

// Terms below terms whose fields all follow one reference are collected as one.
//
//     device.model ── device.firmware ── device.region        8 * 40 * 6 buckets, in two bytes
//     combinations that there are of the three                240, in one
//
// The column of combinations (column.h) has a byte a row.  Its codes are counted, and a table leads
// from each to the buckets of every node of the chain; what hangs below the last node gets ordinals
// that go through that table (ordinals.h).
//
// Blocks where some meant row lacks one of the values, and blocks whose parents are in several
// buckets, go node by node.

#include "search/search_private.h"

// Finds the chains below `n`, after all of the tree is planned.
enum err agg_chains_plan(struct search *s, struct agg_node *n);
// The block at hand for the chain that begins at `n`.  False: it goes node by node.
bool agg_chain_collect(struct search *s, struct agg_node *n, const struct ordinals *parents);
