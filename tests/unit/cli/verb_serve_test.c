// SPDX-License-Identifier: Apache-2.0
// A server that really runs is in launcher_test.c; here is what keeps one from it.
#include "unit/cli/run.h"
#include "unit/server/place.h"

TEST(serve_without_an_installation_says_what_is_missing)
{
    struct place p = place_make();
    struct ran none = RUN("serve", "/no/such/directory");
    EXPECT_EQ(none.status, EXIT_STATUS_FAILED);
    EXPECT(strstr(none.err, "/no/such/directory") != NULL);
    struct ran empty = RUN("serve", p.path);
    EXPECT_EQ(empty.status, EXIT_STATUS_FAILED);
    EXPECT(strstr(empty.err, "tamis.yml") != NULL);
    EXPECT_EQ(RUN("serve").status, EXIT_STATUS_USAGE);
    place_drop(&p);
}

TEST(serve_names_the_line_of_a_wrong_file)
{
    struct place p = place_make();
    place_write(&p, "tamis.yml", "idle_seconds: 20\nlisen: 127.0.0.1:1\n");
    struct ran r = RUN("serve", p.path);
    EXPECT_EQ(r.status, EXIT_STATUS_FAILED);
    EXPECT(strstr(r.err, "tamis.yml line 2: there is no key lisen") != NULL);
    place_write(&p, "tamis.yml", "idle_seconds: 20\n");
    place_write(&p, "policy.yml", "sources: {}\n\nsauces: {}\n");
    r = RUN("serve", p.path);
    EXPECT_EQ(r.status, EXIT_STATUS_FAILED);
    EXPECT(strstr(r.err, "policy.yml line 3") != NULL);
    place_drop(&p);
}
