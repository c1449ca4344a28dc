// SPDX-License-Identifier: Apache-2.0
#include "query/lucene.h"

#include "base/limits.h"

// How a clause counts.  As in Lucene, AND and OR are no operators of a tree: an AND makes
// the clauses on both of its sides required, so "a OR b AND c" is "a, +b, +c".
enum occurs { SHOULD, MUST, MUST_NOT };

enum { CLAUSES_MAX = 1024, WORDS_BYTES = 120 };

struct clause {
    struct clause *next;
    const struct query *query;
    enum occurs occurs;
};

struct clauses {
    struct clause *first, *last;
    uint32_t count;
};

struct lucene {
    const struct form *form;
    const struct lucene_options *options;
    struct slice whole, rest;
    struct slice field; // of the clause, or of the group around it
    uint32_t depth;
    uint32_t clause_count;
};

enum conjunction { NO_CONJUNCTION, AND, OR };

static enum err refuse(const struct lucene *l, const char *what)
{
    return fail(l->form->why, ERR_INVALID,
                "query_shard_exception: Failed to parse query [%.*s]: %s",
                l->whole.len < WORDS_BYTES ? (int)l->whole.len : WORDS_BYTES,
                (const char *)l->whole.at, what);
}

static void skip(struct lucene *l, size_t len)
{
    l->rest = slice_from(l->rest, len);
}

static uint8_t ahead(const struct lucene *l)
{
    return l->rest.len > 0 ? l->rest.at[0] : 0;
}

static void skip_blanks(struct lucene *l)
{
    while (ahead(l) && ahead(l) <= ' ')
        skip(l, 1);
}

static bool take(struct lucene *l, const char *text)
{
    if (!slice_starts(l->rest, slice_text(text)))
        return false;
    skip(l, strlen(text));
    return true;
}

// A word of the language, which must not be the start of a longer one.
static bool take_word(struct lucene *l, const char *word)
{
    size_t len = strlen(word);
    if (!slice_starts(l->rest, slice_text(word)))
        return false;
    if (l->rest.len > len && l->rest.at[len] > ' ' && l->rest.at[len] != '(')
        return false;
    skip(l, len);
    return true;
}

static enum conjunction take_conjunction(struct lucene *l)
{
    skip_blanks(l);
    if (take_word(l, "AND") || take(l, "&&"))
        return AND;
    return take_word(l, "OR") || take(l, "||") ? OR : NO_CONJUNCTION;
}

static bool take_modifier(struct lucene *l, enum occurs *out)
{
    skip_blanks(l);
    if (take_word(l, "NOT") || take(l, "-") || take(l, "!"))
        *out = MUST_NOT;
    else if (take(l, "+"))
        *out = MUST;
    else
        return false;
    return true;
}

// A word up to a blank or a character of the syntax, without its backslashes.
struct word {
    struct slice text;
    struct slice raw; // with its backslashes, as a wildcard has them
    bool has_wildcard;
    bool is_quoted;
};

static bool ends_word(uint8_t c, bool in_range)
{
    if (c <= ' ')
        return true;
    return in_range ? c == ']' || c == '}' : strchr("()[]{}:^\"~", c) != NULL;
}

// Length of the word with its backslashes.
static size_t plain_len(struct slice s, bool in_range)
{
    size_t len = 0;
    while (len < s.len && !ends_word(s.at[len], in_range))
        len += s.at[len] == '\\' && len + 1 < s.len ? 2 : 1;
    return len;
}

static enum err take_plain(struct lucene *l, bool in_range, struct word *out)
{
    struct slice raw = slice_of(l->rest.at, plain_len(l->rest, in_range));
    if (raw.len == 0)
        return refuse(l, "a value is missing");
    uint8_t *text = arena_alloc(l->form->request, raw.len);
    size_t len = 0;
    for (size_t i = 0; i < raw.len; i++) {
        bool is_escape = raw.at[i] == '\\';
        if (is_escape && ++i == raw.len)
            return refuse(l, "nothing after the last backslash");
        out->has_wildcard =
            out->has_wildcard || (!is_escape && (raw.at[i] == '*' || raw.at[i] == '?'));
        text[len++] = raw.at[i];
    }
    skip(l, raw.len);
    out->text = slice_of(text, len);
    out->raw = raw;
    return OK;
}

