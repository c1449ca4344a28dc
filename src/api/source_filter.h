// SPDX-License-Identifier: Apache-2.0
#pragma once

// _source filtering, and _source itself: rebuilt from a hit's fields, "device.model" nested
// as {"device":{"model":...}}.

#include "api/render.h"
#include "search/answer.h"

// A pattern names a field, everything under it ("device" is "device.model" too), or has '*'.
bool source_shows(const struct source_filter *f, struct slice field);
bool source_pattern_matches(struct slice pattern, struct slice field);

// An object; "{}" when the filter leaves nothing.
void source_render(struct render *r, const struct hit *h, const struct source_filter *f);
