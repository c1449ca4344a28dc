// SPDX-License-Identifier: Apache-2.0
// A real TLS client over a unix socket: all of HTTPS but the network.
#include "server/certificate.h"
#include "server/directory.h"
#include "server/gzip.h"
#include "server/http.h"
#include "unit/server/place.h"

#include <gnutls/gnutls.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

struct site {
    struct place place;
    struct sockaddr_un at;
    int listening;
    struct http *http;
    struct world home;
    struct tls *tls;
};

// "/wait" is not answered before "/go" was.
static struct {
    pthread_mutex_t lock;
    pthread_cond_t news;
    int waiting;
    bool goes, was_there;
} gate = {.lock = PTHREAD_MUTEX_INITIALIZER, .news = PTHREAD_COND_INITIALIZER};

static void pass_gate(bool waits)
{
    pthread_mutex_lock(&gate.lock);
    gate.waiting += waits;
    gate.goes = gate.goes || !waits;
    pthread_cond_broadcast(&gate.news);
    while (waits && !gate.goes)
        pthread_cond_wait(&gate.news, &gate.lock);
    pthread_mutex_unlock(&gate.lock);
}

// "/leave": until the asker has gone.
static void see_off(const struct api_request *r)
{
    struct timespec moment = {.tv_nsec = 1000000};
    pthread_mutex_lock(&gate.lock);
    gate.was_there = !r->is_gone(r->asker);
    gate.waiting++;
    pthread_cond_broadcast(&gate.news);
    pthread_mutex_unlock(&gate.lock);
    while (!r->is_gone(r->asker))
        nanosleep(&moment, NULL); // nobody tells: that is what is being tested
    pthread_mutex_lock(&gate.lock);
    gate.goes = true;
    pthread_cond_broadcast(&gate.news);
    pthread_mutex_unlock(&gate.lock);
}

// Tells what it was asked; "/big" gets a reply worth packing.
static void echo(void *context, const struct api_request *r, struct arena *request,
                 struct api_reply *out)
{
    (void)context;
    (void)request;
    *out = (struct api_reply){
        .status = 200, .content_type = slice_text("application/json"), .on_record = audit_probe()};
    if (strcmp(r->path, "/forgotten") == 0)
        out->on_record = NULL;
    out->body = buf_init(1 << 20);
    if (strcmp(r->method, "HEAD") == 0)
        return;
    buf_print(&out->body, "%s %s ? %s [%.*s]", r->method, r->path, r->query, SLICE_PRINT(r->body));
    for (int i = 0; i < 1000 && strcmp(r->path, "/big") == 0; i++)
        buf_text(&out->body, "all the same ");
    if (strcmp(r->path, "/wait") == 0 || strcmp(r->path, "/go") == 0)
        pass_gate(r->path[1] == 'w');
    if (strcmp(r->path, "/leave") == 0)
        see_off(r);
    if (strcmp(r->path, "/denied") == 0) {
        out->status = 401;
        out->authenticate = slice_text("Basic realm=\"security\"");
        out->retry_after_s = 7;
    }
}

static const struct audited *on_record(void *context, int status, struct slice address,
                                       struct arena *request)
{
    (void)context;
    (void)status;
    (void)address;
    (void)request;
    return audit_probe();
}

// What is in w/tls.
static struct tls *tls_in(const struct world *w, const char *clients)
{
    struct buf key AUTO(buf_donep) = buf_init(1 << 16);
    struct buf cert AUTO(buf_donep) = buf_init(1 << 16);
    struct buf ca AUTO(buf_donep) = buf_init(1 << 16);
    struct tls *tls = NULL;
    EXPECT_EQ(world_read_file(w, "tls/server.key", &key, NULL), OK);
    EXPECT_EQ(world_read_file(w, "tls/server.crt", &cert, NULL), OK);
    if (clients)
        EXPECT_EQ(world_read_file(w, clients, &ca, NULL), OK);
    const struct tls_pem pem = {buf_slice(&key), buf_slice(&cert), buf_slice(&ca)};
    EXPECT_EQ(tls_new(&pem, &tls, NULL), OK);
    return tls;
}

