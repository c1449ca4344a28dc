// SPDX-License-Identifier: Apache-2.0
#include "policy/yaml_tree.h"

#include "base/check.h"
#include "base/limits.h"

#include <stdio.h>
#include <yaml.h>

enum {
    DEPTH_MAX = 8,                // a metric's list is the deepest, at 4
    CHILDREN_MAX = LIMIT_COLUMNS, // so a table's columns meet theirs here; keeps the search for a
                                  // key written twice short
};

struct walk {
    yaml_parser_t *parser;
    yaml_event_t event; // the current one; owned
    struct arena *arena;
    struct fault *why;
};

enum err yaml_fail(struct fault *why, uint32_t line, const char *format, ...)
{
    char words[FAULT_WORDS_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    return fail(why, ERR_INVALID, "policy.yml line %u: %s", line, words);
}

static uint32_t event_line(const struct walk *w)
{
    return (uint32_t)w->event.start_mark.line + 1;
}

// What people mostly did when libyaml says so.
static const char *hint(const char *problem)
{
    static const struct {
        const char *says, *means;
    } hints[] = {
        {"character that cannot start", "; a tab? YAML is indented with blanks only"},
        {"did not find expected key", "; is it indented as its neighbours are?"},
        {"expected '-' indicator", "; is it indented as its neighbours are?"},
        {"not allowed in this context", "; is it, or the line above, indented wrongly, or does a "
                                        "text with ': ' in it lack its quotes?"},
        {"could not find expected ':'", "; a key without its ':'?"},
        {"did not find expected", "; is a { or [ not closed?"},
        {"unexpected end of stream", "; is a quote not closed?"},
    };

    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++) {
        if (strstr(problem, hints[i].says))
            return hints[i].means;
    }
    return "";
}

// libyaml's words name the fault, never the text.
static enum err advance(struct walk *w)
{
    yaml_event_delete(&w->event);
    if (yaml_parser_parse(w->parser, &w->event))
        return OK;
    const char *problem = w->parser->problem ? w->parser->problem : "is no YAML";
    return yaml_fail(w->why, (uint32_t)w->parser->problem_mark.line + 1, "%s%s", problem,
                     hint(problem));
}

static enum err check_plain(const struct walk *w, const void *anchor, const void *tag)
{
    if (anchor)
        return yaml_fail(w->why, event_line(w), "anchors are not allowed");
    if (tag)
        return yaml_fail(w->why, event_line(w), "tags are not allowed");
    return OK;
}

static enum err take_text(struct walk *w, const char **out)
{
    enum err e = check_plain(w, w->event.data.scalar.anchor, w->event.data.scalar.tag);
    if (e)
        return e;
    struct slice text = slice_of(w->event.data.scalar.value, w->event.data.scalar.length);
    if (memchr(text.at, 0, text.len))
        return yaml_fail(w->why, event_line(w), "a text holds a NUL");
    *out = arena_string(w->arena, text);
    return OK;
}

static enum err parse_node(struct walk *w, unsigned depth, struct yaml_tree *node);

static enum err parse_child(struct walk *w, unsigned depth, struct yaml_tree *parent,
                            struct yaml_tree **child)
{
    struct yaml_tree *node = ARENA_NEW(w->arena, struct yaml_tree);
    *child = node;
    if (++parent->count > CHILDREN_MAX)
        return yaml_fail(w->why, event_line(w), "more than %d entries in one place", CHILDREN_MAX);
    uint32_t key_line = event_line(w);
    if (parent->kind == YAML_MAP) {
        if (w->event.type != YAML_SCALAR_EVENT)
            return yaml_fail(w->why, key_line, "a key must be a plain text");
        enum err e = take_text(w, &node->name);
        if (e)
            return e;
        if (yaml_tree_get(parent, node->name))
            return yaml_fail(w->why, key_line, "%.255s is there twice", node->name);
        e = advance(w);
        if (e)
            return e;
    }
    enum err e = parse_node(w, depth + 1, node);
    node->line = key_line;
    return e;
}

// The current event starts a list or a map; afterwards it is the one that ends it.
static enum err parse_children(struct walk *w, unsigned depth, struct yaml_tree *node,
                               yaml_event_type_t end)
{
    const struct yaml_tree **tail = &node->first;
    enum err e = advance(w);
    while (!e && w->event.type != end) {
        struct yaml_tree *child = NULL;
        e = parse_child(w, depth, node, &child);
        if (e)
            return e;
        *tail = child;
        tail = &child->next;
        e = advance(w);
    }
    return e;
}

static enum err parse_node(struct walk *w, unsigned depth, struct yaml_tree *node)
{
    node->line = event_line(w);
    if (depth > DEPTH_MAX)
        return yaml_fail(w->why, node->line, "nested deeper than %d", DEPTH_MAX);
    if (w->event.type == YAML_SCALAR_EVENT)
        return take_text(w, &node->text);
    if (w->event.type == YAML_MAPPING_START_EVENT) {
        enum err e =
            check_plain(w, w->event.data.mapping_start.anchor, w->event.data.mapping_start.tag);
        node->kind = YAML_MAP;
        return e ? e : parse_children(w, depth, node, YAML_MAPPING_END_EVENT);
    }
    if (w->event.type == YAML_SEQUENCE_START_EVENT) {
        enum err e =
            check_plain(w, w->event.data.sequence_start.anchor, w->event.data.sequence_start.tag);
        node->kind = YAML_LIST;
        return e ? e : parse_children(w, depth, node, YAML_SEQUENCE_END_EVENT);
    }
    return yaml_fail(w->why, node->line, "aliases are not allowed");
}

static enum err parse_document(struct walk *w, struct yaml_tree *root)
{
    enum err e = advance(w); // stream start
    if (!e)
        e = advance(w); // document start
    if (!e && w->event.type != YAML_DOCUMENT_START_EVENT)
        return yaml_fail(w->why, event_line(w), "is empty; 'sources: {}' admits nothing");
    if (!e)
        e = advance(w);
    if (!e)
        e = parse_node(w, 0, root);
    if (!e)
        e = advance(w); // document end
    if (!e)
        e = advance(w);
    if (!e && w->event.type != YAML_STREAM_END_EVENT)
        return yaml_fail(w->why, event_line(w), "a second document is not allowed");
    return e;
}

enum err yaml_tree_parse(struct slice bytes, struct arena *policy, const struct yaml_tree **out,
                         struct fault *why)
{
    if (bytes.len > LIMIT_POLICY_BYTES)
        return fail(why, ERR_LIMIT, "policy.yml is larger than %d bytes", LIMIT_POLICY_BYTES);
    yaml_parser_t parser;
    CHECK(yaml_parser_initialize(&parser));
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, bytes.at ? bytes.at : (const uint8_t *)"", bytes.len);
    struct walk w = {.parser = &parser, .arena = policy, .why = why};
    struct yaml_tree *root = ARENA_NEW(policy, struct yaml_tree);
    enum err e = parse_document(&w, root);
    yaml_event_delete(&w.event);
    yaml_parser_delete(&parser);
    if (!e)
        *out = root;
    return e;
}

const struct yaml_tree *yaml_tree_get(const struct yaml_tree *map, const char *name)
{
    for (const struct yaml_tree *child = map->first; child; child = child->next) {
        if (child->name && strcmp(child->name, name) == 0)
            return child;
    }
    return NULL;
}
