// SPDX-License-Identifier: Apache-2.0
#include "test.h"
#include "unit/policy/fleet.h"

const struct policy *fleet_policy(struct arena *policy)
{
    const struct policy *p = NULL;
    struct fault why = {0};
    enum err e = policy_parse(slice_text(FLEET_POLICY), policy, &p, &why);
    if (e)
        test_fail(__FILE__, __LINE__, "%s", why.words);
    return p;
}
