// SPDX-License-Identifier: Apache-2.0
#include "base/simd.h"

#if defined(__x86_64__)
static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt") &&
           __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
}

static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
}
#endif

enum simd simd_best(void)
{
#if defined(__x86_64__)
    if (has_avx2())
        return has_avx512() ? SIMD_AVX512 : SIMD_AVX2;
#endif
    return SIMD_NONE;
}

bool simd_has_vbmi(void)
{
#if defined(__x86_64__)
    return simd_best() == SIMD_AVX512 && __builtin_cpu_supports("avx512vbmi") &&
           __builtin_cpu_supports("avx512vbmi2");
#else
    return false;
#endif
}
