// SPDX-License-Identifier: Apache-2.0
#include "watch/mongo.h"

#include "base/reader.h"

// https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/ and bsonspec.org.
enum { OP_MSG = 2013, HEADER_BYTES = 16, UNAUTHORIZED = 13 };

enum bson_type {
    BSON_DOUBLE = 1,
    BSON_STRING = 2,
    BSON_DOCUMENT = 3,
    BSON_ARRAY = 4,
    BSON_BINARY = 5,
    BSON_OBJECT_ID = 7,
    BSON_BOOL = 8,
    BSON_DATE = 9,
    BSON_NULL = 10,
    BSON_INT32 = 16,
    BSON_TIMESTAMP = 17,
    BSON_INT64 = 18,
};

struct element {
    uint8_t type;
    struct slice key, value; // value: its bytes
};

// Where the document's elements begin; false: no message of one document.
static bool open_document(struct slice bytes, struct reader *out)
{
    struct reader in = reader_over(bytes);
    uint32_t length = reader_u32_le(&in);
    reader_u32_le(&in); // request
    reader_u32_le(&in); // the request it answers
    uint32_t opcode = reader_u32_le(&in);
    reader_u32_le(&in); // flags
    uint8_t section = reader_u8(&in);
    uint32_t document = reader_u32_le(&in);
    *out = in;
    return !in.short_of_bytes && opcode == OP_MSG && section == 0 && length <= bytes.len &&
           document >= 5;
}

// How long the value is; false for a type that these answers do not have.
static bool value_length(struct reader *in, uint8_t type, size_t *out)
{
    static const uint8_t fixed[] = {
        [BSON_DOUBLE] = 8, [BSON_OBJECT_ID] = 12, [BSON_BOOL] = 1,      [BSON_DATE] = 8,
        [BSON_NULL] = 0,   [BSON_INT32] = 4,      [BSON_TIMESTAMP] = 8, [BSON_INT64] = 8,
    };
    struct reader ahead = *in;
    uint32_t length = reader_u32_le(&ahead);
    switch (type) {
    case BSON_STRING:
        *out = 4 + (size_t)length;
        return !ahead.short_of_bytes;
    case BSON_BINARY:
        *out = 5 + (size_t)length;
        return !ahead.short_of_bytes;
    case BSON_DOCUMENT:
    case BSON_ARRAY:
        *out = length;
        return !ahead.short_of_bytes && length >= 5;
    default:
        *out = type < sizeof fixed ? fixed[type] : 0;
        return *out > 0 || type == BSON_NULL;
    }
}

static bool next_element(struct reader *in, struct element *out)
{
    size_t length = 0;
    out->type = reader_u8(in);
    if (in->short_of_bytes || out->type == 0)
        return false;
    out->key = reader_cstring(in);
    if (!value_length(in, out->type, &length))
        return false;
    out->value = reader_bytes(in, length);
    return !in->short_of_bytes;
}

static bool as_number(const struct element *e, double *out)
{
    struct reader in = reader_over(e->value);
    if (e->type == BSON_DOUBLE) {
        uint64_t bits = reader_u64_le(&in);
        memcpy(out, &bits, sizeof *out);
    } else if (e->type == BSON_INT32) {
        *out = (int32_t)reader_u32_le(&in);
    } else if (e->type == BSON_INT64) {
        *out = (double)(int64_t)reader_u64_le(&in);
    } else {
        return false;
    }
    return true;
}

bool mongo_number(struct slice bytes, const char *key, double *out)
{
    struct reader in;
    struct element e;
    if (!open_document(bytes, &in))
        return false;
    while (next_element(&in, &e)) {
        if (slice_is(e.key, key))
            return as_number(&e, out);
    }
    return false;
}

enum mongo_said mongo_answer(struct slice bytes)
{
    double ok = 0;
    double code = 0;
    if (!mongo_number(bytes, "ok", &ok))
        return MONGO_NOTHING;
    if (ok == 1)
        return MONGO_OK;
    return mongo_number(bytes, "code", &code) && code == UNAUTHORIZED ? MONGO_REFUSED
                                                                      : MONGO_FAILED;
}
