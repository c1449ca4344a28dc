// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"
#include "base/limits.h"
#include "json/json.h"
#include "json/json_writer.h"
#include "test.h"

#include <stdlib.h>

static struct arena *request_arena(void)
{
    return arena_new(64 << 20);
}

static const struct json *parsed(struct arena *request, const char *text)
{
    const struct json *v = NULL;
    struct fault why = {0};
    if (json_parse(slice_text(text), request, &v, &why))
        test_fail(__FILE__, __LINE__, "%s: %s", text, why.words);
    return v;
}

static enum err refused(const char *text, const char *words)
{
    struct arena *request AUTO(arena_freep) = request_arena();
    const struct json *v = NULL;
    struct fault why = {0};
    enum err e = json_parse(slice_text(text), request, &v, &why);
    if (e && words && strcmp(why.words, words) != 0)
        test_fail(__FILE__, __LINE__, "%s: %s", text, why.words);
    return e;
}

static bool round_trips(struct slice text)
{
    struct arena *request AUTO(arena_freep) = request_arena();
    struct buf out AUTO(buf_donep) = buf_init(1 << 20);
    const struct json *v = NULL;
    if (json_parse(text, request, &v, NULL))
        return false;
    struct json_writer w = json_writer_to(&out);
    json_value(&w, v);
    return slice_equal(buf_slice(&out), text);
}

TEST(json_keeps_types_places_and_order)
{
    struct arena *request AUTO(arena_freep) = request_arena();
    const struct json *v = parsed(request, "{\"b\":1,\n  \"a\" : [true, null,\"x\"]}");
    EXPECT_EQ(v->type, JSON_OBJECT);
    EXPECT_EQ(v->count, 2);
    EXPECT(slice_is(v->keys[0], "b") && slice_is(v->keys[1], "a"));
    EXPECT(slice_is(v->items[0].text, "1"));
    const struct json *a = json_get(v, "a");
    EXPECT_EQ(a->type, JSON_ARRAY);
    EXPECT_EQ(a->line, 2);
    EXPECT_EQ(a->column, 9);
    EXPECT(a->items[0].type == JSON_BOOL && a->items[0].truth);
    EXPECT_EQ(a->items[1].type, JSON_NULL);
    EXPECT(slice_is(a->items[2].text, "x"));
    EXPECT_EQ(a->items[2].column, 21);
}

TEST(json_get_of_nothing_is_nothing)
{
    struct arena *request AUTO(arena_freep) = request_arena();
    EXPECT(json_get(NULL, "a") == NULL);
    EXPECT(json_get(parsed(request, "[1]"), "a") == NULL);
    EXPECT(json_get(parsed(request, "{\"b\":1}"), "a") == NULL);
}

TEST(json_undoes_every_escape)
{
    struct arena *request AUTO(arena_freep) = request_arena();
    const struct json *v =
        parsed(request,
               "\"plain text \\\" \\\\ \\/ \\b\\f\\n\\r\\t \\u0041\\u00e9\\u20AC\\ud83d\\ude00.\"");
    EXPECT(
        slice_is(v->text, "plain text \" \\ / \b\f\n\r\t A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80."));
    v = parsed(request, "\"a\\u0000b\"");
    EXPECT(slice_equal(v->text, slice_of("a\0b", 3)));
}

TEST(json_of_a_key_said_twice_is_refused_at_the_second_value)
{
    EXPECT_EQ(refused("{\"a\":1,\"b\":2,\n\"\\u0061\": 4}",
                      "line 2, column 11: the value of a key that is there already"),
              ERR_INVALID);
    EXPECT_EQ(refused("[{\"a\":{\"b\":1,\"b\":1}}]",
                      "line 1, column 18: the value of a key that is there already"),
              ERR_INVALID);
    struct arena *request AUTO(arena_freep) = request_arena();
    EXPECT_EQ(parsed(request, "[{\"a\":1},{\"a\":{\"a\":1}}]")->count, 2);
}

