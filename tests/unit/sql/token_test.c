// SPDX-License-Identifier: Apache-2.0
#include "sql/token.h"
#include "unit/sql/sql.h"

static const struct token *tokens(struct arena *request, const char *text)
{
    const struct token *t = NULL;
    EXPECT_EQ(tokens_read(slice_text(text), request, &t, NULL), OK);
    return t;
}

TEST(token_has_its_kind_text_and_place)
{
    struct arena *request AUTO(arena_freep) = arena_new(1 << 20);
    const struct token *t = tokens(request, "SELECT \"a\"\"b\", 'it''s' <>\n  1.5e3 12 ? x$1 ::");

    static const struct {
        enum token_kind kind;
        const char *text;
        uint32_t line, column;
    } want[] = {
        {TOKEN_NAME, "SELECT", 1, 1}, {TOKEN_QUOTED, "a\"b", 1, 8}, {TOKEN_SIGN, ",", 1, 14},
        {TOKEN_TEXT, "it's", 1, 16},  {TOKEN_SIGN, "<>", 1, 24},    {TOKEN_DECIMAL, "1.5e3", 2, 3},
        {TOKEN_WHOLE, "12", 2, 9},    {TOKEN_PARAMETER, "", 2, 12}, {TOKEN_NAME, "x$1", 2, 14},
        {TOKEN_SIGN, "::", 2, 18},    {TOKEN_END, "", 2, 20}};

    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        EXPECT_EQ(t[i].kind, want[i].kind);
        EXPECT(slice_is(t[i].text, want[i].text));
        EXPECT_EQ(t[i].place.line, want[i].line);
        EXPECT_EQ(t[i].place.column, want[i].column);
    }
}

TEST(token_columns_count_characters_and_comments_are_nothing)
{
    struct arena *request AUTO(arena_freep) = arena_new(1 << 20);
    const struct token *t = tokens(request, "'\xc3\xbc' a -- b\n/* c\n */ d");
    EXPECT_EQ(t[1].place.column, 5);
    EXPECT(slice_is(t[2].text, "d"));
    EXPECT_EQ(t[2].place.line, 3);
    EXPECT_EQ(t[3].kind, TOKEN_END);
}

TEST(token_without_its_end_is_refused_with_its_place)
{
    sql_expect_refused("SELECT 'a", "parsing_exception: line 1:8: token recognition error: a text "
                                    "without its closing quote");
    sql_expect_refused("SELECT\n \"a", "parsing_exception: line 2:2: token recognition error: a "
                                       "name without its closing quote");
    sql_expect_refused("SELECT /* a", "parsing_exception: line 1:8: a comment without its end");
    sql_expect_refused("SELECT #", "parsing_exception: line 1:8: token recognition error at: '#'");
    sql_expect_refused("SELECT \x01", "parsing_exception: line 1:8: token recognition error: a "
                                      "byte 0x01 that stands for nothing");
}

TEST(token_reading_stops_at_the_longest_statement)
{
    struct arena *request AUTO(arena_freep) = arena_new(64 << 20);
    const struct token *t = NULL;
    struct fault why = {0};
    uint8_t *text = arena_alloc(request, SQL_BYTES_MAX + 1);
    memset(text, '(', SQL_BYTES_MAX + 1);
    EXPECT_EQ(tokens_read(slice_of(text, SQL_BYTES_MAX), request, &t, &why), OK);
    EXPECT_EQ(tokens_read(slice_of(text, SQL_BYTES_MAX + 1), request, &t, &why), ERR_LIMIT);
    EXPECT(strstr(why.words, "longer than 262144 bytes") != NULL);
}
