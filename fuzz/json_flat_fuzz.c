// SPDX-License-Identifier: Apache-2.0
#include "json/json_flat.h"

// Lines through one reader, so that each is read by the shape of the one before: what it
// takes, the tree reader takes, and reads the same.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool rule)
{
    if (!rule)
        __builtin_trap();
}

static void compare(const struct json_flat *f, struct slice text)
{
    struct arena *a AUTO(arena_freep) = arena_new(64 << 20);
    const struct json *tree = NULL;
    check(json_parse(text, a, &tree, NULL) == OK);
    check(tree->type == JSON_OBJECT && tree->count == f->count);
    for (uint32_t i = 0; i < f->count; i++) {
        const struct flat_value *v = &f->fields[i].value;
        const struct json *w = &tree->items[i];
        check(slice_equal(f->fields[i].key, tree->keys[i]) && v->type == w->type);
        check(v->type != JSON_BOOL || v->truth == w->truth);
        check((v->type != JSON_STRING && v->type != JSON_NUMBER) || slice_equal(v->text, w->text));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_flat f;
    json_flat_init(&f);
    struct slice rest = slice_of(data, size);
    while (rest.len > 0) {
        const uint8_t *end = memchr(rest.at, '\n', rest.len);
        struct slice line = slice_of(rest.at, end ? (size_t)(end - rest.at) : rest.len);
        if (json_flat_read(&f, line))
            compare(&f, line);
        rest = slice_from(rest, line.len + 1);
    }
    return 0;
}
