// SPDX-License-Identifier: Apache-2.0
#include "policy/statement.h"

#include "base/arena.h"
#include "base/num.h"
#include "json/json_writer.h"
#include "policy/detector.h"
#include "policy/duration.h"
#include "policy/treatment.h"

#include <inttypes.h>

enum { DETAIL_BYTES_MAX = 8192 };

static void print_bucket(const struct policy_column *c, struct buf *out)
{
    for (uint32_t i = 0; i < c->edge_count; i++) {
        buf_text(out, i ? ", " : "edges ");
        print_f64(out, c->edges[i]);
    }
    if (c->width > 0) {
        buf_text(out, "buckets of ");
        print_f64(out, c->width);
    }
}

// What the treatment was told: "subject device, looks up devices as device.*", "to 1h".
static void print_detail(const struct schema *s, const struct policy_column *c,
                         const struct field *f, struct buf *out)
{
    if (c->subject)
        buf_print(out, "subject %s", c->subject);
    if (c->round_ms) {
        buf_text(out, "down to ");
        duration_print(c->round_ms, out);
    }
    if (c->round_number > 0) {
        buf_text(out, "down to a multiple of ");
        print_f64(out, c->round_number);
    }
    print_bucket(c, out);
    if (c->characters)
        buf_print(out, "the first %u characters", c->characters);
    if (c->network_v4)
        buf_print(out, "the network: %u bits of IPv4, %u of IPv6", c->network_v4, c->network_v6);
    if (c->allows) {
        buf_text(out, out->len ? ", may hold: " : "may hold: ");
        detector_ids(c->allows, out);
    }
    if (f->lookup_table >= 0)
        buf_print(out, ", looks up %s as %s.*", s->tables[f->lookup_table].name, f->lookup_prefix);
}

static const struct field *field_of(const struct schema *s, const struct policy_table *t,
                                    const struct policy_column *c)
{
    return c->field < 0 ? NULL : &s->tables[t->table].fields[c->field];
}

static void text_column(const struct schema *s, const struct policy_column *c,
                        const struct field *f, struct buf *out)
{
    buf_print(out, "    %s: %s as %s", c->name, c->treat->name, field_type_name(f->type));
    struct buf detail AUTO(buf_donep) = buf_init(DETAIL_BYTES_MAX);
    print_detail(s, c, f, &detail);
    if (detail.len > 0)
        buf_print(out, " (%.*s)", SLICE_PRINT(buf_slice(&detail)));
    buf_print(out, "\n        reveals: %s\n", c->treat->reveals);
}

static void text_behind(const struct policy_table *t, struct buf *out)
{
    buf_text(out, "    stays behind: ");
    for (uint32_t i = 0; i < t->column_count; i++) {
        const struct policy_column *c = &t->columns[i];
        if (c->field < 0)
            buf_print(out, "%s%s, ", c->name, c->is_key ? " (read for the row's identity)" : "");
    }
    buf_text(out, "and every column not named here\n");
}

static void text_columns(const struct schema *s, const struct policy_table *t, struct buf *out)
{
    for (uint32_t i = 0; i < t->column_count; i++) {
        const struct field *f = field_of(s, t, &t->columns[i]);
        if (f)
            text_column(s, &t->columns[i], f, out);
    }
    text_behind(t, out);
}

static void text_table(const struct schema *s, const struct policy_table *t, struct buf *out)
{
    buf_print(out, "  table %s, from %s.%s\n", t->name, t->schema_name, t->name);
    text_columns(s, t, out);
}

static void text_metric(const struct schema *s, const struct metric_decl *m, struct buf *out)
{
    const struct table *t = &s->tables[m->table];
    buf_print(out, "metric %s: ", m->name);
    if (m->kind == METRIC_RATIO)
        buf_print(out, "share of %s whose %s is %s%s", t->name, t->fields[m->ratio_field].name,
                  m->ratio_is_not ? "not " : "", m->ratio_value);
    else
        buf_print(out, "count of %s", t->name);
    for (uint32_t i = 0; i < m->by_count; i++)
        buf_print(out, "%s%s", i ? ", " : " by ", m->by[i].name);
    buf_text(out, " every ");
    duration_print(m->every_ms, out);
    buf_text(out, "\n");
}