static void site_open(struct site *s)
{
    s->place = place_make();
    EXPECT_EQ(directory_make(place_name(&s->place, "home"), &s->home, NULL), OK);
    EXPECT_EQ(certificate_make(&s->home, NULL, 0, NULL), OK);
    s->tls = tls_in(&s->home, NULL);
    s->at = (struct sockaddr_un){.sun_family = AF_UNIX};
    snprintf(s->at.sun_path, sizeof s->at.sun_path, "%s/s", s->place.path);
    s->listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    EXPECT_EQ(bind(s->listening, (struct sockaddr *)&s->at, sizeof s->at), 0);
    EXPECT_EQ(listen(s->listening, 16), 0);
    struct http_options options = {.listening = s->listening,
                                   .https = "https://tamis.example",
                                   .tls = s->tls,
                                   .connections = 32,
                                   .connections_per_address = 32,
                                   .idle_seconds = 5,
                                   .request_seconds = 5,
                                   .handle = echo,
                                   .record = on_record};
    EXPECT_EQ(http_open(&options, &s->http, NULL), OK);
}

static void site_close(struct site *s)
{
    http_close(s->http);
    close(s->listening);
    tls_unref(s->tls);
    world_close(&s->home);
    place_drop(&s->place);
}

struct visitor {
    int fd;
    gnutls_session_t session;
    gnutls_certificate_credentials_t trust;
};

static int visitor_open(struct visitor *v, const struct site *s, const char *priorities)
{
    v->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(connect(v->fd, (const struct sockaddr *)&s->at, sizeof s->at), 0);
    EXPECT_EQ(gnutls_certificate_allocate_credentials(&v->trust), 0);
    EXPECT_EQ(gnutls_certificate_set_x509_trust_file(
                  v->trust, place_name(&s->place, "home/tls/ca.crt"), GNUTLS_X509_FMT_PEM),
              1);
    EXPECT_EQ(gnutls_init(&v->session, GNUTLS_CLIENT), 0);
    EXPECT_EQ(gnutls_priority_set_direct(v->session, priorities, NULL), 0);
    EXPECT_EQ(gnutls_credentials_set(v->session, GNUTLS_CRD_CERTIFICATE, v->trust), 0);
    gnutls_session_set_verify_cert(v->session, "localhost", 0);
    gnutls_transport_set_int(v->session, v->fd);
    gnutls_handshake_set_timeout(v->session, 5000);
    int result;
    do {
        result = gnutls_handshake(v->session);
    } while (result < 0 && !gnutls_error_is_fatal(result));
    return result;
}

static void visitor_close(struct visitor *v)
{
    gnutls_deinit(v->session);
    gnutls_certificate_free_credentials(v->trust);
    close(v->fd);
}

// Sends the request (which must say Connection: close) and gathers all of the reply.
static struct buf ask(const struct site *s, const char *request)
{
    struct visitor v;
    struct buf reply = buf_init(4 << 20);
    EXPECT_EQ(visitor_open(&v, s, "NORMAL"), 0);
    EXPECT_EQ(gnutls_record_send(v.session, request, strlen(request)), (ssize_t)strlen(request));
    for (;;) {
        char chunk[16384];
        ssize_t n = gnutls_record_recv(v.session, chunk, sizeof chunk);
        if (n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED)
            continue;
        if (n <= 0)
            break;
        buf_bytes(&reply, chunk, (size_t)n);
    }
    buf_u8(&reply, 0);
    visitor_close(&v);
    return reply;
}

#define END "Connection: close\r\n\r\n"

static bool reply_has(const struct buf *reply, const char *words)
{
    return strstr((const char *)reply->at, words) != NULL;
}

