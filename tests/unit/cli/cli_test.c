// SPDX-License-Identifier: Apache-2.0
#include "cli/cli.h"
#include "test.h"
#include "unit/cli/run.h"

static const struct flag flags[] = {{"dir", "DIR"}, {"json", NULL}, {NULL, NULL}};
static const struct verb sample = {.name = "x", .flags = flags, .words_min = 1, .words_max = 2};

static enum err parse(struct arguments *out, int count, const char *const *given, struct fault *why)
{
    return arguments_parse(&sample, count, given, out, why);
}

TEST(arguments_are_flags_and_words_in_any_order)
{
    static const char *const given[] = {"a", "--dir", "d", "--json", "b"};
    struct arguments a;
    EXPECT_EQ(parse(&a, 5, given, NULL), OK);
    EXPECT(strcmp(arguments_get(&a, "dir"), "d") == 0);
    EXPECT(arguments_has(&a, "json"));
    EXPECT_EQ(a.word_count, 2);
    EXPECT(strcmp(a.words[1], "b") == 0);
    static const char *const other[] = {"--dir=d=e", "--", "--json"};
    EXPECT_EQ(parse(&a, 3, other, NULL), OK);
    EXPECT(strcmp(arguments_get(&a, "dir"), "d=e") == 0);
    EXPECT(!arguments_has(&a, "json"));
    EXPECT(strcmp(a.words[0], "--json") == 0);
    EXPECT(arguments_get(&a, "no-such-flag") == NULL);
}

static void expect_wrong(const char *words, int count, const char *const *given)
{
    struct arguments a;
    struct fault why = {0};
    EXPECT_EQ(parse(&a, count, given, &why), ERR_INVALID);
    if (!strstr(why.words, words))
        test_fail(__FILE__, __LINE__, "'%s' does not say '%s'", why.words, words);
}

TEST(arguments_that_are_wrong_are_named)
{
    expect_wrong("no flag --dri", 2, (const char *const[]){"a", "--dri=1"});
    expect_wrong("--dir needs DIR", 2, (const char *const[]){"a", "--dir"});
    expect_wrong("--json takes no value", 2, (const char *const[]){"a", "--json=1"});
    expect_wrong("--json is given twice", 3, (const char *const[]){"a", "--json", "--json"});
    expect_wrong("'c' is one word too many", 3, (const char *const[]){"a", "b", "c"});
    expect_wrong("a word is missing", 1, (const char *const[]){"--json"});
}

TEST(tamis_without_a_verb_or_with_a_wrong_one_is_wrong_use)
{
    EXPECT_EQ(RUN(NULL).status, EXIT_STATUS_USAGE);
    struct ran r = RUN("serv");
    EXPECT_EQ(r.status, EXIT_STATUS_USAGE);
    EXPECT(strstr(r.err, "no verb 'serv'") != NULL);
    EXPECT(strstr(r.err, "--help") != NULL);
    EXPECT(r.out[0] == '\0');
}

TEST(tamis_help_lists_every_verb)
{
    struct ran r = RUN("--help");
    EXPECT_EQ(r.status, EXIT_STATUS_OK);
    EXPECT(strncmp(r.out, "tamis ", 6) == 0);
    for (const struct verb *const *v = verbs; *v; v++)
        EXPECT(strstr(r.out, (*v)->summary) != NULL);
}
