// SPDX-License-Identifier: Apache-2.0
#pragma once

// IP addresses as text, strictly: nothing before or behind, four decimal numbers without zeros
// in front, IPv6 as in RFC 4291, section 2.2.  Pure; any thread.

#include "base/buf.h"
#include "base/slice.h"

bool ip_v4_parse(struct slice text, uint8_t out[4]);
bool ip_v6_parse(struct slice text, uint8_t out[16]);

// "203.0.113.0", and the canonical form of RFC 5952.
void ip_v4_print(const uint8_t bytes[4], struct buf *out);
void ip_v6_print(const uint8_t bytes[16], struct buf *out);

// Clears all but the first `bits`.
void ip_mask(uint8_t *bytes, uint32_t byte_count, uint32_t bits);
