// SPDX-License-Identifier: Apache-2.0
#include "server/http.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/world.h"
#include "server/door.h"
#include "server/endpoint.h"
#include "server/gzip.h"
#include "server/http_request.h"
#include "server/packs.h"

#include <gnutls/abstract.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

enum {
    BODIES_BYTES_MAX = 512 << 20, // five of the largest bodies
    HEAD_BYTES_MAX = 64 << 10,    // request line, headers, and the library's own buffers
    REFUSAL_ARENA_BYTES = 64 << 10,
    PACK_BYTES_MIN = 1024, // shorter replies are not worth packing
    // Of a connection's thread: sixteen of the largest frames, and so small that the system
    // cannot back it with a huge page when the first byte is touched.
    STACK_BYTES = 1 << 20,
};

// A connection and by when its present request must be over.
struct guest {
    int fd;
    struct tls *tls; // what it began with
    bool has_asked;  // a request has begun
    char address[ENDPOINT_TEXT_BYTES];
    int64_t until_us;
    struct guest *next, *before;
};

struct http {
    struct http_options options;
    struct http_bodies bodies;
    struct packs *packs;
    struct MHD_Daemon *daemon;
    struct door *door;
    pthread_mutex_t guests_lock; // guards the list and the guests in it, and tls
    struct guest *guests;
    struct tls *tls; // for those who come
};

static struct slice header(struct MHD_Connection *c, const char *name)
{
    const char *value = MHD_lookup_connection_value(c, MHD_HEADER_KIND, name);
    return value ? slice_text(value) : slice_of(NULL, 0);
}

static struct slice address_print(const struct sockaddr *at, char room[ENDPOINT_TEXT_BYTES])
{
    struct endpoint e = {0};
    room[0] = '\0';
    if (at && at->sa_family == AF_INET)
        e.address_bytes = sizeof(struct sockaddr_in);
    else if (at && at->sa_family == AF_INET6)
        e.address_bytes = sizeof(struct sockaddr_in6);
    if (e.address_bytes > 0) {
        memcpy(&e.address, at, e.address_bytes);
        endpoint_print_address(&e, room);
    }
    return slice_text(room);
}

static struct slice address_of(struct MHD_Connection *c, char room[ENDPOINT_TEXT_BYTES])
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return address_print(info ? info->client_addr : NULL, room);
}

static void tell_malformed(const struct http *h, struct slice address)
{
    if (h->options.malformed)
        h->options.malformed(h->options.context, address);
}

// The guests: so that nobody holds a connection by sending a byte now and then.

static void guest_renew(struct http *h, struct guest *g)
{
    pthread_mutex_lock(&h->guests_lock);
    g->until_us = monotonic_us() + (int64_t)h->options.request_seconds * 1000000;
    pthread_mutex_unlock(&h->guests_lock);
}

static void guest_enter(struct http *h, struct MHD_Connection *c, void **out)
{
    struct guest *g = calloc(1, sizeof *g);
    CHECK(g != NULL);
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
    g->fd = info ? info->connect_fd : -1;
    guest_renew(h, g);
    pthread_mutex_lock(&h->guests_lock);
    g->tls = tls_ref(h->tls);
    g->next = h->guests;
    if (g->next)
        g->next->before = g;
    h->guests = g;
    pthread_mutex_unlock(&h->guests_lock);
    // The library has set the session up, and begins the handshake after this.
    info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    CHECK(info != NULL && info->tls_session != NULL);
    tls_begin(g->tls, info->tls_session);
    (void)address_of(c, g->address);
    *out = g;
}

static void guest_leave(struct http *h, struct guest *g)
{
    if (!g)
        return;
    pthread_mutex_lock(&h->guests_lock);
    if (g->before)
        g->before->next = g->next;
    else
        h->guests = g->next;
    if (g->next)
        g->next->before = g->before;
    pthread_mutex_unlock(&h->guests_lock);
    if (!g->has_asked) // a handshake that failed, or one for nothing
        tell_malformed(h, slice_text(g->address));
    tls_unref(g->tls); // the session is over, and only forgets it
    free(g);
}

