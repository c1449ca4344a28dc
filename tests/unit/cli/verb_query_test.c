// SPDX-License-Identifier: Apache-2.0
// Answers of a real server are in tests/flow/test_sql.py.
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

#define WORDS(...) ((const char *const[]){"query", __VA_ARGS__, NULL})

TEST(query_in_wrong_words_is_wrong_use)
{
    expect_misuse(WORDS("SELECT 1"), "say which server: --dir DIR");
    expect_misuse(WORDS("SELECT 1", "--dir", "d"), "say who asks: --user NAME");
    expect_misuse(WORDS("SELECT 1", "--dir", "d", "--user", "x", "--csv", "--json"), "not both");
    expect_misuse(WORDS("SELECT", "1", "--dir", "d"), "tamis query");
}

TEST(query_without_its_server_says_why)
{
    struct place p = home_make_with("sources: {}\n");
    struct ran r = RUN("query", "SELECT 1", "--user", "x", "--dir", "/no/such/home");
    EXPECT_EQ(r.status, EXIT_STATUS_FAILED);
    EXPECT(strstr(r.err, "/no/such/home is not there") != NULL);
    r = RUN("query", "SELECT 1", "--user", "x", "--url", "http://127.0.0.1:0");
    EXPECT_EQ(r.status, EXIT_STATUS_FAILED);
    EXPECT(strstr(r.err, "does not begin with https://") != NULL);
    EXPECT(r.out[0] == '\0');
    place_drop(&p);
}
