// SPDX-License-Identifier: Apache-2.0
#include "cli/amount.h"

#include <stddef.h>
#include <stdio.h>

const char *amount_count(int64_t n, char out[AMOUNT_BYTES])
{
    char digits[AMOUNT_BYTES];
    int len = snprintf(digits, sizeof digits, "%lld", (long long)(n < 0 ? 0 : n));
    int at = 0;
    for (int i = 0; i < len && at < AMOUNT_BYTES - 2; i++) {
        if (i && (len - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
    return out;
}

const char *amount_bytes(int64_t bytes, char out[AMOUNT_BYTES])
{
    static const char *const units[] = {"kB", "MB", "GB", "TB"};
    if (bytes < 1000) {
        snprintf(out, AMOUNT_BYTES, "%lld B", (long long)(bytes < 0 ? 0 : bytes));
        return out;
    }
    double v = (double)bytes / 1000;
    size_t unit = 0;
    // 999.95 would be printed as 1000.0.
    for (; v >= 999.95 && unit + 1 < sizeof units / sizeof *units; unit++)
        v /= 1000;
    snprintf(out, AMOUNT_BYTES, "%.1f %s", v, units[unit]);
    return out;
}

const char *amount_duration(int64_t ms, char out[AMOUNT_BYTES])
{
    long long s = ms / 1000;
    if (ms < 10000)
        snprintf(out, AMOUNT_BYTES, "%.1f s", (double)(ms < 0 ? 0 : ms) / 1000);
    else if (s < 120)
        snprintf(out, AMOUNT_BYTES, "%lld s", s);
    else if (s < 7200)
        snprintf(out, AMOUNT_BYTES, "%lld min", s / 60);
    else if (s < 48LL * 3600)
        snprintf(out, AMOUNT_BYTES, "%lld h", s / 3600);
    else
        snprintf(out, AMOUNT_BYTES, "%lld d", s / 86400);
    return out;
}
