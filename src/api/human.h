// SPDX-License-Identifier: Apache-2.0
#pragma once

// ?human: beside sizes and times in numbers the same for people.
//
//     {"size_in_bytes":1536,"uptime_in_millis":90000}
//  -> {"size":"1.5kb","size_in_bytes":1536,"uptime":"1.5m","uptime_in_millis":90000}

#include "base/buf.h"
#include "base/err.h"

// `reply` is JSON.  ERR_LIMIT when it is too long for that.
enum err human_apply(struct slice reply, bool pretty, struct buf *out, struct fault *why);

// As Elasticsearch prints them: one digit behind the point, and no ".0".
void human_bytes(struct buf *out, double bytes);
void human_millis(struct buf *out, double ms);
