// SPDX-License-Identifier: Apache-2.0
#include "api/cat_table.h"
#include "unit/api/talk.h"

static const struct cat_column columns[] = {
    {.name = "name", .aliases = "n,nm", .about = "what it is called"},
    {.name = "size", .aliases = "s", .about = "how large", .is_bytes = true},
    {.name = "count", .aliases = "c", .about = "how many", .is_number = true, .is_hidden = true},
};

static bool writes(const char *query, const char *want)
{
    struct arena *request AUTO(arena_freep) = arena_new(1 << 20);
    const struct slice cells[] = {slice_text("bb"), slice_text("2048"),    slice_text("9"),
                                  slice_text("a"),  slice_text("3000000"), slice_text("10")};
    const struct cat_table table = {columns, 3, 2, cells};
    struct api_reply reply = {.body = buf_init(4096)};
    struct exchange x = {.arena = request, .reply = &reply, .json = json_writer_to(&reply.body)};
    EXPECT_EQ(parameters_parse(slice_text(query), request, &x.parameters, NULL), OK);
    enum err e = cat_write(&x, &table, NULL);
    bool same = want ? e == OK && slice_is(buf_slice(&reply.body), want) : e != OK;
    buf_done(&reply.body);
    return same;
}

TEST(cat_table_lines_its_columns_up)
{
    EXPECT(writes("", "bb   2kb\na  2.9mb\n") || writes("", "bb 2.0kb\na  2.9mb\n"));
    EXPECT(writes("v", "name  size\nbb   2.0kb\na    2.9mb\n"));
    EXPECT(writes("h=n,c&v", "n   c\nbb  9\na  10\n"));
}

TEST(cat_table_sorts_numbers_as_numbers)
{
    EXPECT(writes("h=count&s=count", " 9\n10\n"));
    EXPECT(writes("h=count&s=c:desc", "10\n 9\n"));
    EXPECT(writes("h=n&s=name", "a\nbb\n"));
    EXPECT(writes("h=n&s=foo", NULL));
}

TEST(cat_table_bytes_are_in_the_unit_asked_for)
{
    EXPECT(writes("h=size&bytes=b", "   2048\n3000000\n"));
    EXPECT(writes("h=size&bytes=kb", "   2\n2929\n"));
    EXPECT(writes("h=size&bytes=x", NULL));
}

TEST(cat_table_json_has_strings_and_help_has_all_columns)
{
    EXPECT(writes("format=json&h=n*,c",
                  "[{\"name\":\"bb\",\"c\":\"9\"},{\"name\":\"a\",\"c\":\"10\"}]"));
    EXPECT(writes("format=yaml", NULL));
    EXPECT(writes("help",
                  "name                     | n,nm                     | what it is called\n"
                  "size                     | s                        | how large\n"
                  "count                    | c                        | how many\n"));
}
