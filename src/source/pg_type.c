// SPDX-License-Identifier: Apache-2.0
#include "source/pg_type.h"

#include "base/num.h"
#include "source/pg_bytes.h"
#include "source/pg_frame.h"
#include "source/pg_numeric.h"
#include "source/pg_time.h"

#include <arpa/inet.h>
#include <math.h>

#define DAY_US (INT64_C(86400) * 1000000)

static enum err binary_bool(struct slice in, struct arena *scratch, struct raw *out,
                            struct fault *why)
{
    (void)scratch;
    if (in.at[0] > 1)
        return fail(why, ERR_CORRUPT, "neither true nor false");
    *out = (struct raw){.type = RAW_BOOL, .i64 = in.at[0]};
    return OK;
}

static enum err binary_int2(struct slice in, struct arena *scratch, struct raw *out,
                            struct fault *why)
{
    (void)scratch, (void)why;
    *out = (struct raw){.type = RAW_I64, .i64 = (int16_t)pg_u16(in.at)};
    return OK;
}

static enum err binary_int4(struct slice in, struct arena *scratch, struct raw *out,
                            struct fault *why)
{
    (void)scratch, (void)why;
    *out = (struct raw){.type = RAW_I64, .i64 = (int32_t)pg_u32(in.at)};
    return OK;
}

static enum err binary_int8(struct slice in, struct arena *scratch, struct raw *out,
                            struct fault *why)
{
    (void)scratch, (void)why;
    *out = (struct raw){.type = RAW_I64, .i64 = (int64_t)pg_u64(in.at)};
    return OK;
}

static enum err binary_oid(struct slice in, struct arena *scratch, struct raw *out,
                           struct fault *why)
{
    (void)scratch, (void)why;
    *out = (struct raw){.type = RAW_I64, .i64 = pg_u32(in.at)};
    return OK;
}

static enum err binary_float4(struct slice in, struct arena *scratch, struct raw *out,
                              struct fault *why)
{
    (void)scratch, (void)why;
    uint32_t bits = pg_u32(in.at);
    float value;
    memcpy(&value, &bits, sizeof value);
    *out = (struct raw){.type = RAW_F64, .f64 = value};
    return OK;
}

static enum err binary_float8(struct slice in, struct arena *scratch, struct raw *out,
                              struct fault *why)
{
    (void)scratch, (void)why;
    uint64_t bits = pg_u64(in.at);
    double value;
    memcpy(&value, &bits, sizeof value);
    *out = (struct raw){.type = RAW_F64, .f64 = value};
    return OK;
}

static enum err take_text(struct slice in, struct arena *scratch, struct raw *out,
                          struct fault *why)
{
    (void)scratch, (void)why;
    *out = (struct raw){.type = RAW_TEXT, .text = in};
    return OK;
}

static enum err take_bpchar(struct slice in, struct arena *scratch, struct raw *out,
                            struct fault *why)
{
    while (in.len > 0 && in.at[in.len - 1] == ' ')
        in.len--;
    return take_text(in, scratch, out, why);
}

static enum err binary_numeric(struct slice in, struct arena *scratch, struct raw *out,
                               struct fault *why)
{
    struct slice text;
    enum err e = pg_numeric_print(in, scratch, &text, why);
    return e ? e : take_text(text, scratch, out, why);
}

static enum err binary_timestamp(struct slice in, struct arena *scratch, struct raw *out,
                                 struct fault *why)
{
    (void)scratch, (void)why;
    *out = (struct raw){.type = RAW_TIME_US, .i64 = pg_time_us((int64_t)pg_u64(in.at))};
    return OK;
}

static enum err binary_date(struct slice in, struct arena *scratch, struct raw *out,
                            struct fault *why)
{
    (void)scratch, (void)why;
    int32_t days = (int32_t)pg_u32(in.at);
    int64_t us = days < 0 ? INT64_MIN : INT64_MAX; // also for days no timestamp can hold
    if (days != INT32_MIN && days != INT32_MAX) {
        int64_t product;
        if (!__builtin_mul_overflow((int64_t)days, DAY_US, &product))
            us = pg_time_us(product);
    }
    *out = (struct raw){.type = RAW_TIME_US, .i64 = us};
    return OK;
}

static enum err binary_uuid(struct slice in, struct arena *scratch, struct raw *out,
                            struct fault *why)
{
    static const char digits[] = "0123456789abcdef";
    char *text = arena_alloc(scratch, 36);
    char *at = text;
    for (size_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *at++ = '-';
        *at++ = digits[in.at[i] >> 4];
        *at++ = digits[in.at[i] & 15];
    }
    return take_text(slice_of(text, 36), scratch, out, why);
}

// family u8 (2 = IPv4, 3 = IPv6) | prefix bits u8 | is cidr u8 | bytes u8 | address.  The
// prefix is printed as PostgreSQL does: for cidr always, for inet when it is not whole.
static enum err binary_inet(struct slice in, struct arena *scratch, struct raw *out,
                            struct fault *why)
{
    size_t want = in.len > 0 && in.at[0] == 2 ? 4 : 16;
    bool is_v6 = want == 16;
    if (in.len != 4 + want || (is_v6 && in.at[0] != 3) || in.at[3] != want || in.at[1] > want * 8)
        return fail(why, ERR_CORRUPT, "not an address");
    char text[INET6_ADDRSTRLEN];
    if (!inet_ntop(is_v6 ? AF_INET6 : AF_INET, in.at + 4, text, sizeof text))
        return fail(why, ERR_CORRUPT, "not an address");
    bool has_prefix = in.at[2] || in.at[1] != want * 8;
    struct slice printed = has_prefix ? arena_print(scratch, "%s/%d", text, in.at[1])
                                      : arena_copy(scratch, slice_text(text));
    return take_text(printed, scratch, out, why);
}

