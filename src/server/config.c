// SPDX-License-Identifier: Apache-2.0
#include "server/config.h"

#include "base/limits.h"
#include "base/num.h"
#include "server/setting.h"

#include <stddef.h>
#include <stdio.h>
#include <yaml.h>

struct key {
    const char *section; // the map it is in; NULL at the top
    const char *name;
    enum setting_form kind;
    size_t at;         // in struct config
    uint64_t min, max; // of a number, or of a text's length
};

// Keys that are in a map of their own.
static const char *const sections[] = {"audit", "search", "segments", "tls", "users"};

enum { SECTION_COUNT = sizeof sections / sizeof sections[0] };

// The parser knows what the register lists, and nothing else.
#define KEY(section_, name_, form_, field_, min_, max_, protects_, loosens_) \
    {section_, name_, form_, offsetof(struct config, field_), min_, max_},

static const struct key keys[] = {SETTINGS_OF_FILE(KEY)};

#undef KEY

enum { KEY_COUNT = sizeof keys / sizeof keys[0] };

void config_default(struct config *out)
{
    *out = (struct config){
        .connections = 1024,
        .connections_per_address = 256,
        .idle_seconds = 60,
        .request_seconds = 300,
        .seal_rows = 1 << 20,
        .log_bytes = 256 << 20,
        .search_memory_bytes = 1 << 30,
        .search_buckets_max = LIMIT_BUCKETS,
        .search_cache_bytes = 128 << 20,
        .audit_keep_days = 400,
        .audit_bytes_max = (uint64_t)16 << 30,
        .cluster_name = "tamis",
        .users = {
            [PROCESS_KEEPER] = "61841", [PROCESS_MIRROR] = "61842", [PROCESS_SERVE] = "61843"}};
    (void)endpoint_parse(slice_text("127.0.0.1:9200"), &out->listen, NULL); // a constant
}

// A walk over the events of libyaml: the map at the top, and one map deep.
struct walk {
    yaml_parser_t parser;
    struct config *out;
    const char *section; // inside which map; NULL at the top
    bool seen[KEY_COUNT];
    bool section_seen[SECTION_COUNT];
};

static enum err fail_at(const yaml_event_t *event, struct fault *why, const char *what,
                        const char *name)
{
    return fail(why, ERR_INVALID, "tamis.yml line %zu: %s%s%.100s", event->start_mark.line + 1,
                what, name ? " " : "", name ? name : "");
}

static enum err next_event(struct walk *w, yaml_event_t *out, struct fault *why)
{
    if (yaml_parser_parse(&w->parser, out))
        return OK;
    return fail(why, ERR_INVALID, "tamis.yml line %zu: %s", w->parser.problem_mark.line + 1,
                w->parser.problem ? w->parser.problem : "not YAML");
}

// The text of a plain scalar, or nothing: anchors, tags and NUL bytes change what a text
// means and have no place here.
static bool scalar_text(const yaml_event_t *event, struct slice *out)
{
    if (event->type != YAML_SCALAR_EVENT || event->data.scalar.anchor || event->data.scalar.tag)
        return false;
    *out = slice_of(event->data.scalar.value, event->data.scalar.length);
    return !memchr(out->at, 0, out->len);
}

static const struct key *key_find(const char *section, struct slice name, size_t *out_index)
{
    for (size_t i = 0; i < KEY_COUNT; i++) {
        bool same = section ? keys[i].section && strcmp(keys[i].section, section) == 0
                            : keys[i].section == NULL;
        if (same && slice_is(name, keys[i].name)) {
            *out_index = i;
            return &keys[i];
        }
    }
    return NULL;
}

static enum err set_number(const struct key *key, struct slice text, char *at, struct fault *why)
{
    uint64_t v = 0;
    if (parse_u64(text, &v) || v < key->min || v > key->max)
        return fail(why, ERR_INVALID, "%s is a number from %llu to %llu", key->name,
                    (unsigned long long)key->min, (unsigned long long)key->max);
    uint32_t small = (uint32_t)v;
    if (key->kind == KEY_U32)
        memcpy(at, &small, sizeof small);
    else
        memcpy(at, &v, sizeof v);
    return OK;
}

static enum err set_value(struct walk *w, const struct key *key, struct slice text,
                          struct fault *why)
{
    char *at = (char *)w->out + key->at;
    if (key->kind == KEY_LISTEN)
        return endpoint_parse(text, &w->out->listen, why);
    if (key->kind != KEY_TEXT)
        return set_number(key, text, at, why);
    if (text.len < key->min || text.len > key->max)
        return fail(why, ERR_INVALID, "%s is a text of %llu to %llu bytes", key->name,
                    (unsigned long long)key->min, (unsigned long long)key->max);
    memcpy(at, text.at, text.len);
    at[text.len] = '\0';
    return OK;
}

