// SPDX-License-Identifier: Apache-2.0
#include "search/regexp.h"
#include "test.h"

static void expect_refused(const char *text, const char *words)
{
    struct regexp *r = NULL;
    struct fault why = {0};
    EXPECT_EQ(regexp_new(slice_text(text), REGEXP_ALL, false, &r, &why), ERR_INVALID);
    if (strcmp(why.words, words) != 0)
        test_fail(__FILE__, __LINE__, "%s: %s", text, why.words);
}

TEST(regexp_parse_says_where_an_expression_is_wrong)
{
    expect_refused("(ab", "illegal_argument_exception: expected ')' at position 3");
    expect_refused("ab)", "illegal_argument_exception: end-of-string expected at position 2");
    expect_refused("[ab", "illegal_argument_exception: expected ']' at position 3");
    expect_refused("a|", "illegal_argument_exception: unexpected end-of-string");
    expect_refused("a{x}", "illegal_argument_exception: integer expected at position 2");
    expect_refused("a{1", "illegal_argument_exception: expected '}' at position 3");
    expect_refused("\"a", "illegal_argument_exception: expected '\"' at position 2");
    expect_refused("<1-2", "illegal_argument_exception: expected '>' at position 1");
    expect_refused("<name>", "illegal_argument_exception: interval syntax error at position 1");
    expect_refused("[b-a]",
                   "illegal_argument_exception: invalid range: from (98) cannot be > to (97)");
    expect_refused("a{2000}", "illegal_argument_exception: too many repetitions (more than 1000) "
                              "at position 7");
}

TEST(regexp_parse_refuses_what_is_too_long_or_too_deep)
{
    char text[REGEXP_BYTES_MAX + 2];
    memset(text, '(', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    expect_refused(text, "illegal_argument_exception: The length of regex [1001] used in the "
                         "Regexp Query request has exceeded the allowed maximum of [1000].");
    text[REGEXP_BYTES_MAX] = '\0';
    expect_refused(text, "illegal_argument_exception: nested too deeply at position 100");
}

TEST(regexp_parse_takes_any_bytes)
{
    uint8_t bytes[3];
    for (uint32_t v = 0; v < 1u << 20; v += 7) {
        memcpy(bytes, (uint8_t[]){(uint8_t)v, (uint8_t)(v >> 6), (uint8_t)(v >> 12)}, 3);
        struct regexp *r = NULL;
        if (regexp_new(slice_of(bytes, 3), REGEXP_ALL, false, &r, NULL) == OK)
            (void)regexp_matches(r, slice_of(bytes, 3));
        regexp_free(r);
    }
}
