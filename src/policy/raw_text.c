// SPDX-License-Identifier: Apache-2.0
#include "policy/raw_text.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/num.h"

// Written backwards from the end of `room`; by hand because every key passes here.
static struct slice decimal(int64_t value, char room[RAW_TEXT_BYTES])
{
    char *end = room + RAW_TEXT_BYTES;
    char *at = end;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0)
        *--at = '-';
    return slice_of(at, (size_t)(end - at));
}

static struct slice shortest(double value, char room[RAW_TEXT_BYTES])
{
    struct buf text AUTO(buf_donep) = buf_init(RAW_TEXT_BYTES);
    print_f64(&text, value);
    memcpy(room, text.at, text.len);
    return slice_of(room, text.len);
}

enum err raw_text(const struct raw *value, char room[RAW_TEXT_BYTES], struct slice *out)
{
    switch (value->type) {
    case RAW_I64:
    case RAW_TIME_US:
        *out = decimal(value->i64, room);
        return OK;
    case RAW_TEXT:
        *out = value->text;
        return OK;
    case RAW_BOOL:
        *out = slice_text(value->i64 ? "true" : "false");
        return OK;
    case RAW_F64:
        *out = shortest(value->f64, room);
        return OK;
    case RAW_NULL:
    case RAW_UNCHANGED:
        break;
    }
    return ERR_INVALID;
}

const char *raw_type_name(enum raw_type type)
{
    switch (type) {
    case RAW_BOOL:
        return "a truth";
    case RAW_I64:
        return "an integer";
    case RAW_F64:
        return "a floating-point number";
    case RAW_TEXT:
        return "a text";
    case RAW_TIME_US:
        return "a time";
    case RAW_NULL:
        return "no value";
    case RAW_UNCHANGED:
        break;
    }
    return "a value that was not sent";
}