static enum err take_quoted(struct lucene *l, struct word *out)
{
    size_t end = 1;
    while (end < l->rest.len && l->rest.at[end] != '"')
        end += l->rest.at[end] == '\\' ? 2 : 1;
    if (end >= l->rest.len)
        return refuse(l, "a quote is not closed");
    uint8_t *text = arena_alloc(l->form->request, end);
    size_t len = 0;
    for (size_t i = 1; i < end; i++) {
        i += l->rest.at[i] == '\\';
        text[len++] = l->rest.at[i];
    }
    skip(l, end + 1);
    out->text = slice_of(text, len);
    out->is_quoted = true;
    return OK;
}

static enum err take_value(struct lucene *l, bool in_range, struct word *out)
{
    *out = (struct word){0};
    return ahead(l) == '"' ? take_quoted(l, out) : take_plain(l, in_range, out);
}

static struct query *new_query(struct lucene *l, enum query_kind kind)
{
    struct query *q = ARENA_NEW(l->form->request, struct query);
    q->kind = kind;
    q->boost = 1;
    return q;
}

static const struct query *new_pattern(struct lucene *l, enum pattern_kind kind, struct slice text)
{
    struct query *q = new_query(l, QUERY_PATTERN);
    q->pattern = (struct query_pattern){.field = l->field,
                                        .kind = kind,
                                        .text = text,
                                        .operators = REGEXP_ALL,
                                        .is_lenient = l->options->is_lenient};
    return q;
}

static enum err one_word(struct lucene *l, const struct word *word, const struct query **out)
{
    bool is_star = !word->is_quoted && word->has_wildcard && slice_is(word->text, "*");
    if (is_star && (l->field.len == 0 || slice_is(l->field, "*"))) {
        *out = new_query(l, QUERY_MATCH_ALL);
        return OK;
    }
    if (is_star || slice_is(l->field, "_exists_")) {
        struct query *exists = new_query(l, QUERY_EXISTS);
        exists->exists = is_star ? l->field : word->text;
        *out = exists;
        return OK;
    }
    if (l->field.len == 0 || slice_is(l->field, "*"))
        return refuse(l, "a word needs a field, as in field:word");
    if (word->has_wildcard) {
        *out = new_pattern(l, PATTERN_WILDCARD, word->raw);
        return OK;
    }
    struct query *q = new_query(l, QUERY_TERMS);
    struct literal *value = ARENA_NEW(l->form->request, struct literal);
    *value = (struct literal){.type = LITERAL_TEXT, .text = word->text};
    q->terms = (struct query_terms){.field = l->field,
                                    .values = value,
                                    .value_count = 1,
                                    .is_match = true,
                                    .is_lenient = l->options->is_lenient};
    *out = q;
    return OK;
}

// /EXPRESSION/, where a backslash before a slash keeps it in.
static enum err take_regexp(struct lucene *l, const struct query **out)
{
    size_t end = 1;
    while (end < l->rest.len && l->rest.at[end] != '/')
        end += l->rest.at[end] == '\\' ? 2 : 1;
    if (end >= l->rest.len)
        return refuse(l, "a regular expression is not closed");
    if (l->field.len == 0 || slice_is(l->field, "*"))
        return refuse(l, "a word needs a field, as in field:word");
    uint8_t *text = arena_alloc(l->form->request, end);
    size_t len = 0;
    for (size_t i = 1; i < end; i++) {
        bool is_kept = l->rest.at[i] == '\\' && l->rest.at[i + 1] == '/';
        text[len++] = l->rest.at[i + is_kept];
        i += is_kept;
    }
    skip(l, end + 1);
    *out = new_pattern(l, PATTERN_REGEXP, slice_of(text, len));
    return OK;
}

