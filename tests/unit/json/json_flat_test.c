// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"
#include "base/num.h"
#include "json/json_flat.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>

enum { ARENA_BYTES = 16 << 20, TEXT_BYTES = 1 << 16 };

// That the tree reader says the same of what the quick one took.
static void expect_same(const struct json_flat *f, struct slice text)
{
    struct arena *a AUTO(arena_freep) = arena_new(ARENA_BYTES);
    const struct json *tree = NULL;
    struct fault why = {0};
    if (json_parse(text, a, &tree, &why))
        test_fail(__FILE__, __LINE__, "%.*s: %s", SLICE_PRINT(text), why.words);
    EXPECT_EQ(tree->type, JSON_OBJECT);
    EXPECT_EQ(tree->count, f->count);
    for (uint32_t i = 0; i < f->count; i++) {
        const struct flat_value *v = &f->fields[i].value;
        EXPECT(slice_equal(f->fields[i].key, tree->keys[i]));
        EXPECT_EQ(v->type, tree->items[i].type);
        if (v->type == JSON_BOOL)
            EXPECT_EQ(v->truth, tree->items[i].truth);
        if (v->type == JSON_STRING || v->type == JSON_NUMBER)
            EXPECT(slice_equal(v->text, tree->items[i].text));
        int64_t number = 0;
        if (v->type == JSON_NUMBER && v->is_integer)
            EXPECT(parse_i64(v->text, &number) == OK && number == v->number);
    }
}

// In memory of its own size, so that a byte too far is seen by the address sanitizer.
static bool read_exact(struct json_flat *f, struct slice text)
{
    uint8_t *own = malloc(text.len ? text.len : 1);
    EXPECT(own != NULL);
    memcpy(own, text.at, text.len);
    bool took = json_flat_read(f, slice_of(own, text.len));
    if (took)
        expect_same(f, slice_of(own, text.len));
    free(own);
    return took;
}

static const char event[] = "{\"at\":\"2026-01-02T03:04:05.678Z\",\"device_id\":\"d123456\","
                            "\"event\":\"connect\",\"model\":\"cam-2\",\"ok\":true,"
                            "\"none\": null ,\"latency_ms\":123,\"load\":-1.5e3}";

TEST(json_flat_reads_an_event_by_every_kernel)
{
    for (int simd = SIMD_NONE; simd <= (int)simd_best(); simd++) {
        struct json_flat f;
        json_flat_init_by(&f, (enum simd)simd);
        EXPECT(read_exact(&f, slice_text(event)));
        uint64_t shape = f.shape;
        EXPECT(read_exact(&f, slice_text(event)));
        EXPECT_EQ(f.count, 8);
        EXPECT(f.shape == shape);
        EXPECT_EQ(f.fields[6].value.number, 123);
        EXPECT(!f.fields[7].value.is_integer);
    }
}

TEST(json_flat_tells_another_shape)
{
    struct json_flat f;
    json_flat_init(&f);
    static const char *const texts[] = {
        "{\"a\":1,\"b\":2}", "{\"a\":1,\"c\":2}", "{\"a\":1}", "{\"a\":1,\"b\":2}", "{}",
        "{\"b\":1}",         "{ \"b\":1}"};
    uint64_t before = f.shape;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        EXPECT(read_exact(&f, slice_text(texts[i])));
        EXPECT(f.shape != before);
        before = f.shape;
        EXPECT(read_exact(&f, slice_text(texts[i])));
        EXPECT(f.shape == before);
    }
}

TEST(json_flat_leaves_what_is_not_plain_to_others)
{
    static const char *const texts[] = {
        "",
        "{",
        "[]",
        "1",
        "{\"a\":[]}",
        "{\"a\":{}}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1",
        "{\"a\":1,}",
        "{\"a\":\"\\n\"}",
        "{\"a\":\"\xc3\xa4\"}",
        "{\"a\":01}",
        "{\"a\":-}",
        "{\"a\":1.}",
        "{\"a\":1e}",
        "{\"a\":tru}",
        "{\"a\":1,\"a\":2}",
        "{\"a\":1}x",
        "{a:1}",
        "{\"a\" 1}",
        "{\"a\":1 \"b\":2}",
        "{\"\\u0061\":1}",
        "{\"a\":\"b\nc\"}",
        "{,\"a\":1}",
        "{\"a\":+1}",
        "{\"a\":.5}",
        "{\"a\":\"b}",
    };
    struct json_flat f;
    json_flat_init(&f);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (read_exact(&f, slice_text(texts[i])))
            test_fail(__FILE__, __LINE__, "took %s", texts[i]);
    }
    EXPECT(read_exact(&f, slice_text(" {\"a\" : \"\" } \r\n")));
}