TEST(json_of_many_keys_finds_the_first_said_twice)
{
    for (int twice = 0; twice < 2; twice++) {
        struct arena *request AUTO(arena_freep) = request_arena();
        struct buf text AUTO(buf_donep) = buf_init(1 << 20);
        buf_text(&text, "{");
        for (int i = 0; i < 3000; i++)
            buf_print(&text, "%s\n\"k%d\":%d", i ? "," : "", i % (twice ? 1000 : 3000), i);
        buf_text(&text, "}");
        const struct json *v = NULL;
        struct fault why = {0};
        EXPECT_EQ(json_parse(buf_slice(&text), request, &v, &why), twice ? ERR_INVALID : OK);
        EXPECT(!twice || strstr(why.words, "line 1002, column 6:"));
        EXPECT(twice || v->count == 3000);
    }
}

TEST(json_says_where_and_what_is_wrong)
{
    EXPECT_EQ(refused("", "line 1, column 1: a value is missing at the end"), ERR_INVALID);
    EXPECT_EQ(refused("{\"a\":1,}", "line 1, column 8: a key in quotes is missing"), ERR_INVALID);
    EXPECT_EQ(refused("{\"a\" 1}", "line 1, column 6: ':' is missing after a key"), ERR_INVALID);
    EXPECT_EQ(refused("[1\n 2]", "line 2, column 2: ',' or ']' is missing"), ERR_INVALID);
    EXPECT_EQ(refused("{\"a\":1", "line 1, column 7: ',' or '}' is missing"), ERR_INVALID);
    EXPECT_EQ(refused("1 2", "line 1, column 3: bytes left over after the value"), ERR_INVALID);
    EXPECT_EQ(refused("\"abc", "line 1, column 1: string without an end"), ERR_INVALID);
    EXPECT_EQ(refused("\"a\tb\"", "line 1, column 3: bare control character in a string"),
              ERR_INVALID);
    EXPECT_EQ(refused("\"a\xff\"", "line 1, column 3: not UTF-8"), ERR_INVALID);
    EXPECT_EQ(refused("\"a\\x\"", "line 1, column 3: bad escape in a string"), ERR_INVALID);
}