static struct query *new_range(struct lucene *l)
{
    struct query *q = new_query(l, QUERY_RANGE);
    q->range.field = l->field;
    q->range.time_zone = l->options->time_zone;
    return q;
}

static struct literal bound_of(const struct word *word)
{
    if (!word->is_quoted && slice_is(word->text, "*"))
        return (struct literal){.type = LITERAL_NULL};
    return (struct literal){.type = LITERAL_TEXT, .text = word->text};
}

// [a TO b], with braces for an end that is not in.
static enum err take_range(struct lucene *l, const struct query **out)
{
    struct query *q = new_range(l);
    struct word from;
    struct word to;
    q->range.from_open = ahead(l) == '{';
    skip(l, 1);
    skip_blanks(l);
    enum err e = take_value(l, true, &from);
    if (e)
        return e;
    skip_blanks(l);
    if (!take_word(l, "TO"))
        return refuse(l, "TO is missing in a range");
    skip_blanks(l);
    e = take_value(l, true, &to);
    if (e)
        return e;
    skip_blanks(l);
    q->range.to_open = ahead(l) == '}';
    if (!take(l, "]") && !take(l, "}"))
        return refuse(l, "a range is not closed");
    q->range.from = bound_of(&from);
    q->range.to = bound_of(&to);
    *out = q;
    return OK;
}

// After ">" or "<".
static enum err take_compared(struct lucene *l, bool is_from, const struct query **out)
{
    struct query *q = new_range(l);
    struct word word;
    bool is_open = !take(l, "=");
    enum err e = take_value(l, false, &word);
    if (e)
        return e;
    *(is_from ? &q->range.from : &q->range.to) = bound_of(&word);
    *(is_from ? &q->range.from_open : &q->range.to_open) = is_open;
    *out = q;
    return OK;
}

static enum err take_group(struct lucene *l, const struct query **out);

static enum err take_boost(struct lucene *l)
{
    struct word ignored = {0};
    if (ahead(l) == '~')
        return refuse(l, "fuzziness and slop are not supported");
    return take(l, "^") ? take_plain(l, false, &ignored) : OK;
}

// What stands after "field:", or alone.
static enum err take_operand(struct lucene *l, const struct query **out)
{
    struct word word;
    uint8_t c = ahead(l);
    enum err e = OK;
    if (take(l, "(")) {
        e = take_group(l, out);
        if (!e && !take(l, ")"))
            e = refuse(l, "a parenthesis is not closed");
    } else if (c == '/') {
        e = take_regexp(l, out);
    } else if ((c == '[' || c == '{' || c == '>' || c == '<') && l->field.len == 0) {
        e = refuse(l, "a range needs a field");
    } else if (c == '[' || c == '{') {
        e = take_range(l, out);
    } else if (c == '>' || c == '<') {
        skip(l, 1);
        e = take_compared(l, c == '>', out);
    } else {
        e = take_value(l, false, &word);
        if (!e)
            e = one_word(l, &word, out);
    }
    return e ? e : take_boost(l);
}

// "field:" when it is next.
static enum err take_field(struct lucene *l)
{
    struct lucene tried = *l;
    struct word name = {0};
    uint8_t c = ahead(l);
    if (c == '"' || c == '(' || c == '/' || (c && ends_word(c, false)) ||
        !memchr(l->rest.at, ':', l->rest.len))
        return OK;
    enum err e = take_plain(&tried, false, &name);
    skip_blanks(&tried);
    if (e || ahead(&tried) != ':')
        return e;
    bool is_all = slice_is(name.text, "*");
    if (name.has_wildcard && !is_all)
        return refuse(l, "wildcards in field names are not supported");
    l->rest = slice_from(tried.rest, 1);
    l->field = name.text;
    return OK;
}

