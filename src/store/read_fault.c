// SPDX-License-Identifier: Apache-2.0
#include "store/read_fault.h"

static _Thread_local struct fault noted; // code OK: none

void read_fault_note(const struct fault *why)
{
    if (noted.code == OK)
        noted = *why;
}

bool read_fault_is_noted(void)
{
    return noted.code != OK;
}

enum err read_fault_take(struct fault *why)
{
    enum err e = noted.code;
    if (e && why)
        *why = noted;
    noted.code = OK;
    return e;
}