static enum err text_bool(struct slice in, struct arena *scratch, struct raw *out,
                          struct fault *why)
{
    (void)scratch;
    if (!slice_is(in, "t") && !slice_is(in, "f"))
        return fail(why, ERR_CORRUPT, "neither true nor false");
    *out = (struct raw){.type = RAW_BOOL, .i64 = in.at[0] == 't'};
    return OK;
}

static enum err text_int(struct slice in, struct arena *scratch, struct raw *out, struct fault *why)
{
    (void)scratch;
    int64_t value;
    if (parse_i64(in, &value))
        return fail(why, ERR_CORRUPT, "not an integer");
    *out = (struct raw){.type = RAW_I64, .i64 = value};
    return OK;
}

static enum err text_float(struct slice in, struct arena *scratch, struct raw *out,
                           struct fault *why)
{
    (void)scratch;
    double value;
    if (slice_is(in, "NaN"))
        value = NAN;
    else if (slice_is(in, "Infinity"))
        value = INFINITY;
    else if (slice_is(in, "-Infinity"))
        value = -INFINITY;
    else if (parse_f64(in, &value))
        return fail(why, ERR_CORRUPT, "not a number");
    *out = (struct raw){.type = RAW_F64, .f64 = value};
    return OK;
}

static enum err text_time(struct slice in, struct arena *scratch, struct raw *out,
                          struct fault *why)
{
    (void)scratch;
    int64_t us;
    enum err e = pg_time_parse(in, &us, why);
    if (!e)
        *out = (struct raw){.type = RAW_TIME_US, .i64 = us};
    return e;
}

struct kind {
    const char *name;
    size_t binary_bytes; // 0: any length
    enum err (*binary)(struct slice, struct arena *, struct raw *, struct fault *);
    enum err (*text)(struct slice, struct arena *, struct raw *, struct fault *);
};

static const struct kind kinds[PG_KIND_COUNT] = {
    [PG_KIND_BOOL] = {"bool", 1, binary_bool, text_bool},
    [PG_KIND_INT2] = {"int2", 2, binary_int2, text_int},
    [PG_KIND_INT4] = {"int4", 4, binary_int4, text_int},
    [PG_KIND_INT8] = {"int8", 8, binary_int8, text_int},
    [PG_KIND_OID] = {"oid", 4, binary_oid, text_int},
    [PG_KIND_FLOAT4] = {"float4", 4, binary_float4, text_float},
    [PG_KIND_FLOAT8] = {"float8", 8, binary_float8, text_float},
    [PG_KIND_TEXT] = {"text", 0, take_text, take_text},
    [PG_KIND_BPCHAR] = {"char", 0, take_bpchar, take_bpchar},
    [PG_KIND_NUMERIC] = {"numeric", 0, binary_numeric, take_text},
    [PG_KIND_TIMESTAMP] = {"timestamp", 8, binary_timestamp, text_time},
    [PG_KIND_DATE] = {"date", 4, binary_date, text_time},
    [PG_KIND_UUID] = {"uuid", 16, binary_uuid, take_text},
    [PG_KIND_INET] = {"inet", 0, binary_inet, take_text},
};

// The oids are fixed in PostgreSQL's pg_type.dat.
static const struct {
    uint32_t oid;
    enum pg_kind kind;
} oids[] = {
    {16, PG_KIND_BOOL},        {19, PG_KIND_TEXT},      {20, PG_KIND_INT8},
    {21, PG_KIND_INT2},        {23, PG_KIND_INT4},      {25, PG_KIND_TEXT},
    {26, PG_KIND_OID},         {650, PG_KIND_INET},     {700, PG_KIND_FLOAT4},
    {701, PG_KIND_FLOAT8},     {869, PG_KIND_INET},     {1042, PG_KIND_BPCHAR},
    {1043, PG_KIND_TEXT},      {1082, PG_KIND_DATE},    {1114, PG_KIND_TIMESTAMP},
    {1184, PG_KIND_TIMESTAMP}, {1700, PG_KIND_NUMERIC}, {2950, PG_KIND_UUID},
};

enum pg_kind pg_kind_of(uint32_t oid, char sort, struct slice name)
{
    for (size_t i = 0; i < sizeof oids / sizeof oids[0]; i++)
        if (oids[i].oid == oid)
            return oids[i].kind;
    if (sort == 'e' || (sort == 'b' && slice_is(name, "citext")))
        return PG_KIND_TEXT;
    return PG_KIND_NONE;
}

static enum err decode_bytes(const struct kind *k, const struct pg_field *field,
                             struct arena *scratch, struct raw *out, struct fault *why)
{
    struct slice in = field->bytes;
    enum err e;
    if (field->kind == 't')
        e = k->text(in, scratch, out, why);
    else if (k->binary_bytes && in.len != k->binary_bytes)
        e = fail(why, ERR_CORRUPT, "%zu bytes", in.len);
    else
        e = k->binary(in, scratch, out, why);
    return e ? fail_in(why, e, "a value of type %s", k->name) : OK;
}

enum err pg_value_decode(enum pg_kind kind, const struct pg_field *field, struct arena *scratch,
                         struct raw *out, struct fault *why)
{
    if (field->kind == 'n') {
        *out = (struct raw){.type = RAW_NULL};
        return OK;
    }
    if (field->kind == 'u') {
        *out = (struct raw){.type = RAW_UNCHANGED};
        return OK;
    }
    if (kind == PG_KIND_NONE || kind >= PG_KIND_COUNT)
        return fail(why, ERR_INVALID, "a value of a type that is not taken");
    return decode_bytes(&kinds[kind], field, scratch, out, why);
}