static enum err take_value(struct walk *w, const struct key *key, struct fault *why)
{
    yaml_event_t event;
    enum err e = next_event(w, &event, why);
    if (e)
        return e;
    struct slice text;
    if (!scalar_text(&event, &text)) {
        e = fail_at(&event, why, "a plain value is missing for", key->name);
    } else if (set_value(w, key, text, why)) {
        e = fail_in(why, ERR_INVALID, "tamis.yml line %zu", event.start_mark.line + 1);
    }
    yaml_event_delete(&event);
    return e;
}

static bool section_find(struct slice name, size_t *out_index)
{
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        if (slice_is(name, sections[i])) {
            *out_index = i;
            return true;
        }
    }
    return false;
}

// Its name and a colon were read; its map must follow.
static enum err enter_section(struct walk *w, size_t section, const yaml_event_t *name,
                              struct fault *why)
{
    if (w->section_seen[section])
        return fail_at(name, why, "a key is there twice:", sections[section]);
    yaml_event_t event;
    enum err e = next_event(w, &event, why);
    if (e)
        return e;
    if (event.type != YAML_MAPPING_START_EVENT || event.data.mapping_start.anchor ||
        event.data.mapping_start.tag)
        e = fail_at(&event, why, "a map is missing for", sections[section]);
    yaml_event_delete(&event);
    w->section = sections[section];
    w->section_seen[section] = true;
    return e;
}

static enum err take_key(struct walk *w, const yaml_event_t *event, struct fault *why)
{
    struct slice name;
    if (!scalar_text(event, &name))
        return fail_at(event, why, "a key is a plain word", NULL);
    size_t index = 0;
    if (!w->section && section_find(name, &index))
        return enter_section(w, index, event, why);
    const struct key *key = key_find(w->section, name, &index);
    if (!key)
        return fail_at(event, why, "there is no key", (const char *)name.at);
    if (w->seen[index])
        return fail_at(event, why, "a key is there twice:", key->name);
    w->seen[index] = true;
    return take_value(w, key, why);
}

static enum err walk_map(struct walk *w, struct fault *why)
{
    for (;;) {
        yaml_event_t event;
        enum err e = next_event(w, &event, why);
        if (e)
            return e;
        bool ends = event.type == YAML_MAPPING_END_EVENT;
        bool whole = ends && !w->section;
        if (ends)
            w->section = NULL;
        else
            e = take_key(w, &event, why);
        yaml_event_delete(&event);
        if (e || whole)
            return e;
    }
}

static enum err expect(struct walk *w, yaml_event_type_t type, struct fault *why)
{
    yaml_event_t event;
    enum err e = next_event(w, &event, why);
    if (e)
        return e;
    if (event.type != type)
        e = fail_at(&event, why, "one map of keys and values is all there may be", NULL);
    yaml_event_delete(&event);
    return e;
}

static enum err walk_file(struct walk *w, struct fault *why)
{
    enum err e = expect(w, YAML_STREAM_START_EVENT, why);
    yaml_event_t event;
    if (!e)
        e = next_event(w, &event, why);
    if (e)
        return e;
    bool is_empty = event.type == YAML_STREAM_END_EVENT; // only comments
    yaml_event_delete(&event);
    if (is_empty)
        return OK;
    e = expect(w, YAML_MAPPING_START_EVENT, why);
    if (!e)
        e = walk_map(w, why);
    if (!e)
        e = expect(w, YAML_DOCUMENT_END_EVENT, why);
    return e ? e : expect(w, YAML_STREAM_END_EVENT, why);
}

enum err config_parse(struct slice yaml, struct config *out, struct fault *why)
{
    if (yaml.len > LIMIT_CONFIG_BYTES)
        return fail(why, ERR_LIMIT, "tamis.yml is larger than %d bytes", LIMIT_CONFIG_BYTES);
    struct config parsed;
    config_default(&parsed);
    struct walk w = {.out = &parsed};
    if (!yaml_parser_initialize(&w.parser))
        return fail(why, ERR_LIMIT, "no memory for the YAML parser");
    // libyaml refuses NULL, which an empty file may well be.
    yaml_parser_set_input_string(&w.parser, yaml.at ? yaml.at : (const uint8_t *)"", yaml.len);
    enum err e = walk_file(&w, why);
    yaml_parser_delete(&w.parser);
    if (!e)
        *out = parsed;
    return e;
}
