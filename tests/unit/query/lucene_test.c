// SPDX-License-Identifier: Apache-2.0
#include "query/lucene.h"
#include "unit/query/parse.h"

// Draws a query so that a test can be read: "+a:x" must, "a:x" should, "-a:x" must not.
static void draw(struct buf *out, const struct query *q);

static void draw_clauses(struct buf *out, const char *mark, const struct query *const *all,
                         uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        buf_print(out, "%s%s", out->len && out->at[out->len - 1] != '(' ? " " : "", mark);
        draw(out, all[i]);
    }
}

static void draw(struct buf *out, const struct query *q)
{
    switch (q->kind) {
    case QUERY_MATCH_ALL:
        buf_text(out, "ALL");
        break;
    case QUERY_MATCH_NONE:
        buf_text(out, "NONE");
        break;
    case QUERY_TERMS:
        buf_print(out, "%.*s:%.*s", SLICE_PRINT(q->terms.field),
                  SLICE_PRINT(q->terms.values[0].text));
        break;
    case QUERY_RANGE:
        buf_print(out, "%.*s:%c%.*s..%.*s%c", SLICE_PRINT(q->range.field),
                  q->range.from_open ? '{' : '[', SLICE_PRINT(q->range.from.text),
                  SLICE_PRINT(q->range.to.text), q->range.to_open ? '}' : ']');
        break;
    case QUERY_EXISTS:
        buf_print(out, "EXISTS %.*s", SLICE_PRINT(q->exists));
        break;
    case QUERY_PATTERN:
        buf_print(out, q->pattern.kind == PATTERN_REGEXP ? "%.*s:/%.*s/" : "%.*s:%.*s (pattern)",
                  SLICE_PRINT(q->pattern.field), SLICE_PRINT(q->pattern.text));
        break;
    case QUERY_BOOL:
        buf_text(out, "(");
        draw_clauses(out, "+", q->bool_.must, q->bool_.must_count);
        draw_clauses(out, "", q->bool_.should, q->bool_.should_count);
        draw_clauses(out, "-", q->bool_.must_not, q->bool_.must_not_count);
        buf_print(out, ")%u", q->bool_.should_match_min);
        break;
    case QUERY_IDS:
        break;
    }
}

static void expect_drawn(const char *text, bool is_and, const char *want)
{
    struct arena *request AUTO(arena_freep) = arena_new(4 << 20);
    struct fault why = {0};
    struct form f = {.request = request, .why = &why, .thing = "query_string"};
    struct lucene_options options = {.is_and = is_and};
    const struct query *q = NULL;
    if (lucene_parse(&f, slice_text(text), &options, &q))
        test_fail(__FILE__, __LINE__, "%s: %s", text, why.words);
    struct buf out AUTO(buf_donep) = buf_init(1000);
    draw(&out, q);
    if (!slice_is(buf_slice(&out), want))
        test_fail(__FILE__, __LINE__, "%s is %.*s", text, (int)out.len, (const char *)out.at);
}

TEST(lucene_clauses_have_a_field_and_a_value)
{
    expect_drawn("a:x", false, "a:x");
    expect_drawn("  a.b : x-1  ", false, "a.b:x-1");
    expect_drawn("a:\"x \\\"y\\\" (z)\"", false, "a:x \"y\" (z)");
    expect_drawn("t:2020-01-01T00\\:00", false, "t:2020-01-01T00:00");
    expect_drawn("a:x^2", false, "a:x");
    expect_drawn("*", false, "ALL");
    expect_drawn("*:*", false, "ALL");
    expect_drawn("a:*", false, "EXISTS a");
    expect_drawn("_exists_:a.b", false, "EXISTS a.b");
    expect_drawn("a:\"*\"", false, "a:*");
    expect_drawn("a:x\\*", false, "a:x*");
    expect_drawn("", false, "NONE");
    expect_drawn("a:ANDY", false, "a:ANDY");
}

TEST(lucene_ranges_have_closed_and_open_ends)
{
    expect_drawn("a:[1 TO 5]", false, "a:[1..5]");
    expect_drawn("a:{1 TO 5]", false, "a:{1..5]");
    expect_drawn("a:[* TO \"5 6\"}", false, "a:[..5 6}");
    expect_drawn("t:[now-1d/d TO 2020-01-01T00:00:00Z]", false,
                 "t:[now-1d/d..2020-01-01T00:00:00Z]");
    expect_drawn("a:>5", false, "a:{5..]");
    expect_drawn("a:>=5", false, "a:[5..]");
    expect_drawn("a:<5", false, "a:[..5}");
    expect_drawn("a:<=-5", false, "a:[..-5]");
}