static void on_connection(void *context, struct MHD_Connection *c, void **socket_context,
                          enum MHD_ConnectionNotificationCode what)
{
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        guest_enter(context, c, socket_context);
    else
        guest_leave(context, *socket_context);
}

static struct guest *guest_of(struct MHD_Connection *c)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

// The library closes a descriptor only after guest_leave(), so under the lock every one
// in the list is open and ours.
static void shut_the_late(void *context)
{
    struct http *h = context;
    int64_t now = monotonic_us();
    pthread_mutex_lock(&h->guests_lock);
    for (struct guest *g = h->guests; g; g = g->next) {
        if (g->until_us < now)
            (void)shutdown(g->fd, SHUT_RDWR); // it may be gone already
    }
    pthread_mutex_unlock(&h->guests_lock);
}

// Replies.

static void free_body(void *context)
{
    struct buf *body = context;
    buf_done(body);
    free(body);
}

static enum err pack_body(struct http *h, const struct api_reply *reply, struct buf *out)
{
    const struct api_kept *kept = &reply->kept;
    struct slice body = buf_slice(&reply->body);
    if (kept->number && kept->len >= PACK_BYTES_MIN &&
        packs_pack(h->packs, kept, body, out, NULL) == OK)
        return OK;
    buf_reset(out);
    return gzip_pack(body, out, NULL);
}

static bool pack(struct http *h, struct MHD_Connection *c, struct api_reply *reply)
{
    if (reply->body.len < PACK_BYTES_MIN || !gzip_accepted(header(c, "Accept-Encoding")))
        return false;
    struct buf packed = buf_init(LIMIT_REPLY_BYTES);
    if (pack_body(h, reply, &packed) || packed.len >= reply->body.len) {
        buf_done(&packed);
        return false;
    }
    buf_done(&reply->body);
    reply->body = packed;
    return true;
}

static void add_text(struct MHD_Response *r, const char *name, struct slice value)
{
    char text[1024];
    if (value.len == 0 || value.len >= sizeof text)
        return;
    memcpy(text, value.at, value.len);
    text[value.len] = '\0';
    (void)MHD_add_response_header(r, name, text); // refused only when it has line ends
}

static void add_headers(struct MHD_Connection *c, struct MHD_Response *r,
                        const struct api_reply *reply, bool is_packed)
{
    add_text(r, "X-Elastic-Product", slice_text("Elasticsearch"));
    add_text(r, "X-Content-Type-Options", slice_text("nosniff"));
    add_text(r, "Content-Type", reply->content_type);
    add_text(r, "WWW-Authenticate", reply->authenticate);
    add_text(r, "Allow", reply->allow);
    add_text(r, "X-Opaque-Id", header(c, "X-Opaque-Id"));
    if (reply->cursor)
        (void)MHD_add_response_header(r, "Cursor", reply->cursor);
    if (is_packed)
        add_text(r, "Content-Encoding", slice_text("gzip"));
    if (reply->retry_after_s) {
        char text[16];
        snprintf(text, sizeof text, "%u", reply->retry_after_s);
        add_text(r, "Retry-After", slice_text(text));
    }
}

// Nothing of the reply is left.
static void replace_unrecorded(struct api_reply *reply)
{
    buf_done(&reply->body);
    http_refusal(503, "the audit log cannot be written, so nothing is answered", reply);
    reply->retry_after_s = 1;
}

// The only way out.  Takes the reply's body over.  `closes`: nothing more is read from the
// connection.
static enum MHD_Result send_reply(struct http *h, struct MHD_Connection *c, struct api_reply *reply,
                                  const struct audited *on_record, bool closes)
{
    if (!on_record || !audited_may_leave(on_record))
        replace_unrecorded(reply);
    bool is_packed = pack(h, c, reply);
    struct buf *body = malloc(sizeof *body);
    if (!body) {
        buf_done(&reply->body);
        return MHD_NO;
    }
    *body = reply->body;
    struct MHD_Response *r = MHD_create_response_from_buffer_with_free_callback_cls(
        body->len, body->at, free_body, body);
    if (!r) {
        free_body(body);
        return MHD_NO;
    }
    add_headers(c, r, reply, is_packed);
    if (closes)
        add_text(r, "Connection", slice_text("close"));
    enum MHD_Result queued = MHD_queue_response(c, (unsigned)reply->status, r);
    MHD_destroy_response(r);
    return queued;
}

