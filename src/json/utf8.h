// SPDX-License-Identifier: Apache-2.0
#pragma once

// UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing past U+10FFFF.

#include <stddef.h>
#include <stdint.h>

// Length in bytes (1 to 4) of the character at `at`, of which `left` > 0 bytes are
// there; 0 when it is none.
size_t utf8_len(const uint8_t *at, size_t left);

// Writes the character (a valid code point) to `to`, 4 bytes of room; says its length.
size_t utf8_put(uint8_t *to, uint32_t code_point);

// The character at `*pos` of `len` bytes, *pos < len; moves *pos past it.  A byte that
// begins none counts as U+FFFD.
uint32_t utf8_take(const uint8_t *at, size_t len, size_t *pos);
