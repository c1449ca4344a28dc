// SPDX-License-Identifier: Apache-2.0
#include "json/json.h"
#include "policy/policy_mark.h"
#include "server/setting.h"
#include "unit/cli/run.h"

#include <string.h>

TEST(policy_settings_lists_each_with_what_it_protects)
{
    struct ran text = RUN("policy", "settings");
    EXPECT_EQ(text.status, EXIT_STATUS_OK);
    EXPECT(strstr(text.out, "search.max_buckets") != NULL);
    EXPECT(strstr(text.out, "an address beyond this machine") != NULL);
    struct ran json = RUN("policy", "settings", "--json");
    EXPECT_EQ(json.status, EXIT_STATUS_OK);
    EXPECT(strncmp(json.out, "[{\"kind\":\"tamis.yml\",\"name\":\"listen\"", 36) == 0);
}
