// SPDX-License-Identifier: Apache-2.0
#pragma once

// The stream: committed transactions, one after another, for as long as it lasts.
//
// What is confirmed to the server is one rule: the sink's durable position, and nothing
// else, ever.  A keepalive that says the server has decoded further with nothing for us
// goes through the sink like a transaction without rows, so the slot moves on an idle
// table too, and our own position is never behind the slot's.

#include "source/source_private.h"

// Never returns OK.  ERR_CONFLICT: a table is no longer as the shapes say.
enum err pg_stream_run(struct source *s, uint64_t from, const struct source_sink *sink,
                       struct fault *why);