// Requests.

static enum MHD_Result count_header(void *context, enum MHD_ValueKind kind, const char *name,
                                    const char *value)
{
    (void)kind;
    (void)value;
    struct http_head *head = context;
    head->lengths += strcasecmp(name, "Content-Length") == 0;
    head->transfers += strcasecmp(name, "Transfer-Encoding") == 0;
    head->credentials += strcasecmp(name, "Authorization") == 0;
    head->hosts += strcasecmp(name, "Host") == 0;
    return MHD_YES;
}

static struct http_head head_of(struct MHD_Connection *c)
{
    struct http_head head = {
        .length = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Content-Length"),
        .transfer = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Transfer-Encoding")};
    (void)MHD_get_connection_values(c, MHD_HEADER_KIND, count_header, &head);
    return head;
}

static enum MHD_Result send_refusal(struct http *h, struct MHD_Connection *c,
                                    const struct http_request *r)
{
    struct api_reply reply;
    char address[ENDPOINT_TEXT_BYTES];
    http_refusal(r->status, r->why.words, &reply);
    if (r->status == 400)
        tell_malformed(h, address_of(c, address));
    struct arena *arena AUTO(arena_freep) = arena_new(REFUSAL_ARENA_BYTES);
    const struct audited *on_record =
        h->options.record(h->options.context, r->status, address_of(c, address), arena);
    return send_reply(h, c, &reply, on_record, r->is_ambiguous);
}

// The far end has sent all that it will ever send, or the connection is no more.  Bytes that
// wait to be read (the end of TLS is told by some) do not hide this.
static bool is_gone(void *asker)
{
    const struct guest *g = asker;
    struct pollfd look = {.fd = g->fd, .events = POLLRDHUP};
    return poll(&look, 1, 0) > 0 && look.revents != 0;
}

static enum MHD_Result answer(struct http *h, struct MHD_Connection *c, const char *method,
                              struct http_request *r)
{
    http_request_end(r, MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Content-Encoding"));
    if (r->status)
        return send_refusal(h, c, r);
    char address[ENDPOINT_TEXT_BYTES];
    struct api_request request = {.method = method,
                                  .authorization = header(c, "Authorization"),
                                  .content_type = header(c, "Content-Type"),
                                  .accept = header(c, "Accept"),
                                  .opaque_id = header(c, "X-Opaque-Id"),
                                  .otp = header(c, "X-Tamis-OTP"),
                                  .address = address_of(c, address),
                                  .body = buf_slice(&r->body)};
    http_request_target(r, &request);
    struct guest *g = guest_of(c);
    if (g) {
        request.is_gone = is_gone;
        request.asker = g;
    }
    struct arena *arena AUTO(arena_freep) = arena_new(LIMIT_REQUEST_ARENA_BYTES);
    struct api_reply reply = {0};
    h->options.handle(h->options.context, &request, arena, &reply);
    // Its slices live in the arena, and are copied into headers before that goes.
    return send_reply(h, c, &reply, reply.on_record, false);
}

// NOLINTNEXTLINE(readability-function-size): the library says how many parameters there are
static enum MHD_Result on_request(void *context, struct MHD_Connection *c, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *data_bytes, void **request)
{
    (void)url; // decoded and without the query; the request has it as it was sent
    (void)version;
    struct http *h = context;
    struct http_request *r = *request;
    if (!r)
        return MHD_NO; // there was no memory for it
    if (!r->has_begun) {
        struct http_head head = head_of(c);
        http_request_begin(r, &head);
        // Refused by its head alone: answered before the body is asked for.
        return r->status ? send_refusal(h, c, r) : MHD_YES;
    }
    if (*data_bytes == 0)
        return answer(h, c, method, r);
    bool goes_on = http_request_more(r, slice_of(data, *data_bytes));
    *data_bytes = 0;
    return goes_on ? MHD_YES : MHD_NO;
}

static void *on_target(void *context, const char *target, struct MHD_Connection *c)
{
    struct http *h = context;
    struct guest *g = guest_of(c);
    if (g) {
        g->has_asked = true;
        guest_renew(h, g);
    }
    return http_request_new(&h->bodies, target);
}

static void on_completed(void *context, struct MHD_Connection *c, void **request,
                         enum MHD_RequestTerminationCode how)
{
    (void)how; // answered or broken off: the same for us
    struct guest *g = guest_of(c);
    if (g)
        guest_renew(context, g);
    http_request_free(*request);
    *request = NULL;
}

// Paths stay percent-encoded: the API decodes each segment by itself.
static size_t keep_escapes(void *context, struct MHD_Connection *c, char *text)
{
    (void)context;
    (void)c;
    return strlen(text);
}

static void on_plain(void *context, const struct door_guest *guest)
{
    char address[ENDPOINT_TEXT_BYTES];
    tell_malformed(context, address_print(guest->address, address));
}

static void on_guest(void *context, const struct door_guest *guest)
{
    struct http *h = context;
    // Refused (too many): the library has closed it.
    (void)MHD_add_connection(h->daemon, guest->fd, guest->address, guest->address_bytes);
}

// The library's own credentials are those of no connection: each has its own (guest_enter()).  One
// that had not would end here.
// NOLINTNEXTLINE(readability-function-size): the library says how many parameters there are
static int no_certificate(gnutls_session_t session, const gnutls_datum_t *authorities, int count,
                          const gnutls_pk_algorithm_t *algorithms, int algorithm_count,
                          gnutls_pcert_st **out_chain,
                          unsigned *out_count, // NOLINT(readability-non-const-parameter)
                          gnutls_privkey_t *out_key)
{
    (void)session;
    (void)authorities;
    (void)count;
    (void)algorithms;
    (void)algorithm_count;
    (void)out_chain;
    (void)out_count;
    (void)out_key;
    return -1;
}

static struct MHD_Daemon *start(struct http *h)
{
    const struct http_options *o = &h->options;
    const unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION |
                           MHD_USE_POLL | MHD_USE_TLS | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ITC;
    return MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, h, MHD_OPTION_HTTPS_CERT_CALLBACK, no_certificate,
        MHD_OPTION_HTTPS_PRIORITIES, "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2",
        MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK_BYTES, MHD_OPTION_CONNECTION_LIMIT,
        o->connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT, o->connections_per_address,
        MHD_OPTION_CONNECTION_TIMEOUT, o->idle_seconds, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)HEAD_BYTES_MAX, MHD_OPTION_URI_LOG_CALLBACK, on_target, h,
        MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
        h, MHD_OPTION_NOTIFY_CONNECTION, on_connection, h, MHD_OPTION_END);
}