TEST(json_is_strict)
{
    static const char *const bad[] = {
        "01",
        "-",
        "1.",
        ".5",
        "1e",
        "+1",
        "1e+",
        "NaN",
        "tru",
        "nulll",
        "'a'",
        "{a:1}",
        "[1,]",
        "[,1]",
        "{,}",
        "// x\n1",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\\ud800\"",
        "\"\\ud800\\u0041\"",
        "\"\\udc00\"",
        "\"\\",
        "[",
        "{",
        "]",
        "{\"a\"}",
        "{\"a\":}",
        "{1:2}",
        "\"\xed\xa0\x80\"",
        "\"\xc0\x80\"",
        "\"\xe2\x82\"",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        EXPECT_EQ(refused(bad[i], NULL), ERR_INVALID);
}

TEST(json_nesting_ends_at_the_limit)
{
    char text[2 * LIMIT_JSON_DEPTH + 3] = {0};
    memset(text, '[', LIMIT_JSON_DEPTH);
    memset(text + LIMIT_JSON_DEPTH, ']', LIMIT_JSON_DEPTH);
    EXPECT_EQ(refused(text, NULL), OK);
    memset(text, '[', LIMIT_JSON_DEPTH + 1);
    memset(text + LIMIT_JSON_DEPTH + 1, ']', LIMIT_JSON_DEPTH + 1);
    EXPECT_EQ(refused(text, "line 1, column 65: nested too deeply"), ERR_INVALID);
}

TEST(json_refuses_more_values_than_the_limit)
{
    size_t len = 2 * (LIMIT_JSON_VALUES + 1) + 1;
    char *text = malloc(len);
    for (size_t i = 0; i < len; i++)
        text[i] = i % 2 ? '1' : ',';
    text[0] = '[';
    text[len - 1] = ']';
    struct arena *request AUTO(arena_freep) = arena_new(256 << 20);
    const struct json *v = NULL;
    struct fault why = {0};
    enum err e = json_parse(slice_of(text, len), request, &v, &why);
    free(text);
    EXPECT_EQ(e, ERR_INVALID);
    EXPECT(strstr(why.words, "too many values") != NULL);
}

static const char golden[] = "{\"query\":{\"bool\":{\"filter\":[{\"range\":{\"at\":{\"gte\":-1.5e3,"
                             "\"lt\":\"2020\"}}},{\"x\":"
                             "[]}]}},\"size\":0,\"name\":\"Zo\xc3\xab \xf0\x9f\x98\x80 \\\"q\\\" "
                             "\\\\ \\n\\u0001\",\"t\":[true,"
                             "false,null,{}]}";

static enum err decode(struct slice bytes)
{
    struct arena *request AUTO(arena_freep) = request_arena();
    const struct json *v = NULL;
    return json_parse(bytes, request, &v, NULL);
}

TEST(json_round_trips)
{
    EXPECT(round_trips(slice_text(golden)));
    EXPECT(round_trips(slice_text("[0,-0,1.0,1E400,123456789012345678901234567890]")));
}

TEST(json_refuses_every_prefix)
{
    expect_every_prefix_refused(slice_text(golden), decode);
}

TEST(json_survives_every_changed_byte)
{
    struct slice whole = slice_text(golden);
    uint8_t *copy = malloc(whole.len);
    for (size_t i = 0; i < whole.len; i++) {
        for (int delta = 1; delta < 256; delta += 3) {
            memcpy(copy, whole.at, whole.len);
            copy[i] = (uint8_t)(copy[i] + delta);
            enum err e = decode(slice_of(copy, whole.len));
            EXPECT(e == OK || e == ERR_INVALID);
        }
    }
    free(copy);
}

TEST(json_numbers_may_come_as_strings)
{
    struct arena *request AUTO(arena_freep) = request_arena();
    const struct json *v = parsed(request, "[\"25\",25,25.0,2.5e1,\"x\",2.5,true,1e30,[]]");
    int64_t n = 0;
    for (int i = 0; i < 4; i++) {
        n = 0;
        EXPECT_EQ(json_i64(&v->items[i], &n, NULL), OK);
        EXPECT_EQ(n, 25);
    }
    struct fault why = {0};
    for (int i = 4; i < 9; i++)
        EXPECT_EQ(json_i64(&v->items[i], &n, &why), ERR_INVALID);
    EXPECT(strcmp(why.words, "expected a whole number, found an array") == 0);
    double d = 0;
    EXPECT_EQ(json_f64(&v->items[5], &d, NULL), OK);
    EXPECT(d == 2.5);
    EXPECT_EQ(json_f64(&v->items[4], &d, NULL), ERR_INVALID);
    EXPECT_EQ(json_f64(&v->items[6], &d, NULL), ERR_INVALID);
}

TEST(json_whole_numbers_stay_exact)
{
    struct arena *request AUTO(arena_freep) = request_arena();
    int64_t n = 0;
    EXPECT_EQ(json_i64(parsed(request, "9007199254740993"), &n, NULL), OK);
    EXPECT_EQ(n, 9007199254740993);
    EXPECT_EQ(json_i64(parsed(request, "9223372036854775808"), &n, NULL), ERR_INVALID);
    EXPECT_EQ(json_i64(parsed(request, "-9223372036854775808.0"), &n, NULL), OK);
    EXPECT_EQ(n, INT64_MIN);
}

TEST(json_truth_may_come_as_a_string)
{
    struct arena *request AUTO(arena_freep) = request_arena();
    bool b = false;
    EXPECT_EQ(json_bool(parsed(request, "\"true\""), &b, NULL), OK);
    EXPECT(b);
    EXPECT_EQ(json_bool(parsed(request, "false"), &b, NULL), OK);
    EXPECT(!b);
    EXPECT_EQ(json_bool(parsed(request, "1"), &b, NULL), ERR_INVALID);
    EXPECT_EQ(json_bool(parsed(request, "\"yes\""), &b, NULL), ERR_INVALID);
}

TEST(json_names_its_tokens_as_elasticsearch_does)
{
    struct arena *request AUTO(arena_freep) = request_arena();
    EXPECT(strcmp(json_token_name(parsed(request, "{}")), "START_OBJECT") == 0);
    EXPECT(strcmp(json_token_name(parsed(request, "true")), "VALUE_BOOLEAN") == 0);
    EXPECT(strcmp(json_type_name(JSON_STRING), "a string") == 0);
}