void statement_text(const struct policy *p, struct buf *out)
{
    const struct schema *s = p->schema;
    buf_print(out, "policy %016" PRIx64 "\n", s->fingerprint);
    for (uint32_t i = 0; i < p->source_count; i++) {
        const struct policy_source *source = &p->sources[i];
        buf_print(out, "source %s\n", source->name);
        for (uint32_t t = 0; t < source->table_count; t++)
            text_table(s, &source->tables[t], out);
    }
    for (uint32_t i = 0; i < p->push_count; i++) {
        buf_print(out, "push\n  index %s, from whoever has the role writer\n",
                  p->pushes[i].table.name);
        text_columns(s, &p->pushes[i].table, out);
    }
    for (uint32_t i = 0; i < s->metric_count; i++)
        text_metric(s, &s->metrics[i], out);
    if (s->floor_subjects > 0)
        buf_print(out, "floor: a metrics role sees no group of fewer than %u subjects (%s)\n",
                  s->floor_subjects, p->floor_subject);
    else
        buf_text(out, "floor: none; a metrics role sees groups of any size\n");
    buf_text(out, "Tables and columns not named here do not enter.\n");
}

static void json_column(const struct schema *s, const struct policy_column *c,
                        const struct field *f, struct json_writer *w)
{
    struct buf detail AUTO(buf_donep) = buf_init(DETAIL_BYTES_MAX);
    print_detail(s, c, f, &detail);
    json_object(w);
    json_key(w, "name");
    json_text(w, c->name);
    json_key(w, "treatment");
    json_text(w, c->treat->name);
    json_key(w, "type");
    json_text(w, field_type_name(f->type));
    if (detail.len > 0) {
        json_key(w, "detail");
        json_string(w, buf_slice(&detail));
    }
    json_key(w, "reveals");
    json_text(w, c->treat->reveals);
    json_end(w);
}

static void json_table(const struct schema *s, const struct policy_table *t, struct json_writer *w)
{
    json_object(w);
    json_key(w, "table");
    json_text(w, t->name);
    json_key(w, "from");
    json_print(w, "%s.%s", t->schema_name, t->name);
    json_key(w, "columns");
    json_array(w);
    for (uint32_t i = 0; i < t->column_count; i++) {
        const struct field *f = field_of(s, t, &t->columns[i]);
        if (f)
            json_column(s, &t->columns[i], f, w);
    }
    json_end(w);
    json_key(w, "stays_behind");
    json_array(w);
    for (uint32_t i = 0; i < t->column_count; i++) {
        if (t->columns[i].field < 0)
            json_text(w, t->columns[i].name);
    }
    json_end(w);
    json_end(w);
}

static void json_sources(const struct policy *p, struct json_writer *w)
{
    json_array(w);
    for (uint32_t i = 0; i < p->source_count; i++) {
        json_object(w);
        json_key(w, "name");
        json_text(w, p->sources[i].name);
        json_key(w, "tables");
        json_array(w);
        for (uint32_t t = 0; t < p->sources[i].table_count; t++)
            json_table(p->schema, &p->sources[i].tables[t], w);
        json_end(w);
        json_end(w);
    }
    json_end(w);
}

static void json_pushes(const struct policy *p, struct json_writer *w)
{
    json_array(w);
    for (uint32_t i = 0; i < p->push_count; i++)
        json_table(p->schema, &p->pushes[i].table, w);
    json_end(w);
}

static void json_metrics(const struct schema *s, struct json_writer *w)
{
    json_array(w);
    for (uint32_t i = 0; i < s->metric_count; i++) {
        struct buf words AUTO(buf_donep) = buf_init(DETAIL_BYTES_MAX);
        text_metric(s, &s->metrics[i], &words);
        json_object(w);
        json_key(w, "name");
        json_text(w, s->metrics[i].name);
        json_key(w, "words");
        json_string(w, slice_of(words.at, words.len ? words.len - 1 : 0)); // without its newline
        json_end(w);
    }
    json_end(w);
}

void statement_json(const struct policy *p, bool pretty, struct buf *out)
{
    struct json_writer w = json_writer_to(out);
    w.pretty = pretty;
    json_object(&w);
    json_key(&w, "fingerprint");
    json_print(&w, "%016" PRIx64, p->schema->fingerprint);
    if (p->floor_subject) {
        json_key(&w, "floor");
        json_object(&w);
        json_key(&w, "subjects");
        json_uint(&w, p->schema->floor_subjects);
        json_key(&w, "subject");
        json_text(&w, p->floor_subject);
        json_end(&w);
    }
    json_key(&w, "sources");
    json_sources(p, &w);
    json_key(&w, "push");
    json_pushes(p, &w);
    json_key(&w, "metrics");
    json_metrics(p->schema, &w);
    json_end(&w);
}