TEST(http_carries_request_and_reply_as_they_are)
{
    struct site s;
    site_open(&s);
    struct buf reply AUTO(buf_donep) =
        ask(&s, "POST /a%2Fb?q=x%20y HTTP/1.1\r\nHost: x\r\nAuthorization: Basic eA==\r\n"
                "X-Opaque-Id: mine\r\nContent-Length: 5\r\n" END "hello");
    site_close(&s);
    EXPECT(strncmp((const char *)reply.at, "HTTP/1.1 200 ", 13) == 0);
    EXPECT(reply_has(&reply, "POST /a%2Fb ? q=x%20y [hello]"));
    EXPECT(reply_has(&reply, "X-Elastic-Product: Elasticsearch\r\n"));
    EXPECT(reply_has(&reply, "X-Opaque-Id: mine\r\n"));
    EXPECT(reply_has(&reply, "Content-Type: application/json\r\n"));
}

TEST(http_says_who_is_denied_how_and_for_how_long)
{
    struct site s;
    site_open(&s);
    struct buf reply AUTO(buf_donep) =
        ask(&s, "POST /denied HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n" END "hello");
    site_close(&s);
    EXPECT(strncmp((const char *)reply.at, "HTTP/1.1 401 ", 13) == 0);
    EXPECT(reply_has(&reply, "WWW-Authenticate: Basic realm=\"security\"\r\n"));
    EXPECT(reply_has(&reply, "Retry-After: 7\r\n"));
    EXPECT(reply_has(&reply, "X-Elastic-Product: Elasticsearch\r\n"));
    EXPECT(reply_has(&reply, "POST /denied ?  []")); // no credential, no body
}

TEST(http_refuses_a_long_body_before_it_is_sent)
{
    struct site s;
    site_open(&s);
    struct buf reply AUTO(buf_donep) =
        ask(&s, "POST / HTTP/1.1\r\nHost: x\r\nAuthorization: Basic eA==\r\n"
                "Content-Length: 999999999\r\nExpect: 100-continue\r\n" END);
    site_close(&s);
    EXPECT(strncmp((const char *)reply.at, "HTTP/1.1 413 ", 13) == 0);
    EXPECT(reply_has(&reply, "\"status\":413"));
    EXPECT(reply_has(&reply, "X-Elastic-Product: Elasticsearch\r\n"));
}

TEST(http_answers_others_while_some_are_at_work)
{
    static const char wait[] = "GET /wait HTTP/1.1\r\nHost: x\r\n" END;
    struct site s;
    struct visitor v[16];
    char reply[1024];
    site_open(&s);
    gate.waiting = 0;
    gate.goes = false;
    for (int i = 0; i < 16; i++) {
        EXPECT_EQ(visitor_open(&v[i], &s, "NORMAL"), 0);
        EXPECT_EQ(gnutls_record_send(v[i].session, wait, strlen(wait)), (ssize_t)strlen(wait));
    }
    pthread_mutex_lock(&gate.lock);
    while (gate.waiting < 16)
        pthread_cond_wait(&gate.news, &gate.lock);
    pthread_mutex_unlock(&gate.lock);
    struct buf other AUTO(buf_donep) = ask(&s, "GET /go HTTP/1.1\r\nHost: x\r\n" END);
    EXPECT(reply_has(&other, "GET /go"));
    for (int i = 0; i < 16; i++) {
        EXPECT(gnutls_record_recv(v[i].session, reply, sizeof reply) > 0);
        EXPECT(strncmp(reply, "HTTP/1.1 200 ", 13) == 0);
        visitor_close(&v[i]);
    }
    site_close(&s);
}

