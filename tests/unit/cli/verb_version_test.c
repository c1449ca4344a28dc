// SPDX-License-Identifier: Apache-2.0
#include "unit/cli/run.h"

TEST(version_is_told_as_text_and_as_json)
{
    struct ran text = RUN("version");
    EXPECT_EQ(text.status, EXIT_STATUS_OK);
    EXPECT(strncmp(text.out, "tamis ", 6) == 0);
    EXPECT(strcmp(RUN("--version").out, text.out) == 0);
    struct ran json = RUN("version", "--json");
    EXPECT(strncmp(json.out, "{\"version\":\"", 12) == 0);
    EXPECT(json.err[0] == '\0');
    EXPECT_EQ(RUN("version", "x").status, EXIT_STATUS_USAGE);
}
