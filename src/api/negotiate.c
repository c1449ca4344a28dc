// SPDX-License-Identifier: Apache-2.0
#include "api/negotiate.h"

#include "api/list.h"

#include <strings.h>

enum media_kind { MEDIA_NONE, MEDIA_ANY, MEDIA_JSON, MEDIA_NDJSON, MEDIA_TEXT };

enum media_vendor { VENDOR_NONE, VENDOR_ELASTIC, VENDOR_OPENSEARCH };

struct media_type {
    enum media_kind kind;
    enum media_vendor vendor;
    uint8_t version; // '7', '8', '9'; 0 when not given
};

struct media_name {
    const char *name;
    enum media_kind kind;
    enum media_vendor vendor;
};

static const struct media_name names[] = {
    {"*/*", MEDIA_ANY, VENDOR_NONE},
    {"application/*", MEDIA_ANY, VENDOR_NONE},
    {"application/json", MEDIA_JSON, VENDOR_NONE},
    {"application/x-ndjson", MEDIA_NDJSON, VENDOR_NONE},
    {"text/plain", MEDIA_TEXT, VENDOR_NONE},
    {"text/csv", MEDIA_TEXT, VENDOR_NONE},
    {"text/tab-separated-values", MEDIA_TEXT, VENDOR_NONE},
    {"application/vnd.elasticsearch+json", MEDIA_JSON, VENDOR_ELASTIC},
    {"application/vnd.elasticsearch+x-ndjson", MEDIA_NDJSON, VENDOR_ELASTIC},
    {"application/vnd.opensearch+json", MEDIA_JSON, VENDOR_OPENSEARCH},
    {"application/vnd.opensearch+x-ndjson", MEDIA_NDJSON, VENDOR_OPENSEARCH},
};

static const char *const reply_types[3][3] = {
    [VENDOR_NONE] = {"application/json", "application/json", "application/json"},
    [VENDOR_ELASTIC] = {"application/vnd.elasticsearch+json;compatible-with=7",
                        "application/vnd.elasticsearch+json;compatible-with=8",
                        "application/vnd.elasticsearch+json;compatible-with=9"},
    [VENDOR_OPENSEARCH] = {"application/vnd.opensearch+json;compatible-with=7",
                           "application/vnd.opensearch+json;compatible-with=8",
                           "application/vnd.opensearch+json;compatible-with=9"},
};

static struct slice next_piece(struct slice *rest)
{
    const uint8_t *end = rest->len ? memchr(rest->at, ';', rest->len) : NULL;
    size_t len = end ? (size_t)(end - rest->at) : rest->len;
    struct slice piece = slice_of(rest->at, len);
    *rest = slice_from(*rest, len + 1);
    while (piece.len && (piece.at[0] == ' ' || piece.at[0] == '\t'))
        piece = slice_from(piece, 1);
    while (piece.len && (piece.at[piece.len - 1] == ' ' || piece.at[piece.len - 1] == '\t'))
        piece.len--;
    return piece;
}

static bool is_name(struct slice s, const char *name)
{
    return s.len == strlen(name) && strncasecmp((const char *)s.at, name, s.len) == 0;
}

// "compatible-with=8"; other parameters (charset, q) are stepped over.
static bool read_version(struct slice piece, uint8_t *out)
{
    static const char key[] = "compatible-with";
    size_t len = sizeof key - 1;
    if (piece.len < len || strncasecmp((const char *)piece.at, key, len) != 0)
        return true;
    piece = slice_from(piece, len);
    while (piece.len && (piece.at[0] == ' ' || piece.at[0] == '='))
        piece = slice_from(piece, 1);
    if (piece.len != 1 || piece.at[0] < '7' || piece.at[0] > '9')
        return false;
    *out = piece.at[0];
    return true;
}

// Kind MEDIA_NONE when it is none of ours.
static struct media_type read_type(struct slice text)
{
    struct media_type type = {MEDIA_NONE, VENDOR_NONE, 0};
    struct slice name = next_piece(&text);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (is_name(name, names[i].name)) {
            type.kind = names[i].kind;
            type.vendor = names[i].vendor;
        }
    }
    while (text.len) {
        if (!read_version(next_piece(&text), &type.version))
            type.kind = MEDIA_NONE;
    }
    return type;
}

static enum err read_accept(struct slice accept, struct media_type *out, struct fault *why)
{
    struct slice rest = accept;
    struct slice part;
    while (list_next(&rest, &part)) {
        *out = read_type(part);
        if (out->kind != MEDIA_NONE)
            return OK;
    }
    return fail(why, ERR_INVALID,
                "media_type_header_exception: Invalid media-type value on headers [Accept]");
}

static enum err read_content_type(struct slice text, struct media_type *out, struct fault *why)
{
    if (text.len == 0)
        return fail(why, ERR_INVALID, "Content-Type header is missing");
    *out = read_type(text);
    if (out->kind == MEDIA_JSON || out->kind == MEDIA_NDJSON)
        return OK;
    return fail(why, ERR_INVALID, "Content-Type header [%.*s] is not supported",
                text.len > 128 ? 128 : (int)text.len, (const char *)text.at);
}

enum err negotiate(struct slice content_type, struct slice accept, bool has_body, struct media *out,
                   int *out_status, struct fault *why)
{
    struct media_type reply = {MEDIA_ANY, VENDOR_NONE, 0};
    struct media_type body = {MEDIA_JSON, VENDOR_NONE, 0};
    if (accept.len && read_accept(accept, &reply, why) != OK) {
        *out_status = 400;
        return ERR_INVALID;
    }
    if (has_body && read_content_type(content_type, &body, why) != OK) {
        *out_status = 406;
        return ERR_INVALID;
    }
    uint8_t version = reply.version ? reply.version : '8';
    *out = (struct media){
        .json_type = slice_text(reply_types[reply.vendor][version - '7']),
        .wants_json = reply.kind == MEDIA_JSON || reply.kind == MEDIA_NDJSON,
        .body_is_ndjson = body.kind == MEDIA_NDJSON,
    };
    return OK;
}
