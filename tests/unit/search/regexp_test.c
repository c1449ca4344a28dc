// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"
#include "search/regexp.h"
#include "test.h"
#include "unit/store/fixture.h"

#include <stdio.h>

static bool matches(const char *expression, const char *text)
{
    struct regexp *r = NULL;
    struct fault why = {0};
    if (regexp_new(slice_text(expression), REGEXP_ALL, false, &r, &why))
        test_fail(__FILE__, __LINE__, "%s: %s", expression, why.words);
    bool yes = regexp_matches(r, slice_text(text));
    EXPECT(!regexp_is_over(r));
    regexp_free(r);
    return yes;
}

TEST(regexp_matches_whole_texts)
{
    EXPECT(matches("abc", "abc") && !matches("abc", "abcd") && !matches("abc", "ab"));
    EXPECT(matches("a.c", "axc") && matches("a.c", "a\xc3\xa9"
                                                   "c"));
    EXPECT(matches("a*", "") && matches("a*b+", "aabb") && !matches("a+", ""));
    EXPECT(matches("", "") && matches("()", "") && !matches("", "a"));
    EXPECT(matches("ab|cd", "cd") && !matches("ab|cd", "ad"));
    EXPECT(matches("v[0-9]+\\.[0-9]", "v10.3") && !matches("v[0-9]+\\.[0-9]", "v10x3"));
    EXPECT(matches("[^a-c]", "d") && !matches("[^a-c]", "b") && matches("[a\\-z]", "-"));
    EXPECT(matches("x{2,3}", "xxx") && !matches("x{2,3}", "xxxx") && matches("x{2}", "xx"));
    EXPECT(matches("x{2,}", "xxxxx") && !matches("x{2,}", "x"));
    EXPECT(matches("\\d\\w\\s", "1_ ") && !matches("\\D", "1") && matches("[\\d-]", "-"));
}

TEST(regexp_has_lucenes_operators)
{
    EXPECT(matches("@", "anything") && matches("a@z", "az") && !matches("a@z", "azb"));
    EXPECT(!matches("#", "") && matches("a#|b", "b"));
    EXPECT(matches("~(abc)", "ab") && !matches("~(abc)", "abc") && matches("a~bc", "ac"));
    EXPECT(matches(".*a.*&.*b.*", "xbya") && !matches(".*a.*&.*b.*", "xa"));
    EXPECT(matches("\"a.c\"", "a.c") && !matches("\"a.c\"", "abc"));
    EXPECT(matches("n<1-100>", "n42") && matches("n<1-100>", "n007"));
    EXPECT(!matches("n<1-100>", "n101") && !matches("n<1-100>", "n0"));
    EXPECT(matches("<01-20>", "07") && !matches("<01-20>", "7") && matches("<20-01>", "07"));
}

TEST(regexp_takes_operators_that_are_off_for_letters)
{
    struct regexp *r = NULL;
    EXPECT_EQ(regexp_new(slice_text("~@#<&"), 0, false, &r, NULL), OK);
    EXPECT(regexp_matches(r, slice_text("~@#<&")));
    regexp_free(r);
}

TEST(regexp_can_ignore_the_case_of_letters)
{
    struct regexp *r = NULL;
    EXPECT_EQ(regexp_new(slice_text("aB[c]\"d\"[e-f]"), REGEXP_ALL, true, &r, NULL), OK);
    EXPECT(regexp_matches(r, slice_text("AbCDe")) && !regexp_matches(r, slice_text("AbCDE")));
    regexp_free(r);
}

TEST(regexp_counts_each_number_of_an_interval)
{
    static const uint32_t ends[][2] = {{0, 0}, {0, 9}, {7, 13}, {95, 105}, {10, 200}, {3, 999}};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char text[32];
        snprintf(text, sizeof text, "<%u-%u>", ends[i][0], ends[i][1]);
        struct regexp *r = NULL;
        EXPECT_EQ(regexp_new(slice_text(text), REGEXP_ALL, false, &r, NULL), OK);
        // Ends of one length ask for numbers of just that length.
        int lo = snprintf(text, sizeof text, "%u", ends[i][0]);
        int hi = snprintf(text, sizeof text, "%u", ends[i][1]);
        for (uint32_t v = 0; v < 1200; v++) {
            snprintf(text, sizeof text, "%0*u", lo == hi ? hi : 0, v);
            EXPECT_EQ(regexp_matches(r, slice_text(text)), v >= ends[i][0] && v <= ends[i][1]);
        }
        regexp_free(r);
    }
}

