// SPDX-License-Identifier: Apache-2.0
#include "unit/cli/home.h"
#include "unit/cli/run.h"

TEST(policy_that_is_sound_is_told_with_its_sizes)
{
    struct place p = home_make_with(home_policy_text);
    struct ran r = RUN("policy", "check", "--dir", p.path);
    EXPECT_EQ(r.status, EXIT_STATUS_OK);
    EXPECT(strcmp(r.out, "the policy is sound: 1 source, 1 table, 2 columns enter, 0 metrics\n") ==
           0);
    EXPECT(r.err[0] == '\0');
    EXPECT_EQ(RUN("policy", "check", "--file", place_name(&p, "policy.yml")).status,
              EXIT_STATUS_OK);
    place_drop(&p);
}

TEST(policy_statement_tells_what_enters_and_what_stays_behind)
{
    struct place p = home_make_with(home_policy_text);
    struct ran text = RUN("policy", "statement", "--dir", p.path);
    EXPECT_EQ(text.status, EXIT_STATUS_OK);
    EXPECT(strstr(text.out, "nickname: keep as keyword") != NULL);
    EXPECT(strstr(text.out, "stays behind: ssid") != NULL);
    struct ran json = RUN("policy", "statement", "--json", "--dir", p.path);
    EXPECT_EQ(json.status, EXIT_STATUS_OK);
    EXPECT(json.out[0] == '{');
    EXPECT(json.out[strlen(json.out) - 1] == '\n');
    place_drop(&p);
}

TEST(policy_with_a_mistake_is_told_with_file_line_and_remedy)
{
    static const struct {
        const char *text, *words;
    } wrong[] = {
        {"sources:\n\tfleet: {}\n", "policy.yml line 2: "},
        {"sources:\n\tfleet: {}\n", "YAML is indented with blanks only"},
        {"", "line 1: is empty; 'sources: {}' admits nothing"},
        {"sources:\n    a: 1\n  b: 2\n", "line 3: did not find expected key; is it indented"},
        {"sorces: {}\n", "line 1: sorces is no key of a policy; there are: sources, push, metrics"},
        {"- a\n", "line 1: a policy must be a map"},
    };
    struct place p = home_make_with("");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        place_write(&p, "policy.yml", wrong[i].text);
        struct ran r = RUN("policy", "check", "--dir", p.path);
        EXPECT_EQ(r.status, EXIT_STATUS_FAILED);
        EXPECT(r.out[0] == '\0');
        EXPECT(strstr(r.err, p.path) != NULL);
        if (!strstr(r.err, wrong[i].words))
            test_fail(__FILE__, __LINE__, "'%s' does not say '%s'", r.err, wrong[i].words);
    }
    place_drop(&p);
}

TEST(policy_in_wrong_words_is_wrong_use)
{
    EXPECT_EQ(RUN("policy", "chek", "--dir", "d").status, EXIT_STATUS_USAGE);
    EXPECT_EQ(RUN("policy", "check").status, EXIT_STATUS_USAGE);
    EXPECT_EQ(RUN("policy", "check", "--dir", "d", "--file", "f").status, EXIT_STATUS_USAGE);
    EXPECT_EQ(RUN("policy", "check", "--file", "/no/such.yml").status, EXIT_STATUS_FAILED);
    struct ran json = RUN("policy", "check", "--json", "--dir", "d");
    EXPECT_EQ(json.status, EXIT_STATUS_USAGE);
    EXPECT(strstr(json.err, "--json does not go with check") != NULL);
}
