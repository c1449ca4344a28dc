// SPDX-License-Identifier: Apache-2.0
#include "unit/cli/run.h"
#include "unit/server/place.h"

TEST(init_makes_a_directory_and_never_prints_the_password_into_a_pipe)
{
    struct place p = place_make();
    char home[96];
    char file[96];
    snprintf(home, sizeof home, "%s/home", p.path);
    snprintf(file, sizeof file, "%s/pw", p.path);
    struct ran piped = RUN("init", home);
    EXPECT_EQ(piped.status, EXIT_STATUS_FAILED);
    EXPECT(strstr(piped.err, "--password-file") != NULL);
    EXPECT_EQ(place_mode(&p, "home"), -1);
    struct ran r = RUN("init", home, "--password-file", file);
    EXPECT_EQ(r.status, EXIT_STATUS_OK);
    EXPECT(r.out[0] == '\0');
    EXPECT_EQ(place_mode(&p, "home/policy.yml"), 0600);
    EXPECT_EQ(place_mode(&p, "pw"), 0600);
    place_drop(&p);
}

TEST(init_that_fails_leaves_no_password)
{
    struct place p = place_make();
    char file[96];
    snprintf(file, sizeof file, "%s/pw", p.path);
    struct ran r = RUN("init", p.path, "--password-file", file); // not empty: pw is in it
    EXPECT_EQ(r.status, EXIT_STATUS_FAILED);
    EXPECT(strstr(r.err, "not empty") != NULL);
    EXPECT_EQ(place_mode(&p, "pw"), -1);
    EXPECT_EQ(RUN("init").status, EXIT_STATUS_USAGE);
    place_drop(&p);
}

TEST(init_makes_nothing_out_of_what_is_wrong)
{
    struct place p = place_make();
    char home[96];
    char file[96];
    char policy[96];
    snprintf(home, sizeof home, "%s/home", p.path);
    snprintf(file, sizeof file, "%s/pw", p.path);
    snprintf(policy, sizeof policy, "%s/p.yml", p.path);
    place_write(&p, "p.yml", "sources: {}\nsauces: {}\n");
    struct ran r = RUN("init", home, "--password-file", file, "--policy", policy);
    EXPECT_EQ(r.status, EXIT_STATUS_FAILED);
    EXPECT(strstr(r.err, "p.yml line 2: sauces") != NULL);
    r = RUN("init", home, "--password-file", file, "--admin", "a:b");
    EXPECT_EQ(r.status, EXIT_STATUS_USAGE);
    EXPECT_EQ(RUN("init", "", "--password-file", file).status, EXIT_STATUS_USAGE);
    EXPECT_EQ(place_mode(&p, "home"), -1);
    EXPECT_EQ(place_mode(&p, "pw"), -1);
    place_drop(&p);
}
