// SPDX-License-Identifier: Apache-2.0
#pragma once

// Facts on the one node that several endpoints tell alike.

#include "api/api_private.h"

// name, transport_address, host and ip into the open object.
void node_names(struct exchange *x);
struct slice node_host(const struct exchange *x); // the publish address without its port
// "_nodes": one, successful.
void node_counts(struct json_writer *w);
// The array of what it does.
void node_roles(struct json_writer *w);