TEST(regexp_gives_up_where_states_would_be_too_many)
{
    struct regexp *r = NULL;
    EXPECT_EQ(regexp_new(slice_text("(a|b)*a(a|b){40}"), REGEXP_ALL, false, &r, NULL), OK);
    char text[4000];
    struct test_random random = {5};
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = test_random(&random, 2) ? 'a' : 'b';
    for (uint32_t i = 0; i < 20 && !regexp_is_over(r); i++) {
        for (size_t k = 0; k < sizeof text; k++)
            text[k] = test_random(&random, 2) ? 'a' : 'b';
        EXPECT(!regexp_matches(r, slice_of(text, sizeof text)) || !regexp_is_over(r));
    }
    EXPECT(regexp_is_over(r));
    regexp_free(r);
    EXPECT_EQ(regexp_new(slice_text("((x{1000}){1000}){1000}"), REGEXP_ALL, false, &r, NULL), OK);
    EXPECT(regexp_is_over(r) && !regexp_matches(r, slice_text("x")));
    regexp_free(r);
}

// ---- against a plain definition ----

enum { RANDOM_NODES = 40, RANDOM_TEXT = 7 };

struct regexp_model {
    struct {
        char kind; // one of . c | & C ~ * ? 0
        char c;
        int a, b;
    } nodes[RANDOM_NODES];

    int count;
    const char *text;
    // Of node, from, to: 0 not known, 1 no, 2 yes.
    uint8_t known[RANDOM_NODES][RANDOM_TEXT + 1][RANDOM_TEXT + 1];
};

static int grow(struct regexp_model *m, struct test_random *r, int depth)
{
    static const char kinds[] = "cc.|&C~*?0";
    int at = m->count++;
    char kind = depth == 0 || m->count > RANDOM_NODES - 8 ? 'c' : kinds[test_random(r, 10)];
    m->nodes[at].kind = kind;
    m->nodes[at].c = "abc"[test_random(r, 3)];
    if (strchr("|&C~*?", kind))
        m->nodes[at].a = grow(m, r, depth - 1);
    if (strchr("|&C", kind))
        m->nodes[at].b = grow(m, r, depth - 1);
    return at;
}

static void print(const struct regexp_model *m, int at, struct buf *out)
{
    char kind = m->nodes[at].kind;
    if (kind == 'c') {
        buf_print(out, "%c", m->nodes[at].c);
    } else if (kind == '.' || kind == '0') {
        buf_text(out, kind == '.' ? "." : "#");
    } else {
        buf_text(out, kind == '~' ? "(~(" : "((");
        print(m, m->nodes[at].a, out);
        buf_text(out, ")");
        if (strchr("|&C", kind)) {
            buf_print(out, "%s(", kind == 'C' ? "" : kind == '|' ? "|" : "&");
            print(m, m->nodes[at].b, out);
            buf_text(out, ")");
        } else if (kind != '~') {
            buf_print(out, "%c", kind);
        }
        buf_text(out, ")");
    }
}

static bool holds(struct regexp_model *m, int at, int from, int to);

static bool holds_split(struct regexp_model *m, int a, int b, int from, int to, int least)
{
    for (int mid = from + least; mid <= to; mid++)
        if (holds(m, a, from, mid) && holds(m, b, mid, to))
            return true;
    return false;
}

static bool work_out(struct regexp_model *m, int at, int from, int to)
{
    int a = m->nodes[at].a;
    int b = m->nodes[at].b;
    switch (m->nodes[at].kind) {
    case 'c':
        return to == from + 1 && m->text[from] == m->nodes[at].c;
    case '.':
        return to == from + 1;
    case '|':
        return holds(m, a, from, to) || holds(m, b, from, to);
    case '&':
        return holds(m, a, from, to) && holds(m, b, from, to);
    case '~':
        return !holds(m, a, from, to);
    case '?':
        return from == to || holds(m, a, from, to);
    case 'C':
        return holds_split(m, a, b, from, to, 0);
    case '*':
        return from == to || holds_split(m, a, at, from, to, 1);
    default:
        return false;
    }
}

static bool holds(struct regexp_model *m, int at, int from, int to)
{
    uint8_t *known = &m->known[at][from][to];
    if (!*known)
        *known = work_out(m, at, from, to) ? 2 : 1;
    return *known == 2;
}

TEST(regexp_agrees_with_the_definition_on_random_expressions)
{
    struct test_random r = {77};
    for (int round = 0; round < 1500; round++) {
        static struct regexp_model m;
        m = (struct regexp_model){0};
        struct buf text AUTO(buf_donep) = buf_init(4000);
        int root = grow(&m, &r, 4);
        print(&m, root, &text);
        struct regexp *compiled = NULL;
        EXPECT_EQ(regexp_new(buf_slice(&text), REGEXP_ALL, false, &compiled, NULL), OK);
        for (int k = 0; k < 30; k++) {
            char input[RANDOM_TEXT];
            int len = (int)test_random(&r, RANDOM_TEXT + 1);
            for (int i = 0; i < len; i++)
                input[i] = "abc"[test_random(&r, 3)];
            m.text = input;
            memset(m.known, 0, sizeof m.known);
            bool want = holds(&m, root, 0, len);
            if (regexp_matches(compiled, slice_of(input, (size_t)len)) != want)
                test_fail(__FILE__, __LINE__, "%.*s on %.*s", (int)text.len, (const char *)text.at,
                          len, input);
        }
        EXPECT(!regexp_is_over(compiled));
        regexp_free(compiled);
    }
}
