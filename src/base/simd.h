// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which vector instructions this processor has, for code that comes in several kernels.
// Kernels of one thing give the same bytes; a test runs each that simd_best() allows
// against something that is none of them.

enum simd { SIMD_NONE, SIMD_AVX2, SIMD_AVX512 };

// SIMD_AVX512 means its foundation and the vector lengths (F, VL).
enum simd simd_best(void);
