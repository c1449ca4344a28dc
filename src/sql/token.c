// SPDX-License-Identifier: Apache-2.0
#include "sql/token.h"

#include "base/buf.h"

#include <stdio.h>

enum { WORDS_BYTES = 320 };

enum err sql_refuse(struct fault *why, const char *type, struct place at, const char *format, ...)
{
    char words[WORDS_BYTES];
    va_list list;
    va_start(list, format);
    vsnprintf(words, sizeof words, format, list);
    va_end(list);
    return fail(why, ERR_INVALID, "%s: line %u:%u: %s", type, at.line, at.column, words);
}

enum err sql_problem(struct fault *why, struct place at, const char *format, ...)
{
    char words[WORDS_BYTES];
    va_list list;
    va_start(list, format);
    vsnprintf(words, sizeof words, format, list);
    va_end(list);
    return fail(why, ERR_INVALID, "verification_exception: Found 1 problem\nline %u:%u: %s",
                at.line, at.column, words);
}

struct lexer {
    struct slice text;
    size_t at;
    struct place place;
    struct arena *request;
    struct fault *why;
};

static int peek(const struct lexer *l, size_t ahead)
{
    return l->at + ahead < l->text.len ? l->text.at[l->at + ahead] : -1;
}

// Columns count characters, not bytes.
static void step(struct lexer *l, size_t count)
{
    for (size_t i = 0; i < count && l->at < l->text.len; i++, l->at++) {
        uint8_t c = l->text.at[l->at];
        if (c == '\n')
            l->place = (struct place){l->place.line + 1, 1};
        else if ((c & 0xc0) != 0x80)
            l->place.column++;
    }
}

static bool is_blank(int c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static bool starts_name(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '@' || c >= 0x80;
}

static bool goes_on_name(int c)
{
    return starts_name(c) || is_digit(c) || c == '$';
}

static enum err skip_comment(struct lexer *l)
{
    struct place start = l->place;
    if (peek(l, 0) == '-') {
        while (peek(l, 0) >= 0 && peek(l, 0) != '\n')
            step(l, 1);
        return OK;
    }
    step(l, 2);
    while (peek(l, 0) >= 0 && !(peek(l, 0) == '*' && peek(l, 1) == '/'))
        step(l, 1);
    if (peek(l, 0) < 0)
        return sql_refuse(l->why, "parsing_exception", start, "a comment without its end");
    step(l, 2);
    return OK;
}

static enum err skip_blanks(struct lexer *l)
{
    for (;;) {
        while (is_blank(peek(l, 0)))
            step(l, 1);
        bool is_comment =
            (peek(l, 0) == '-' && peek(l, 1) == '-') || (peek(l, 0) == '/' && peek(l, 1) == '*');
        if (!is_comment)
            return OK;
        enum err e = skip_comment(l);
        if (e)
            return e;
    }
}

// What is between two quotes; a doubled one stands for itself.
static enum err read_quoted(struct lexer *l, struct token *t)
{
    int quote = peek(l, 0);
    struct buf text AUTO(buf_donep) = buf_init(SQL_BYTES_MAX);
    step(l, 1);
    for (;;) {
        int c = peek(l, 0);
        if (c < 0)
            return sql_refuse(l->why, "parsing_exception", t->place,
                              "token recognition error: a %s without its closing quote",
                              quote == '\'' ? "text" : "name");
        if (c == quote && peek(l, 1) != quote)
            break;
        step(l, c == quote ? 2 : 1);
        buf_u8(&text, (uint8_t)c);
    }
    step(l, 1);
    t->kind = quote == '\'' ? TOKEN_TEXT : TOKEN_QUOTED;
    t->text = arena_copy(l->request, buf_slice(&text));
    return OK;
}

static void read_number(struct lexer *l, struct token *t)
{
    size_t start = l->at;
    t->kind = TOKEN_WHOLE;
    while (is_digit(peek(l, 0)))
        step(l, 1);
    if (peek(l, 0) == '.' && (is_digit(peek(l, 1)) || l->at > start)) {
        t->kind = TOKEN_DECIMAL;
        step(l, 1);
        while (is_digit(peek(l, 0)))
            step(l, 1);
    }
    int mark = peek(l, 0);
    size_t sign = peek(l, 1) == '+' || peek(l, 1) == '-';
    if ((mark == 'e' || mark == 'E') && is_digit(peek(l, 1 + sign))) {
        t->kind = TOKEN_DECIMAL;
        step(l, 1 + sign);
        while (is_digit(peek(l, 0)))
            step(l, 1);
    }
    t->text = slice_of(l->text.at + start, l->at - start);
}

static enum err read_sign(struct lexer *l, struct token *t)
{
    static const char *const signs[] = {"<=>", "<>", "!=", "<=", ">=", "||", "::", "(", ")", ",",
                                        ".",   "*",  "+",  "-",  "/",  "%",  "=",  "<", ">", ";"};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        struct slice sign = slice_text(signs[i]);
        if (!slice_starts(slice_from(l->text, l->at), sign))
            continue;
        t->kind = TOKEN_SIGN;
        t->text = sign;
        step(l, sign.len);
        return OK;
    }
    int c = peek(l, 0);
    if (c < 0x20 || c > 0x7e)
        return sql_refuse(l->why, "parsing_exception", l->place,
                          "token recognition error: a byte 0x%02x that stands for nothing", c);
    return sql_refuse(l->why, "parsing_exception", l->place, "token recognition error at: '%c'", c);
}

static enum err read_one(struct lexer *l, struct token *t)
{
    enum err e = skip_blanks(l);
    size_t start = l->at;
    int c = peek(l, 0);
    *t = (struct token){.kind = TOKEN_END, .place = l->place};
    if (e || c < 0)
        return e;
    if (c == '\'' || c == '"' || c == '`') {
        e = read_quoted(l, t);
    } else if (is_digit(c) || (c == '.' && is_digit(peek(l, 1)))) {
        read_number(l, t);
    } else if (c == '?') {
        t->kind = TOKEN_PARAMETER;
        step(l, 1);
    } else if (starts_name(c)) {
        t->kind = TOKEN_NAME;
        while (goes_on_name(peek(l, 0)))
            step(l, 1);
        t->text = slice_of(l->text.at + start, l->at - start);
    } else {
        e = read_sign(l, t);
    }
    t->source = slice_of(l->text.at + start, l->at - start);
    return e;
}

enum err tokens_read(struct slice text, struct arena *request, const struct token **out,
                     struct fault *why)
{
    struct lexer l = {text, 0, {1, 1}, request, why};
    if (text.len > SQL_BYTES_MAX)
        return fail(why, ERR_LIMIT, "parsing_exception: the statement is longer than %d bytes",
                    SQL_BYTES_MAX);
    size_t cap = 64;
    size_t count = 0;
    struct token *tokens = ARENA_ARRAY(request, struct token, cap);
    for (;;) {
        if (count == cap) {
            struct token *grown = ARENA_ARRAY(request, struct token, cap * 2);
            memcpy(grown, tokens, cap * sizeof *tokens);
            tokens = grown;
            cap *= 2;
        }
        enum err e = read_one(&l, &tokens[count]);
        if (e)
            return e;
        if (tokens[count++].kind == TOKEN_END)
            break;
    }
    *out = tokens;
    return OK;
}
