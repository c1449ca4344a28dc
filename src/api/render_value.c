// SPDX-License-Identifier: Apache-2.0
#include "api/number_format.h"
#include "api/render.h"

enum { VALUE_TEXT_MAX = 4096 };

struct render render_start(struct json_writer *json, const struct request *request)
{
    return (struct render){.json = json, .request = request, .scratch = buf_init(VALUE_TEXT_MAX)};
}

enum err render_end(struct render *r, struct fault *why)
{
    buf_done(&r->scratch);
    if (r->failed != OK && why)
        *why = r->why;
    return r->failed;
}

// The first failure is the one told.
void render_fail(struct render *r, enum err code)
{
    if (r->failed == OK)
        r->failed = code;
}

static struct fault *words_of(struct render *r)
{
    return r->failed == OK ? &r->why : NULL;
}

void render_date(struct render *r, int64_t ms, struct slice format, const struct date_zone *zone)
{
    buf_reset(&r->scratch);
    enum err e = date_print(&r->scratch, ms, format, zone ? zone : date_zone_utc(), words_of(r));
    if (e != OK)
        render_fail(r, e);
    json_string(r->json, buf_slice(&r->scratch));
}

void render_number(struct render *r, double v, struct slice format)
{
    buf_reset(&r->scratch);
    enum err e = number_format(v, format, &r->scratch, words_of(r));
    if (e != OK)
        render_fail(r, e);
    json_string(r->json, buf_slice(&r->scratch));
}

const struct date_zone *render_zone(struct render *r, struct slice name)
{
    const struct date_zone *zone = date_zone_utc();
    if (name.len == 0)
        return zone;
    enum err e = date_zone_get(name, &zone, words_of(r));
    if (e != OK)
        render_fail(r, e);
    return zone;
}

void render_formatted(struct render *r, const struct value *v, struct slice format)
{
    switch (v->type) {
    case VALUE_TEXT:
        json_string(r->json, v->text);
        break;
    case VALUE_LONG:
        json_int(r->json, v->i64);
        break;
    case VALUE_DOUBLE:
        json_double(r->json, v->f64);
        break;
    case VALUE_BOOLEAN:
        json_truth(r->json, v->i64 != 0);
        break;
    case VALUE_DATE:
        render_date(r, v->i64, format, NULL);
        break;
    case VALUE_NONE:
        json_null(r->json);
        break;
    }
}

void render_value(struct render *r, const struct value *v)
{
    render_formatted(r, v, slice_of(NULL, 0));
}
