// SPDX-License-Identifier: Apache-2.0
#include "server/http_request.h"

#include "base/limits.h"
#include "base/num.h"
#include "json/json_writer.h"
#include "server/gzip.h"

#include <stdlib.h>
#include <strings.h>

enum { REFUSAL_BYTES = 8192 };

struct http_request *http_request_new(struct http_bodies *bodies, const char *target)
{
    struct http_request *r = calloc(1, sizeof *r);
    char *copy = strdup(target);
    if (!r || !copy) {
        free(r);
        free(copy);
        return NULL;
    }
    *r = (struct http_request){.bodies = bodies, .target = copy};
    r->body = buf_init(LIMIT_REQUEST_BODY_BYTES);
    return r;
}

// Gives the bytes of its body back to all others.
static void body_done(struct http_request *r)
{
    atomic_fetch_sub(&r->bodies->bytes, r->body.len);
    buf_done(&r->body);
}

void http_request_free(struct http_request *r)
{
    if (!r)
        return;
    body_done(r);
    free(r->target);
    free(r);
}

static void refuse(struct http_request *r, int status, const char *words)
{
    if (r->status)
        return;
    r->status = status;
    (void)fail(&r->why, ERR_LIMIT, "%s", words); // the words are what is wanted
    body_done(r);
}

static void refuse_length(struct http_request *r)
{
    struct fault why;
    (void)fail(&why, ERR_LIMIT, "a request body has at most %d bytes", LIMIT_REQUEST_BODY_BYTES);
    refuse(r, 413, why.words);
}

static const char *ambiguity(const struct http_head *head)
{
    if (head->lengths > 1 || head->transfers > 1 || (head->lengths && head->transfers))
        return "a request says once how long it is: by Content-Length or by Transfer-Encoding";
    if (head->transfer && strcasecmp(head->transfer, "chunked") != 0)
        return "Transfer-Encoding is chunked or nothing";
    if (head->credentials > 1)
        return "a request has one Authorization header";
    return head->hosts > 1 ? "a request has one Host header" : NULL;
}

void http_request_begin(struct http_request *r, const struct http_head *head)
{
    r->has_begun = true;
    r->drops_body = head->credentials == 0;
    const char *wrong = ambiguity(head);
    r->is_ambiguous = wrong != NULL;
    if (wrong)
        refuse(r, 400, wrong);
    uint64_t bytes = 0;
    if (head->length && parse_u64(slice_text(head->length), &bytes) == OK &&
        bytes > LIMIT_REQUEST_BODY_BYTES)
        refuse_length(r);
}

bool http_request_more(struct http_request *r, struct slice bytes)
{
    r->seen_bytes += bytes.len;
    if (r->seen_bytes > LIMIT_REQUEST_BODY_BYTES)
        refuse_length(r);
    // The library cannot answer in the middle of a body, so the rest is read and
    // forgotten, but not for ever.
    if (r->status || r->drops_body)
        return r->seen_bytes < 2 * (size_t)LIMIT_REQUEST_BODY_BYTES;
    size_t before = atomic_fetch_add(&r->bodies->bytes, bytes.len);
    if (before + bytes.len > r->bodies->bytes_max) {
        atomic_fetch_sub(&r->bodies->bytes, bytes.len);
        refuse(r, 429, "all request bodies together are too large now; try again");
        return true;
    }
    buf_slice_add(&r->body, bytes);
    return true;
}

static void unpack(struct http_request *r)
{
    struct buf plain = buf_init(LIMIT_REQUEST_BODY_BYTES);
    struct fault why = {0};
    enum err e = gzip_unpack(buf_slice(&r->body), &plain, &why);
    if (e) {
        buf_done(&plain);
        refuse(r, e == ERR_LIMIT ? 413 : 400, why.words);
        return;
    }
    atomic_fetch_add(&r->bodies->bytes, plain.len);
    body_done(r);
    r->body = plain;
}

void http_request_end(struct http_request *r, const char *encoding)
{
    if (r->status || r->body.len == 0 || !encoding || strcasecmp(encoding, "identity") == 0)
        return;
    if (strcasecmp(encoding, "gzip") == 0)
        unpack(r);
    else
        refuse(r, 415, "Content-Encoding is gzip or nothing");
}

void http_request_target(struct http_request *r, struct api_request *out)
{
    char *mark = strchr(r->target, '?');
    if (mark)
        *mark = '\0';
    out->path = r->target;
    out->query = mark ? mark + 1 : "";
}

static const char *error_type(int status)
{
    switch (status) {
    case 413:
        return "content_too_long_exception";
    case 415:
        return "media_type_header_exception";
    case 503:
        return "audit_unavailable_exception";
    case 429:
        return "es_rejected_execution_exception";
    default:
        return "illegal_argument_exception";
    }
}

static void cause(struct json_writer *w, int status, const char *words)
{
    json_key(w, "type");
    json_text(w, error_type(status));
    json_key(w, "reason");
    json_text(w, words);
}

void http_refusal(int status, const char *words, struct api_reply *out)
{
    *out = (struct api_reply){.status = status,
                              .content_type = slice_text("application/json"),
                              .retry_after_s = status == 429 ? 1 : 0};
    out->body = buf_init(REFUSAL_BYTES);
    struct json_writer w = json_writer_to(&out->body);
    json_object(&w);
    json_key(&w, "error");
    json_object(&w);
    json_key(&w, "root_cause");
    json_array(&w);
    json_object(&w);
    cause(&w, status, words);
    json_end(&w);
    json_end(&w);
    cause(&w, status, words);
    json_end(&w);
    json_key(&w, "status");
    json_int(&w, status);
    json_end(&w);
}