TEST(http_tells_a_handler_that_the_asker_has_gone)
{
    // With the end of TLS told, and without.
    for (int says_so = 0; says_so < 2; says_so++) {
        static const char leave[] = "GET /leave HTTP/1.1\r\nHost: x\r\n\r\n";
        struct site s;
        struct visitor v;
        site_open(&s);
        gate.waiting = 0;
        gate.goes = gate.was_there = false;
        EXPECT_EQ(visitor_open(&v, &s, "NORMAL"), 0);
        EXPECT_EQ(gnutls_record_send(v.session, leave, strlen(leave)), (ssize_t)strlen(leave));
        pthread_mutex_lock(&gate.lock);
        while (gate.waiting == 0)
            pthread_cond_wait(&gate.news, &gate.lock);
        pthread_mutex_unlock(&gate.lock);
        EXPECT(gate.was_there);
        if (says_so)
            (void)gnutls_bye(v.session, GNUTLS_SHUT_WR);
        visitor_close(&v);
        pthread_mutex_lock(&gate.lock);
        while (!gate.goes)
            pthread_cond_wait(&gate.news, &gate.lock);
        pthread_mutex_unlock(&gate.lock);
        site_close(&s);
    }
}

// Where a proxy before us would see one request, we must not see two, or the other way
// round: the second could ride on somebody else's credential.
TEST(http_closes_after_a_request_that_ends_in_two_places)
{
    static const char *const heads[] = {
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Content-Length: 0\r\nContent-Length: 5\r\n\r\n",
        "Transfer-Encoding: xchunked\r\n\r\n",
        "Authorization: Basic eQ==\r\n\r\n",
    };
    static const char *const methods[] = {"GET", "POST"};
    struct site s;
    site_open(&s);
    for (size_t i = 0; i < 8; i++) {
        char request[600];
        snprintf(request, sizeof request,
                 "%s /first HTTP/1.1\r\nHost: x\r\nAuthorization: Basic eA==\r\n%s"
                 "GET /second HTTP/1.1\r\nHost: x\r\n" END,
                 methods[i % 2], heads[i / 2]);
        struct buf reply AUTO(buf_donep) = ask(&s, request);
        EXPECT(strncmp((const char *)reply.at, "HTTP/1.1 400 ", 13) == 0);
        EXPECT(reply_has(&reply, "Connection: close\r\n"));
        EXPECT(!reply_has(&reply, "/first") && !reply_has(&reply, "/second"));
        EXPECT(strstr((const char *)reply.at + 8, "HTTP/1.1") == NULL);
    }
    site_close(&s);
}

TEST(http_goes_on_for_who_waits_to_be_told)
{
    struct site s;
    site_open(&s);
    struct buf reply AUTO(buf_donep) =
        ask(&s, "POST / HTTP/1.1\r\nHost: x\r\nAuthorization: Basic eA==\r\n"
                "Content-Length: 5\r\nExpect: 100-continue\r\n" END "hello");
    site_close(&s);
    EXPECT(reply_has(&reply, "[hello]"));
}

TEST(http_packs_a_long_reply_when_asked)
{
    struct site s;
    site_open(&s);
    struct buf reply AUTO(buf_donep) =
        ask(&s, "GET /big HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n" END);
    struct buf bare AUTO(buf_donep) = ask(&s, "GET /big HTTP/1.1\r\nHost: x\r\n" END);
    site_close(&s);
    EXPECT(reply_has(&reply, "Content-Encoding: gzip\r\n"));
    EXPECT(!reply_has(&bare, "Content-Encoding"));
    const char *body = strstr((const char *)reply.at, "\r\n\r\n") + 4;
    size_t head = (size_t)((const uint8_t *)body - reply.at);
    struct buf plain AUTO(buf_donep) = buf_init(1 << 20);
    EXPECT_EQ(gzip_unpack(slice_of(body, reply.len - 1 - head), &plain, NULL), OK);
    EXPECT(slice_starts(buf_slice(&plain), slice_text("GET /big ?  []all the same")));
}

TEST(http_answers_head_without_a_body)
{
    struct site s;
    site_open(&s);
    struct buf reply AUTO(buf_donep) = ask(&s, "HEAD / HTTP/1.1\r\nHost: x\r\n" END);
    site_close(&s);
    EXPECT(strncmp((const char *)reply.at, "HTTP/1.1 200 ", 13) == 0);
    const char *end = strstr((const char *)reply.at, "\r\n\r\n");
    EXPECT(end != NULL && end[4] == '\0');
}

