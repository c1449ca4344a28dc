// SPDX-License-Identifier: Apache-2.0
// A real server that is watched is in tests/flow/test_witness.py.
#include "unit/cli/run.h"

static void expect_misuse(const char *const *words, const char *said)
{
    struct ran r = run(words);
    EXPECT_EQ(r.status, EXIT_STATUS_USAGE);
    if (!strstr(r.err, said))
        test_fail(__FILE__, __LINE__, "'%s' does not say '%s'", r.err, said);
}

#define WORDS(...) ((const char *const[]){"witness", __VA_ARGS__, NULL})
#define SOME       "--user", "u", "--password-file", "p", "--audit-key", "k", "--keep", "/no/such"

TEST(witness_without_what_it_needs_says_what)
{
    expect_misuse(WORDS("--once"), "--url is missing");
    expect_misuse(WORDS("--url", "https://h:1"), "--user is missing");
    expect_misuse(WORDS("--url", "http://h:1", SOME), "does not begin with https://");
    expect_misuse(WORDS("--url", "https://h:1", SOME, "--every", "often"), "--every is a time");
    struct ran r = run(WORDS("--url", "https://h:1", SOME, "--once"));
    EXPECT_EQ(r.status, EXIT_STATUS_FAILED);
    EXPECT(strstr(r.err, "k: No such file") != NULL);
}
