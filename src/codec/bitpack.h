// SPDX-License-Identifier: Apache-2.0
#pragma once

// Bit packing: numbers of 0 to 64 bits each, as few bytes as their width needs, laid
// out (see bitpack.c) so that 16 of them are unpacked by each vector instruction and
// any one can still be read on its own.
//
// `width` is 0 to 64; packed bytes must be exactly bitpack_bytes(count, width) and
// nothing is read past them.  No alignment is needed.  Pure.

#include "base/simd.h"

#include <stddef.h>
#include <stdint.h>

enum { BITPACK_GROUP = 512 }; // values a kernel unpacks at once

size_t bitpack_bytes(uint32_t count, unsigned width);
unsigned bitpack_width(uint64_t max); // bits that hold 0 to max

// `values` are below 2^width; `out` has bitpack_bytes().
void bitpack(const uint64_t *values, uint32_t count, unsigned width, uint8_t *out);

// out[i] = base + value i, modulo 2^8, 2^16, 2^32 (width 0 to 32) or 2^64 (0 to 64): what
// does not fit is cut off.
void bitunpack_u8(const uint8_t *packed, uint32_t count, unsigned width, uint32_t base,
                  uint8_t *out);
void bitunpack_u16(const uint8_t *packed, uint32_t count, unsigned width, uint32_t base,
                   uint16_t *out);
void bitunpack_u32(const uint8_t *packed, uint32_t count, unsigned width, uint32_t base,
                   uint32_t *out);
void bitunpack_u64(const uint8_t *packed, uint32_t count, unsigned width, uint64_t base,
                   uint64_t *out);

// By a kernel of one's choice, which the processor must have: for tests.
void bitunpack_u8_by(enum simd simd, const uint8_t *packed, uint32_t count, unsigned width,
                     uint32_t base, uint8_t *out);
void bitunpack_u16_by(enum simd simd, const uint8_t *packed, uint32_t count, unsigned width,
                      uint32_t base, uint16_t *out);
void bitunpack_u32_by(enum simd simd, const uint8_t *packed, uint32_t count, unsigned width,
                      uint32_t base, uint32_t *out);
void bitunpack_u64_by(enum simd simd, const uint8_t *packed, uint32_t count, unsigned width,
                      uint64_t base, uint64_t *out);

// Value `i` of `count`.
uint64_t bitpack_at(const uint8_t *packed, uint32_t count, unsigned width, uint32_t i);