TEST(http_sends_nothing_that_is_not_on_record)
{
    struct site s;
    site_open(&s);
    struct buf reply AUTO(buf_donep) = ask(&s, "GET /forgotten HTTP/1.1\r\nHost: x\r\n" END);
    site_close(&s);
    EXPECT(strncmp((const char *)reply.at, "HTTP/1.1 503 ", 13) == 0);
    EXPECT(strstr((const char *)reply.at, "audit_unavailable_exception") != NULL);
    EXPECT(strstr((const char *)reply.at, "GET /forgotten") == NULL);
}

TEST(http_speaks_no_old_tls)
{
    struct site s;
    struct visitor v;
    site_open(&s);
    int old = visitor_open(&v, &s, "NORMAL:-VERS-ALL:+VERS-TLS1.1:%COMPAT");
    visitor_close(&v);
    int modern = visitor_open(&v, &s, "NORMAL:-VERS-ALL:+VERS-TLS1.2");
    visitor_close(&v);
    site_close(&s);
    EXPECT(old < 0);
    EXPECT_EQ(modern, 0);
}

// Asks on a connection that stays open, and reads until the reply's last words have come.
static bool says_on(struct visitor *v, const char *path, const char *last)
{
    char text[4096];
    size_t len = 0;
    int asked = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path);
    if (gnutls_record_send(v->session, text, (size_t)asked) != asked)
        return false;
    while (len < sizeof text - 1) {
        ssize_t n = gnutls_record_recv(v->session, text + len, sizeof text - 1 - len);
        if (n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED)
            continue;
        if (n <= 0)
            return false;
        len += (size_t)n;
        text[len] = '\0';
        if (strstr(text, last))
            return true;
    }
    return false;
}

static void print_of(const struct visitor *v, uint8_t out[32])
{
    unsigned count = 0;
    size_t len = 32;
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(v->session, &count);
    EXPECT(chain != NULL && count > 0);
    EXPECT_EQ(gnutls_fingerprint(GNUTLS_DIG_SHA256, chain, out, &len), 0);
}

TEST(http_renews_its_certificate_and_open_connections_go_on)
{
    struct site s;
    struct visitor before;
    struct visitor after;
    uint8_t was[32];
    uint8_t is[32];
    site_open(&s);
    EXPECT_EQ(visitor_open(&before, &s, "NORMAL"), 0);
    EXPECT(says_on(&before, "/one", "/one ?  []"));
    EXPECT_EQ(certificate_make(&s.home, NULL, 0, NULL), OK);
    struct tls *other = tls_in(&s.home, NULL);
    http_renew(s.http, other);
    tls_unref(other);
    EXPECT(says_on(&before, "/two", "/two ?  []"));
    EXPECT_EQ(visitor_open(&after, &s, "NORMAL"), 0); // it trusts the new authority only
    EXPECT(says_on(&after, "/three", "/three ?  []"));
    print_of(&before, was);
    print_of(&after, is);
    EXPECT(memcmp(was, is, sizeof was) != 0);
    EXPECT(says_on(&before, "/four", "/four ?  []"));
    visitor_close(&after);
    visitor_close(&before);
    site_close(&s);
}

TEST(http_refuses_who_shows_no_certificate_before_any_request)
{
    struct site s;
    struct visitor v;
    signal(SIGPIPE, SIG_IGN); // it may write to who has closed
    site_open(&s);
    struct tls *strict = tls_in(&s.home, "tls/ca.crt");
    http_renew(s.http, strict);
    tls_unref(strict);
    EXPECT(visitor_open(&v, &s, "NORMAL:-VERS-ALL:+VERS-TLS1.2") < 0);
    visitor_close(&v);
    // In TLS 1.3 the client is through before the server has looked, and hears it with the answer.
    if (visitor_open(&v, &s, "NORMAL:-VERS-ALL:+VERS-TLS1.3") == 0)
        EXPECT(!says_on(&v, "/", "HTTP/1.1"));
    visitor_close(&v);
    site_close(&s);
}
