// SPDX-License-Identifier: Apache-2.0
#pragma once

// What every way of writing documents has in common (api_bulk.c).

#include "api/api_private.h"
#include "api/push_reply.h"

// ?refresh: absent, empty, true, false or wait_for; ERR_INVALID for any other.
enum err push_refresh(const struct exchange *x, bool *out_forced, struct fault *why);
// The one index of the path, which must be one that takes documents and that the caller may
// write to.
enum err push_table(struct exchange *x, uint16_t *out, struct fault *why);
enum err push_table_named(struct exchange *x, struct slice wanted, uint16_t *out,
                          struct fault *why);
// api_by_query.c: what stands in the answers of _delete_by_query and its kin for how fast they
// went.
void by_query_write_pace(struct json_writer *w);
// To mirror and back; *out is the caller's to free, also where the push failed.
enum err push_send(struct exchange *x, const struct push_head *head, struct slice body,
                   struct push_answer **out, struct fault *why);
