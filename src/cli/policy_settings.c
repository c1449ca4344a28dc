// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"
#include "cli/policy_life.h"
#include "json/json_writer.h"
#include "policy/policy_mark.h"
#include "server/setting.h"

#include <stdio.h>

enum { OUT_BYTES = 1 << 20, NAME_BYTES = 256 };

struct line {
    const char *kind, *name, *value;
    enum protects protects;
    enum loosens loosens;
    uint64_t min, max;
};

static void print_text(struct buf *out, const struct line *l)
{
    buf_print(out, "%-13s  %-42s  %-10s  %s\n", l->kind, l->name, protects_name(l->protects),
              loosens_words(l->loosens));
}

static void print_json(struct json_writer *w, const struct line *l)
{
    json_object(w);
    json_key(w, "kind");
    json_text(w, l->kind);
    json_key(w, "name");
    json_text(w, l->name);
    json_key(w, "value");
    json_text(w, l->value);
    json_key(w, "min");
    json_uint(w, l->min);
    json_key(w, "max");
    json_uint(w, l->max);
    json_key(w, "protects");
    json_text(w, protects_name(l->protects));
    json_key(w, "loosens");
    json_text(w, loosens_words(l->loosens));
    json_end(w);
}

struct printing {
    struct buf *out;
    struct json_writer w;
    bool as_json;
};

static void print(struct printing *p, const struct line *l)
{
    if (p->as_json)
        print_json(&p->w, l);
    else
        print_text(p->out, l);
}

static void print_all(struct printing *p)
{
    for (uint32_t i = 0; i < setting_count; i++) {
        const struct setting *s = &settings[i];
        char name[NAME_BYTES];
        snprintf(name, sizeof name, "%s%s%s", s->section ? s->section : "", s->section ? "." : "",
                 s->name);
        print(p, &(struct line){setting_kind_name(s->kind), name, s->value, s->protects, s->loosens,
                                s->min, s->max});
    }
    for (uint32_t i = 0; i < policy_mark_count; i++)
        print(p, &(struct line){"policy.yml", policy_marks[i].path, "", policy_marks[i].protects,
                                policy_marks[i].loosens, 0, 0});
}

enum exit_status policy_run_settings(const struct arguments *a)
{
    struct fault why = {0};
    struct buf out AUTO(buf_donep) = buf_init(OUT_BYTES);
    struct printing p = {
        .out = &out, .w = json_writer_to(&out), .as_json = arguments_has(a, "json")};
    if (p.as_json)
        json_array(&p.w);
    print_all(&p);
    if (p.as_json) {
        json_end(&p.w);
        buf_text(&out, "\n");
    }
    if (buf_end(&out, &why))
        return cli_failed(&why);
    fwrite(out.at, 1, out.len, stdout);
    return EXIT_STATUS_OK;
}
