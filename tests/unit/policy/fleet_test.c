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

void expect_refused(const char *text, const char *words)
{
    struct arena *a AUTO(arena_freep) = arena_new(POLICY_ARENA_BYTES);
    const struct policy *p = NULL;
    struct fault why = {0};
    enum err e = policy_parse(slice_text(text), a, &p, &why);
    if (e != ERR_INVALID || p || strcmp(why.words + strlen("policy.yml line "), words) != 0)
        test_fail(__FILE__, __LINE__, "%s: %s", words, why.words);
}

void expect_edit_refused(const char *old, const char *put, const char *words)
{
    static const char whole[] = FLEET_POLICY;
    char text[sizeof whole + 1024];
    const char *at = strstr(whole, old);
    EXPECT(at != NULL);
    size_t before = (size_t)(at - whole);
    memcpy(text, whole, before);
    memcpy(text + before, put, strlen(put));
    memcpy(text + before + strlen(put), at + strlen(old), strlen(at + strlen(old)) + 1);
    expect_refused(text, words);
}