TEST(json_flat_reads_up_to_its_fields)
{
    struct json_flat f;
    json_flat_init(&f);
    struct buf text AUTO(buf_donep) = buf_init(TEXT_BYTES);
    for (int count = FLAT_FIELDS_MAX; count <= FLAT_FIELDS_MAX + 1; count++) {
        buf_reset(&text);
        for (int i = 0; i < count; i++)
            buf_print(&text, "%c\"k%d\":%d", i ? ',' : '{', i, i);
        buf_text(&text, "}");
        EXPECT_EQ(read_exact(&f, buf_slice(&text)), count == FLAT_FIELDS_MAX);
    }
    buf_reset(&text);
    buf_print(&text, "{\"%*d\":1}", FLAT_LEAD_BYTES, 1); // its lead has no room
    EXPECT(!read_exact(&f, buf_slice(&text)));
}

// Every prefix and every byte changed, with a reader that knows the whole.
TEST(json_flat_never_takes_what_the_tree_reader_refuses)
{
    char text[sizeof event];
    for (int simd = SIMD_NONE; simd <= (int)simd_best(); simd++) {
        struct json_flat f;
        json_flat_init_by(&f, (enum simd)simd);
        for (size_t len = 0; len < sizeof event - 1; len++) {
            (void)read_exact(&f, slice_text(event));
            EXPECT(!read_exact(&f, slice_of(event, len)));
        }
        for (size_t at = 0; at < sizeof event - 1; at++) {
            for (int c = 0; c < 256; c += 1 + (c > 127) * 40) {
                memcpy(text, event, sizeof event);
                text[at] = (char)c;
                (void)read_exact(&f, slice_text(event));
                (void)read_exact(&f, slice_of(text, sizeof event - 1));
            }
        }
    }
}

// The reader may refuse, but of these it refuses few.
TEST(json_flat_reads_random_objects_as_the_tree_reader_does)
{
    static const char *const keys[] = {"a", "bb", "at", "device_id",
                                       "a_rather_long_name_of_a_field"};
    static const char *const values[] = {"1",
                                         "-0",
                                         "123456789012345678",
                                         "1234567890123456789",
                                         "true",
                                         "null",
                                         "\"\"",
                                         "\"x y\"",
                                         "1e5",
                                         "-0.25",
                                         "\"a\\\"b\"",
                                         "[1]"};
    struct json_flat f;
    json_flat_init(&f);
    srand(11);
    int took = 0;
    for (int round = 0; round < 20000; round++) {
        char text[512];
        int len = 0;
        int count = rand() % 5;
        len += snprintf(text, sizeof text, "{");
        for (int i = 0; i < count; i++)
            len += snprintf(text + len, sizeof text - (size_t)len, "%s%s\"%s\":%s", i ? "," : "",
                            rand() % 8 ? "" : " ", keys[rand() % 5],
                            values[rand() % 4 ? rand() % 10 : rand() % 12]);
        len += snprintf(text + len, sizeof text - (size_t)len, "}");
        took += read_exact(&f, slice_of(text, (size_t)len));
    }
    EXPECT(took > 5000);
}

TEST(json_plain_end_is_the_same_by_every_kernel)
{
    uint8_t bytes[200];
    srand(3);
    for (int round = 0; round < 20000; round++) {
        size_t len = (size_t)(rand() % 150);
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t)(' ' + rand() % 2 + 2 * (rand() % 30));
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = bytes[i] == '"' || bytes[i] == '\\' ? 'x' : bytes[i];
        size_t odd = (size_t)(rand() % 200);
        static const uint8_t odds[] = {'"', '\\', 0, 0x1f, 0x80, 0xff, 0x7f, 0x20, '!', '#', '['};
        bytes[odd] = odds[rand() % 11];
        const uint8_t *want = bytes;
        while (want < bytes + len && *want >= 0x20 && *want < 0x80 && *want != '"' && *want != '\\')
            want++;
        for (int simd = SIMD_NONE; simd <= (int)simd_best(); simd++)
            EXPECT(json_plain_end((enum simd)simd, bytes, bytes + len) == want);
    }
}
