// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which vector instructions this processor has, for code that comes in several kernels.
// Kernels of one thing give the same bytes; a test runs each that simd_best() allows
// against something that is none of them.

#include <stdbool.h>

enum simd { SIMD_NONE, SIMD_AVX2, SIMD_AVX512 };

// SIMD_AVX2 has BMI, BMI2 and POPCNT with it, as every processor with it does.  SIMD_AVX512
// means its foundation, vector lengths, bytes and words, and double words (F, VL, BW, DQ).
enum simd simd_best(void);

// Whether SIMD_AVX512 has moves of bytes across the register too (VBMI, VBMI2).
bool simd_has_vbmi(void);
