// SPDX-License-Identifier: Apache-2.0
#include "policy/put.h"

#include "policy/coerce.h"

enum err put_f64(struct sieve_column *to, uint32_t row, const struct raw *value, put_f64_step step,
                 struct fault *why)
{
    double number = 0;
    bool missing = false;
    enum err e = coerce_f64(value, &number, &missing, why);
    if (e)
        return e;
    if (missing || (step && !step(to, &number)))
        sieve_column_missing(to, row);
    else
        sieve_column_f64(to, row, number);
    return OK;
}

enum err put_i64(struct sieve_column *to, uint32_t row, const struct raw *value, put_i64_step step,
                 struct fault *why)
{
    int64_t number = 0;
    bool missing = false;
    enum err e = coerce_i64(value, to->field->type, &number, &missing, why);
    if (!e && !missing && step)
        e = step(to, &number, why);
    if (e)
        return e;
    if (missing)
        sieve_column_missing(to, row);
    else
        sieve_column_i64(to, row, number);
    return OK;
}

enum err put_text_of(const struct raw *value, char room[RAW_TEXT_BYTES], struct slice *out,
                     struct fault *why)
{
    if (value->type == RAW_TIME_US)
        return fail(why, ERR_INVALID, "a time is no keyword");
    enum err e = raw_text(value, room, out);
    return e ? fail(why, e, "no value") : OK;
}
