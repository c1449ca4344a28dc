// SPDX-License-Identifier: Apache-2.0
#include "access/credential_cache.h"
#include "test.h"

static struct credential_cache cache;
static const struct principal ana = {.name = "ana", .roles = 1};

static bool finds(const char *authorization, int64_t now_ms)
{
    struct principal who;
    return credential_cache_find(&cache, slice_text(authorization), now_ms, &who) &&
           slice_is(slice_text(who.name), "ana");
}

TEST(credential_cache_finds_what_was_added_for_a_minute)
{
    credential_cache_init(&cache);
    EXPECT(!finds("Basic x", 1000));
    credential_cache_add(&cache, slice_text("Basic x"), 1000, &ana);
    EXPECT(finds("Basic x", 1000));
    EXPECT(!finds("Basic y", 1000));
    EXPECT(finds("Basic x", 1000 + CACHE_LIFE_MS - 1));
    EXPECT(!finds("Basic x", 1000 + CACHE_LIFE_MS));
}

TEST(credential_cache_forgets_all_at_once)
{
    credential_cache_init(&cache);
    credential_cache_add(&cache, slice_text("Basic x"), 1000, &ana);
    credential_cache_drop(&cache);
    EXPECT(!finds("Basic x", 1000));
}

TEST(credential_cache_holds_no_credential_in_clear)
{
    credential_cache_init(&cache);
    credential_cache_add(&cache, slice_text("Basic c2VjcmV0LXdvcmRz"), 1000, &ana);
    EXPECT(!memmem(&cache, sizeof cache, "c2VjcmV0", 8));
}
