// SPDX-License-Identifier: Apache-2.0
// Answers of a real server are in tests/flow/test_cli.py.
#include "unit/cli/home.h"
#include "unit/cli/run.h"

static void expect_misuse(const char *const *words, const char *said)
{
    struct ran r = run(words);
    EXPECT_EQ(r.status, EXIT_STATUS_USAGE);
    EXPECT(r.out[0] == '\0');
    if (!strstr(r.err, said))
        test_fail(__FILE__, __LINE__, "'%s' does not say '%s'", r.err, said);
}

#define WORDS(...) ((const char *const[]){"metric", __VA_ARGS__, NULL})

TEST(metric_in_wrong_words_is_wrong_use)
{
    expect_misuse(WORDS("--json"), "tamis metric list | show NAME");
    expect_misuse(WORDS("shwo", "m"), "'shwo' is neither show nor list");
    expect_misuse(WORDS("show", "--dir", "d"), "which metric?");
    expect_misuse(WORDS("list", "m", "--dir", "d"), "list takes no name");
    expect_misuse(WORDS("list", "--dir", "d", "--every", "1d"), "go with show");
    expect_misuse(WORDS("list"), "say which server: --dir DIR");
    expect_misuse(WORDS("list", "--dir", "d"), "say who asks: --user NAME");
}

TEST(metric_without_its_server_says_why)
{
    struct place p = home_make_with("sources: {}\n");
    struct ran r = RUN("metric", "list", "--user", "x", "--dir", "/no/such/home");
    EXPECT_EQ(r.status, EXIT_STATUS_FAILED);
    EXPECT(strstr(r.err, "/no/such/home is not there") != NULL);
    r = RUN("metric", "list", "--user", "x", "--dir", p.path);
    EXPECT_EQ(r.status, EXIT_STATUS_FAILED);
    EXPECT(strstr(r.err, "tls/ca.crt: No such file") != NULL);
    r = RUN("metric", "list", "--user", "x", "--url", "http://127.0.0.1:0");
    EXPECT_EQ(r.status, EXIT_STATUS_FAILED);
    EXPECT(strstr(r.err, "does not begin with https://") != NULL);
    EXPECT(r.out[0] == '\0');
    place_drop(&p);
}