TEST(lucene_clauses_combine_as_in_lucene)
{
    expect_drawn("a:x b:y", false, "(a:x b:y)1");
    expect_drawn("a:x b:y", true, "(+a:x +b:y)0");
    expect_drawn("a:x AND b:y", false, "(+a:x +b:y)0");
    expect_drawn("a:x && b:y", false, "(+a:x +b:y)0");
    expect_drawn("a:x OR b:y", true, "(a:x b:y)1");
    expect_drawn("a:x || b:y", false, "(a:x b:y)1");
    expect_drawn("a:x OR b:y AND c:z", false, "(+b:y +c:z a:x)0");
    expect_drawn("a:x AND NOT b:y", false, "(+a:x -b:y)0");
    expect_drawn("-a:x", false, "(-a:x)0");
    expect_drawn("!a:x", false, "(-a:x)0");
    expect_drawn("+a:x b:y -c:z", false, "(+a:x b:y -c:z)0");
    expect_drawn("a:x AND (b:y OR c:z) AND -d:w", false, "(+a:x +(b:y c:z)1 -d:w)0");
    expect_drawn("a:(x OR y)", false, "(a:x a:y)1");
    expect_drawn("a:(x y) b:z", true, "(+(+a:x +a:y)0 +b:z)0");
    expect_drawn("NOT (a:x)", false, "(-a:x)0");
}

TEST(lucene_words_with_wildcards_and_between_slashes_are_patterns)
{
    expect_drawn("a:x*", false, "a:x* (pattern)");
    expect_drawn("a:?x*y b:z", false, "(a:?x*y (pattern) b:z)1");
    expect_drawn("a:x\\*y*", false, "a:x\\*y* (pattern)");
    expect_drawn("a:/x[0-9]+(y|z)/", false, "a:/x[0-9]+(y|z)/");
    expect_drawn("a:/x\\/y\\./ AND b:z", false, "(+a:/x/y\\./ +b:z)0");
    expect_drawn("a:(x* OR /y/)", false, "(a:x* (pattern) a:/y/)1");
}

TEST(lucene_refuses_what_it_does_not_know)
{
    static const struct {
        const char *text, *words;
    } bad[] = {
        {"x", "a word needs a field, as in field:word"},
        {"*:x", "a word needs a field, as in field:word"},
        {"x*", "a word needs a field, as in field:word"},
        {"/x/", "a word needs a field, as in field:word"},
        {"a*:x", "wildcards in field names are not supported"},
        {"a:/x", "a regular expression is not closed"},
        {"a:/x\\/", "a regular expression is not closed"},
        {"a:x~2", "fuzziness and slop are not supported"},
        {"a:\"x", "a quote is not closed"},
        {"a:\"x\\\"", "a quote is not closed"},
        {"a:", "a value is missing"},
        {"a:x AND", "a value is missing"},
        {"AND a:x", "a word needs a field, as in field:word"},
        {"()", "a value is missing"},
        {"(a:x", "a parenthesis is not closed"},
        {"a:x)", "a parenthesis is not opened"},
        {"a:[1 TO 2", "a range is not closed"},
        {"a:[1 2]", "TO is missing in a range"},
        {"[1 TO 2]", "a range needs a field"},
        {"a:x\\", "nothing after the last backslash"},
        {"a:x^", "a value is missing"},
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct arena *request AUTO(arena_freep) = arena_new(1 << 20);
        struct fault why = {0};
        struct form f = {.request = request, .why = &why, .thing = "query_string"};
        const struct lucene_options options = {0};
        const struct query *q = NULL;
        struct slice want =
            arena_print(request, "query_shard_exception: Failed to parse query [%s]: %s",
                        bad[i].text, bad[i].words);
        enum err e = lucene_parse(&f, slice_text(bad[i].text), &options, &q);
        if (e != ERR_INVALID || !slice_is(want, why.words))
            test_fail(__FILE__, __LINE__, "%s: %d %s", bad[i].text, e, why.words);
    }
}

TEST(lucene_groups_and_clauses_are_bounded)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    struct buf text AUTO(buf_donep) = buf_init(1 << 20);
    struct form f = {.request = request, .thing = "query_string"};
    const struct lucene_options options = {0};
    const struct query *q = NULL;
    for (int i = 0; i < 1000; i++)
        buf_text(&text, "(");
    EXPECT_EQ(lucene_parse(&f, buf_slice(&text), &options, &q), ERR_INVALID);
    buf_reset(&text);
    for (int i = 0; i < 1024; i++)
        buf_text(&text, "a:x ");
    EXPECT_EQ(lucene_parse(&f, buf_slice(&text), &options, &q), OK);
    EXPECT_EQ(q->bool_.should_count, 1024);
    buf_text(&text, "a:x");
    EXPECT_EQ(lucene_parse(&f, buf_slice(&text), &options, &q), ERR_INVALID);
}

TEST(clauses_of_all_query_strings_of_a_request_are_bounded)
{
    struct arena *request AUTO(arena_freep) = arena_new(128 << 20);
    struct buf text AUTO(buf_donep) = buf_init(1 << 20);
    for (int strings = 64; strings <= 65; strings++) {
        buf_reset(&text);
        buf_text(&text, "{\"aggs\":{\"a\":{\"filters\":{\"filters\":[");
        for (int i = 0; i < strings; i++) {
            buf_print(&text, "%s{\"query_string\":{\"query\":\"", i ? "," : "");
            for (int k = 0; k < 1024; k++)
                buf_text(&text, "* ");
            buf_text(&text, "\"}}");
        }
        buf_text(&text, "]}}}}");
        const struct json *v = NULL;
        struct request r;
        EXPECT_EQ(json_parse(buf_slice(&text), request, &v, NULL), OK);
        EXPECT_EQ(request_parse(v, request, &r, NULL), strings == 64 ? OK : ERR_INVALID);
    }
}
