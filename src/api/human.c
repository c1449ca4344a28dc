// SPDX-License-Identifier: Apache-2.0
#include "api/human.h"

#include "base/arena.h"
#include "base/limits.h"
#include "base/num.h"
#include "json/json_writer.h"

enum { REPLY_BYTES_MAX = 16 << 20, VALUE_BYTES = 64 };

struct unit {
    const char *name;
    double size;
};

static const struct unit byte_units[] = {{"pb", 1024.0 * 1024 * 1024 * 1024 * 1024},
                                         {"tb", 1024.0 * 1024 * 1024 * 1024},
                                         {"gb", 1024.0 * 1024 * 1024},
                                         {"mb", 1024.0 * 1024},
                                         {"kb", 1024},
                                         {"b", 1}};
static const struct unit time_units[] = {
    {"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};

// Cut, not rounded: 1,999 bytes are 1.9kb.
static void print(struct buf *out, double value, const struct unit *units, size_t count)
{
    size_t i = 0;
    while (i + 1 < count && value < units[i].size)
        i++;
    int64_t tenths = (int64_t)(value / units[i].size * 10);
    buf_print(out, "%lld", (long long)(tenths / 10));
    if (tenths % 10 != 0)
        buf_print(out, ".%lld", (long long)(tenths % 10));
    buf_text(out, units[i].name);
}

void human_bytes(struct buf *out, double bytes)
{
    print(out, bytes, byte_units, sizeof byte_units / sizeof *byte_units);
}

void human_millis(struct buf *out, double ms)
{
    print(out, ms, time_units, sizeof time_units / sizeof *time_units);
}

static bool ends_with(struct slice key, const char *end)
{
    size_t len = strlen(end);
    return key.len > len && memcmp(key.at + key.len - len, end, len) == 0;
}

static void add_human(struct json_writer *w, struct slice key, const struct json *v)
{
    struct buf text AUTO(buf_donep) = buf_init(VALUE_BYTES);
    bool is_size = ends_with(key, "_in_bytes");
    double number = 0;
    if (v->type != JSON_NUMBER || (!is_size && !ends_with(key, "_in_millis")) ||
        parse_f64(v->text, &number) != OK || number < 0)
        return;
    if (is_size)
        human_bytes(&text, number);
    else
        human_millis(&text, number);
    size_t end = is_size ? sizeof "_in_bytes" - 1 : sizeof "_in_millis" - 1;
    json_key_slice(w, slice_of(key.at, key.len - end));
    json_string(w, buf_slice(&text));
}

static void write(struct json_writer *w, const struct json *v)
{
    if (v->type != JSON_OBJECT && v->type != JSON_ARRAY) {
        json_value(w, v);
        return;
    }
    if (v->type == JSON_OBJECT)
        json_object(w);
    else
        json_array(w);
    for (uint32_t i = 0; i < v->count; i++) {
        if (v->type == JSON_OBJECT) {
            add_human(w, v->keys[i], &v->items[i]);
            json_key_slice(w, v->keys[i]);
        }
        write(w, &v->items[i]);
    }
    json_end(w);
}

enum err human_apply(struct slice reply, bool pretty, struct buf *out, struct fault *why)
{
    const struct json *tree = NULL;
    if (reply.len > REPLY_BYTES_MAX)
        return fail(why, ERR_LIMIT,
                    "illegal_argument_exception: a reply of more than %d bytes has no form for "
                    "[human]",
                    REPLY_BYTES_MAX);
    struct arena *scratch AUTO(arena_freep) = arena_new(LIMIT_REQUEST_ARENA_BYTES);
    enum err e = json_parse(reply, scratch, &tree, why);
    if (e != OK)
        return e;
    struct json_writer w = json_writer_to(out);
    w.pretty = pretty;
    write(&w, tree);
    return buf_end(out, why);
}
