// SPDX-License-Identifier: Apache-2.0
#include "api/url.h"
#include "base/buf.h"
#include "test.h"

#include <stdlib.h>

static enum err decode(const char *text, bool plus, const char *want)
{
    struct arena *request AUTO(arena_freep) = arena_new(1 << 16);
    struct slice out;
    enum err e = url_decode(slice_text(text), plus, request, &out, NULL);
    if (e == OK)
        EXPECT(slice_is(out, want));
    return e;
}

TEST(url_escapes_are_decoded)
{
    EXPECT_EQ(decode("a%20b%2Fc%c3%a9", false, "a b/c\xc3\xa9"), OK);
    EXPECT_EQ(decode("a+b", false, "a+b"), OK);
    EXPECT_EQ(decode("a+b", true, "a b"), OK);
    EXPECT_EQ(decode("", true, ""), OK);
}

TEST(url_escapes_that_are_none_are_refused)
{
    static const char *const bad[] = {"%",         "%2",           "a%2",  "%zz",   "%2g",
                                      "%00",       "a%00b",        "%ff",  "%c3",   "%c0%80",
                                      "%ed%a0%80", "%f4%90%80%80", "\xff", "%e2%82"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        EXPECT_EQ(decode(bad[i], true, ""), ERR_INVALID);
}

static enum err parse_cut(struct slice query)
{
    struct arena *request AUTO(arena_freep) = arena_new(1 << 16);
    struct parameters p;
    return parameters_parse(query, request, &p, NULL);
}

TEST(url_every_prefix_of_an_escape_is_refused)
{
    // The whole is fine; every prefix that ends within an escape is not.
    EXPECT_EQ(parse_cut(slice_text("%e2%82%ac")), OK);
    static const size_t cut[] = {1, 2, 3, 4, 5, 6, 7, 8};
    for (size_t i = 0; i < 8; i++) {
        char *exact = malloc(cut[i]);
        memcpy(exact, "%e2%82%ac", cut[i]);
        enum err e = parse_cut(slice_of(exact, cut[i]));
        free(exact);
        EXPECT_EQ(e, ERR_INVALID);
    }
}

TEST(url_single_byte_changes_never_break_it)
{
    char text[] = "a=%41&b=c%20d&pretty";
    size_t len = sizeof text - 1;
    for (size_t i = 0; i < len; i++) {
        char keep = text[i];
        for (int c = 0; c < 256; c++) {
            text[i] = (char)c;
            enum err e = parse_cut(slice_of(text, len));
            EXPECT(e == OK || e == ERR_INVALID);
        }
        text[i] = keep;
    }
}

TEST(url_parameters_are_found_by_name_and_the_last_counts)
{
    struct arena *request AUTO(arena_freep) = arena_new(1 << 16);
    struct parameters p;
    EXPECT_EQ(parameters_parse(slice_text("a=1&pretty&b=x%3Dy&&a=2&c="), request, &p, NULL), OK);
    EXPECT_EQ(p.count, 4);
    EXPECT(slice_is(*parameter_get(&p, "a"), "2"));
    EXPECT(slice_is(*parameter_get(&p, "b"), "x=y"));
    EXPECT_EQ(parameter_get(&p, "pretty")->len, 0);
    EXPECT(!parameter_get(&p, "d"));
}

TEST(url_with_too_many_parameters_is_refused)
{
    struct buf b = buf_init(1 << 16);
    for (int i = 0; i <= URL_PARAMETERS_MAX; i++)
        buf_print(&b, "p%d=1&", i);
    struct arena *request AUTO(arena_freep) = arena_new(1 << 20);
    struct parameters p;
    enum err e = parameters_parse(buf_slice(&b), request, &p, NULL);
    buf_done(&b);
    EXPECT_EQ(e, ERR_LIMIT);
}

TEST(url_truths_are_true_false_and_nothing)
{
    struct arena *request AUTO(arena_freep) = arena_new(1 << 16);
    struct parameters p;
    EXPECT_EQ(parameters_parse(slice_text("a&b=true&c=false&d=1"), request, &p, NULL), OK);
    bool v = false;
    EXPECT_EQ(parameter_truth(&p, "a", &v, NULL), OK);
    EXPECT(v);
    EXPECT_EQ(parameter_truth(&p, "c", &v, NULL), OK);
    EXPECT(!v);
    EXPECT_EQ(parameter_truth(&p, "b", &v, NULL), OK);
    EXPECT(v);
    EXPECT_EQ(parameter_truth(&p, "none", &v, NULL), OK);
    EXPECT(v);
    EXPECT_EQ(parameter_truth(&p, "d", &v, NULL), ERR_INVALID);
}