enum err http_open(const struct http_options *options, struct http **out, struct fault *why)
{
    struct http *h = calloc(1, sizeof *h);
    CHECK(h != NULL);
    h->options = *options;
    h->bodies.bytes_max = BODIES_BYTES_MAX;
    h->packs = packs_new();
    h->tls = tls_ref(options->tls);
    CHECK(pthread_mutex_init(&h->guests_lock, NULL) == 0);
    h->daemon = start(h);
    if (!h->daemon) {
        http_close(h);
        return fail(why, ERR_INVALID, "HTTPS does not start");
    }
    struct door_options door = {.listening = options->listening,
                                .https = options->https,
                                .context = h,
                                .enter = on_guest,
                                .plain = on_plain,
                                .tick = shut_the_late};
    enum err e = door_open(&door, &h->door, why);
    if (e) {
        http_close(h);
        return e;
    }
    *out = h;
    return OK;
}

void http_renew(struct http *h, struct tls *tls)
{
    pthread_mutex_lock(&h->guests_lock);
    struct tls *before = h->tls;
    h->tls = tls_ref(tls);
    pthread_mutex_unlock(&h->guests_lock);
    tls_unref(before);
}

void http_close(struct http *h)
{
    if (!h)
        return;
    door_close(h->door);
    if (h->daemon)
        MHD_stop_daemon(h->daemon);
    packs_free(h->packs);
    tls_unref(h->tls);
    pthread_mutex_destroy(&h->guests_lock);
    free(h);
}