static enum err take_clause(struct lucene *l, const struct query **out)
{
    struct slice outer = l->field;
    skip_blanks(l);
    enum err e = take_field(l);
    if (!e) {
        skip_blanks(l);
        e = take_operand(l, out);
    }
    l->field = outer;
    return e;
}

static void add_clause(struct lucene *l, struct clauses *all, enum conjunction conjunction,
                       enum occurs modifier, const struct query *q)
{
    if (all->last && all->last->occurs != MUST_NOT) {
        if (conjunction == AND)
            all->last->occurs = MUST;
        else if (conjunction == OR && l->options->is_and)
            all->last->occurs = SHOULD;
    }
    struct clause *c = ARENA_NEW(l->form->request, struct clause);
    c->query = q;
    c->occurs = modifier;
    bool is_required = conjunction == AND || (l->options->is_and && conjunction != OR);
    if (modifier == SHOULD && is_required)
        c->occurs = MUST;
    if (all->last)
        all->last->next = c;
    else
        all->first = c;
    all->last = c;
    all->count++;
}

static void collect(struct lucene *l, const struct clauses *all, enum occurs occurs,
                    const struct query *const **out, uint32_t *out_count)
{
    const struct query **queries = ARENA_ARRAY(l->form->request, const struct query *, all->count);
    uint32_t count = 0;
    for (const struct clause *c = all->first; c; c = c->next) {
        if (c->occurs == occurs)
            queries[count++] = c->query;
    }
    *out = queries;
    *out_count = count;
}

static const struct query *query_of_clauses(struct lucene *l, const struct clauses *all)
{
    if (all->count == 1 && all->first->occurs != MUST_NOT)
        return all->first->query;
    struct query *q = new_query(l, QUERY_BOOL);
    struct query_bool *b = &q->bool_;
    collect(l, all, MUST, &b->must, &b->must_count);
    collect(l, all, SHOULD, &b->should, &b->should_count);
    collect(l, all, MUST_NOT, &b->must_not, &b->must_not_count);
    b->should_match_min = b->must_count == 0 && b->should_count > 0 ? 1 : 0;
    return q;
}

// False when the text or the whole request has too many clauses.
static bool count_clause(struct lucene *l)
{
    uint32_t *left = l->form->clauses_left;
    if (++l->clause_count > CLAUSES_MAX || (left && *left == 0))
        return false;
    if (left)
        --*left;
    return true;
}

static enum err take_group(struct lucene *l, const struct query **out)
{
    struct clauses all = {0};
    enum conjunction conjunction = NO_CONJUNCTION;
    if (++l->depth > LIMIT_QUERY_DEPTH)
        return refuse(l, "nested too deeply");
    do {
        enum occurs modifier = SHOULD;
        const struct query *q = NULL;
        (void)take_modifier(l, &modifier); // most clauses have none
        if (!count_clause(l))
            return refuse(l, "too many clauses");
        enum err e = take_clause(l, &q);
        if (e)
            return e;
        add_clause(l, &all, conjunction, modifier, q);
        conjunction = take_conjunction(l);
        skip_blanks(l);
    } while (conjunction != NO_CONJUNCTION || (l->rest.len > 0 && ahead(l) != ')'));
    l->depth--;
    *out = query_of_clauses(l, &all);
    return OK;
}

enum err lucene_parse(const struct form *f, struct slice text, const struct lucene_options *options,
                      const struct query **out)
{
    struct lucene l = {.form = f,
                       .options = options,
                       .whole = text,
                       .rest = text,
                       .field = options->default_field};
    const struct query *q = NULL;
    skip_blanks(&l);
    if (l.rest.len == 0) {
        *out = new_query(&l, QUERY_MATCH_NONE);
        return OK;
    }
    enum err e = take_group(&l, &q);
    if (!e && l.rest.len > 0)
        e = refuse(&l, "a parenthesis is not opened");
    if (!e)
        *out = q;
    return e;
}
