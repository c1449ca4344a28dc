// SPDX-License-Identifier: Apache-2.0
// How long a question costs that a declared metric answers: the engine alone, and a whole
// request over TLS on a connection kept open, quiet and while rows come in.
//
//     build/bench-metric-latency [ROWS [SECONDS [busy]]]
//
// One process: a store in a temporary directory, cubes, the API and HTTPS on a local socket;
// clients in threads of their own.  Events of the last 90 days in order of time, of
// ROWS / 20 devices.  "busy" is 100,000 events and 1,000 changed devices a second, half of
// which get another firmware.  One line of JSON for each question and load.
#include "access/access.h"
#include "api/api.h"
#include "base/limits.h"
#include "base/num.h"
#include "base/world.h"
#include "keys/crypto.h"
#include "policy/admit.h"
#include "server/certificate.h"
#include "server/directory.h"
#include "server/http.h"
#include "server/tls.h"

#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS, DEVICES };

enum { CACHE_BYTES = 128 << 20 }; // as `tamis serve` has it

enum { BATCH = 10000, CLIENTS_MAX = 16, TIMES_MAX = 1 << 20, DAYS = 90, HEAD_BYTES = 4096 };

static const int64_t first_ms = 1700006400000; // a midnight
static const int64_t day_ms = 86400000;

// ---- the schema ----

static const struct field event_fields[] = {
    {"device", FIELD_PSEUDONYM, "device", 1, "device"},
    {"outcome", FIELD_KEYWORD, NULL, -1, NULL},
    {"at", FIELD_DATE, NULL, -1, NULL},
};
static const struct field device_fields[] = {
    {"id", FIELD_PSEUDONYM, "device", -1, NULL}, {"model", FIELD_KEYWORD, NULL, -1, NULL},
    {"firmware", FIELD_KEYWORD, NULL, -1, NULL}, {"region", FIELD_KEYWORD, NULL, -1, NULL},
    {"last_seen", FIELD_DATE, NULL, -1, NULL},
};
static const struct table tables[] = {
    {"connections", "fleet", 3, event_fields, 2, 0, -1},
    {"devices", "fleet", 5, device_fields, -1, 0, 0},
};
static const struct metric_by failed_by[] = {{0, 2, "device.firmware"}, {0, 3, "device.region"}};
static const struct metric_by active_by[] = {{0, 1, "device.model"}};
static const struct metric_decl metrics[] = {
    {"failed", EVENTS, 2, METRIC_RATIO, 1, true, "ok", 2, failed_by, 300000},
    {"active", EVENTS, 2, METRIC_COUNT, -1, false, NULL, 1, active_by, 3600000},
};
static const char *const subjects[] = {"device"};
static const struct schema schema = {.table_count = 2,
                                     .tables = tables,
                                     .subject_count = 1,
                                     .subjects = subjects,
                                     .metric_count = 2,
                                     .metrics = metrics,
                                     .fingerprint = 7};

struct bench {
    struct world home, data, log;
    struct store *store;
    struct cubes *cubes;
    struct access *access;
    struct audit *audit;
    struct engine *engine;
    struct api api;
    struct http *http;
    struct sockaddr_in at;
    char password[PASSWORD_MADE_BYTES];
    uint64_t rows;
    uint32_t devices;
    uint64_t lsn;
    int64_t seconds;
    atomic_bool is_over;
};

static void die(const char *what, const struct fault *why)
{
    fprintf(stderr, "metric_latency: %s: %s\n", what, why ? why->words : "");
    exit(1);
}

static uint64_t draw(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

// ---- rows ----

static uint64_t seed = 88172645463325252u;

// Distinct values of one column, rows pointing at them.
struct texts {
    struct slice *values;
    uint32_t *codes;
    uint32_t count;
};

static struct slice device_id(uint32_t device, struct arena *batch)
{
    uint64_t *id = ARENA_ARRAY(batch, uint64_t, 2);
    id[0] = device * 0x9e3779b97f4a7c15u;
    id[1] = device;
    return slice_of(id, 16);
}

static void put(struct bench *b, uint32_t table, uint32_t count, const struct row_key *keys,
                const struct batch_column *columns)
{
    static _Thread_local struct arena *scratch;
    scratch = scratch ? scratch : arena_new(512 << 20);
    uint8_t *ops = ARENA_ARRAY(scratch, uint8_t, count); // ROW_PUT
    struct batch batch = {table, count, ops, keys, NULL, columns};
    struct changeset c = {.position = {.source = "fleet",
                                       .phase = PHASE_STREAMING,
                                       .generation = 1,
                                       .end_lsn = ++b->lsn},
                          .batch_count = 1,
                          .batches = &batch};
    struct buf bytes = buf_init(LIMIT_CHANGESET_BYTES);
    const struct admitted *a;
    struct fault why = {0};
    if (changeset_encode(&c, &schema, &bytes, &why) ||
        admitted_decode(buf_slice(&bytes), &schema, scratch, &a, &why) ||
        store_append(b->store, a, &why) || store_commit(b->store, &why))
        die("rows", &why);
    buf_done(&bytes);
    arena_reset(scratch);
}

static uint64_t *all_present(struct arena *batch, uint32_t count)
{
    uint64_t *bits = ARENA_ARRAY(batch, uint64_t, bit_words(count));
    for (uint32_t i = 0; i < count; i++)
        bit_set(bits, i);
    return bits;
}

static struct batch_column named(struct arena *batch, uint32_t count, const char *name, uint32_t of,
                                 const uint32_t *codes)
{
    struct slice *values = ARENA_ARRAY(batch, struct slice, of);
    for (uint32_t i = 0; i < of; i++)
        values[i] = arena_print(batch, "%s%02u", name, i);
    return (struct batch_column){
        .present = all_present(batch, count), .codes = codes, .value_count = of, .values = values};
}

// A column of codes 0 .. of - 1 drawn at random; all are in it, as a batch wants them.
static uint32_t *drawn(struct arena *batch, uint32_t count, uint32_t of)
{
    uint32_t *codes = ARENA_ARRAY(batch, uint32_t, count);
    for (uint32_t i = 0; i < count; i++)
        codes[i] = i < of ? i : (uint32_t)(draw(&seed) % of);
    return codes;
}

static void put_devices(struct bench *b, const uint32_t *devices, uint32_t count, bool changes)
{
    struct arena *batch = arena_new(256 << 20);
    struct row_key *keys = ARENA_ARRAY(batch, struct row_key, count);
    uint32_t *own = ARENA_ARRAY(batch, uint32_t, count);
    struct slice *ids = ARENA_ARRAY(batch, struct slice, count);
    int64_t *seen = ARENA_ARRAY(batch, int64_t, count);
    uint32_t *firmware = drawn(batch, count, count < 60 ? count : 60);
    uint32_t *region = drawn(batch, count, count < 12 ? count : 12);
    uint32_t *model = drawn(batch, count, count < 40 ? count : 40);
    for (uint32_t i = 0; i < count; i++) {
        keys[i].lo = devices[i] + 1;
        own[i] = i;
        ids[i] = device_id(devices[i], batch);
        seen[i] = first_ms + (int64_t)b->lsn;
        if (!changes)
            continue;
        model[i] = devices[i] % (count < 40 ? count : 40);
        region[i] = devices[i] % (count < 12 ? count : 12);
    }
    struct batch_column columns[] = {
        {.present = all_present(batch, count), .codes = own, .value_count = count, .values = ids},
        named(batch, count, "model ", count < 40 ? count : 40, model),
        named(batch, count, "fw ", count < 60 ? count : 60, firmware),
        named(batch, count, "region ", count < 12 ? count : 12, region),
        {.present = all_present(batch, count), .i64 = seen}};
    put(b, DEVICES, count, keys, columns);
    arena_free(batch);
}

static void put_events(struct bench *b, uint64_t first, uint32_t count)
{
    struct arena *batch = arena_new(256 << 20);
    struct row_key *keys = ARENA_ARRAY(batch, struct row_key, count);
    uint32_t *codes = ARENA_ARRAY(batch, uint32_t, count);
    struct slice *ids = ARENA_ARRAY(batch, struct slice, count);
    int64_t *at = ARENA_ARRAY(batch, int64_t, count);
    for (uint32_t i = 0; i < count; i++) {
        keys[i].lo = first + i + 1;
        // One after the other from a random one on, so that a batch has each once.
        uint32_t device = (uint32_t)((first * 7919 + (uint64_t)i * 104729) % b->devices);
        codes[i] = i;
        ids[i] = device_id(device, batch);
        at[i] = first_ms + (int64_t)((double)(first + i) / (double)b->rows * DAYS * (double)day_ms);
    }
    struct batch_column columns[] = {
        {.present = all_present(batch, count), .codes = codes, .value_count = count, .values = ids},
        named(batch, count, "outcome", 5, drawn(batch, count, 5)),
        {.present = all_present(batch, count), .i64 = at}};
    // "outcome00" is success; the metric's word for it is "ok".
    ((struct slice *)(uintptr_t)columns[1].values)[0] = slice_text("ok");
    put(b, EVENTS, count, keys, columns);
    arena_free(batch);
}

static void fill(struct bench *b)
{
    uint32_t *devices = malloc(BATCH * sizeof *devices);
    for (uint32_t at = 0; at < b->devices; at += BATCH) {
        uint32_t count = b->devices - at < BATCH ? b->devices - at : BATCH;
        for (uint32_t i = 0; i < count; i++)
            devices[i] = at + i;
        put_devices(b, devices, count, false);
    }
    free(devices);
    for (uint64_t at = 0; at < b->rows; at += BATCH)
        put_events(b, at, BATCH);
}

// 10 times a second 10,000 events, 100 times 10 devices.
static void *come_in(void *context)
{
    struct bench *b = context;
    uint64_t next = b->rows;
    int64_t start = monotonic_us();
    uint64_t devices = 0;
    for (uint64_t step = 0; !atomic_load(&b->is_over); step++) {
        uint32_t some[10];
        for (int i = 0; i < 10; i++)
            some[i] = (uint32_t)(draw(&devices) % b->devices);
        devices += step + 1;
        put_devices(b, some, 10, true);
        if (step % 10 == 0) {
            put_events(b, next, BATCH);
            next += BATCH;
        }
        int64_t ahead = start + (int64_t)(step + 1) * 10000 - monotonic_us();
        if (ahead > 0)
            usleep((useconds_t)ahead);
    }
    int64_t us = monotonic_us() - start;
    printf("{\"busy\":{\"events_per_s\":%.0f}}\n", (double)(next - b->rows) * 1e6 / (double)us);
    return NULL;
}

// ---- questions ----

static const struct question {
    const char *name, *method, *path, *body;
} questions[] = {
    {"metric: failed by firmware, last 22 days", "GET",
     "/_tamis/metrics/failed?by=device.firmware&every=all&from=1705881600000", ""},
    {"the same, nothing kept", "GET",
     "/_tamis/metrics/failed?by=device.firmware&every=all&from=1705881600000&request_cache=false",
     ""},
    {"metric: failed, all time", "GET", "/_tamis/metrics/failed?by=&every=all", ""},
    {"the same, nothing kept", "GET", "/_tamis/metrics/failed?by=&every=all&request_cache=false",
     ""},
    {"metric: active a day and model", "GET", "/_tamis/metrics/active?every=1d", ""},
    {"the same, nothing kept", "GET", "/_tamis/metrics/active?every=1d&request_cache=false", ""},
    {"search: failure rate by firmware and region, 22 days", "POST", "/connections/_search",
     "{\"size\":0,\"query\":{\"range\":{\"at\":{\"gte\":1705881600000}}},\"aggs\":{\"f\":{"
     "\"terms\":{\"field\":\"device.firmware\",\"size\":60},\"aggs\":{\"r\":{\"terms\":{\"field\":"
     "\"device.region\",\"size\":12},\"aggs\":{\"bad\":{\"filter\":{\"bool\":{\"must_not\":{"
     "\"term\":{\"outcome\":\"ok\"}}}}}}}}}}}"},
    {"search: failure rate by firmware, 22 days", "POST", "/connections/_search",
     "{\"size\":0,\"query\":{\"range\":{\"at\":{\"gte\":1705881600000}}},\"aggs\":{\"f\":{"
     "\"terms\":{\"field\":\"device.firmware\",\"size\":60},\"aggs\":{\"bad\":{\"filter\":{"
     "\"bool\":{\"must_not\":{\"term\":{\"outcome\":\"ok\"}}}}}}}}}"},
    {"search: activations a day, 90 days", "POST", "/connections/_search",
     "{\"size\":0,\"aggs\":{\"d\":{\"date_histogram\":{\"field\":\"at\",\"calendar_interval\":"
     "\"day\"}}}}"},
    {"search: activations a day and model, 90 days", "POST", "/connections/_search",
     "{\"size\":0,\"aggs\":{\"d\":{\"date_histogram\":{\"field\":\"at\",\"calendar_interval\":"
     "\"day\"},\"aggs\":{\"m\":{\"terms\":{\"field\":\"device.model\",\"size\":40}}}}}}"},
    {"search: events an hour, cut day", "POST", "/connections/_search",
     "{\"size\":0,\"query\":{\"range\":{\"at\":{\"gte\":1707000012345,\"lt\":1707086412345}}},"
     "\"aggs\":{\"d\":{\"date_histogram\":{\"field\":\"at\",\"fixed_interval\":\"1h\"}}}}"},
};

struct times {
    const char *name, *load;
    int clients;
    uint32_t count;
    double *us;
    double seconds;
};

static int by_time(const void *a, const void *b)
{
    const double *x = a;
    const double *y = b;
    return (*x > *y) - (*x < *y);
}

static void tell(struct times *t, uint64_t bytes)
{
    qsort(t->us, t->count, sizeof *t->us, by_time);
    printf("{\"question\":\"%s\",\"load\":\"%s\",\"clients\":%d,\"median_us\":%.1f,"
           "\"p99_us\":%.1f,\"per_s\":%.0f,\"bytes\":%llu}\n",
           t->name, t->load, t->clients, t->us[t->count / 2], t->us[t->count * 99 / 100],
           t->count / t->seconds, (unsigned long long)bytes);
    fflush(stdout);
}

static double now_us(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec * 1e6 + (double)at.tv_nsec / 1e3;
}

// ---- the API without HTTPS ----

static void die_of_reply(const struct question *q, const struct api_reply *reply)
{
    (void)fprintf(stderr, "status %d: %.*s\n", reply->status, (int)reply->body.len,
                  (const char *)reply->body.at);
    die(q->name, NULL);
}

static void ask_api(struct bench *b, const struct question *q, const char *load,
                    struct slice authorization)
{
    struct times t = {.name = q->name, .load = load, .us = malloc(TIMES_MAX * sizeof(double))};
    struct arena *arena = arena_new(LIMIT_REQUEST_ARENA_BYTES);
    const char *mark = strchr(q->path, '?');
    char path[256];
    snprintf(path, sizeof path, "%.*s", (int)(mark ? mark - q->path : (long)strlen(q->path)),
             q->path);
    uint64_t bytes = 0;
    double start = now_us();
    while (now_us() - start < (double)b->seconds * 1e6 && t.count < TIMES_MAX) {
        struct api_request r = {.method = q->method,
                                .path = path,
                                .query = mark ? mark + 1 : "",
                                .authorization = authorization,
                                .content_type = slice_text("application/json"),
                                .address = slice_text("127.0.0.1"),
                                .body = slice_text(q->body)};
        struct api_reply reply = {0};
        double at = now_us();
        api_handle(&b->api, &r, arena, &reply);
        t.us[t.count++] = now_us() - at;
        bytes = reply.body.len;
        if (reply.status != 200)
            die_of_reply(q, &reply);
        buf_done(&reply.body);
        arena_reset(arena);
    }
    t.seconds = (now_us() - start) / 1e6;
    tell(&t, bytes);
    arena_free(arena);
    free(t.us);
}

// ---- HTTPS ----

struct client {
    struct bench *bench;
    const struct question *question;
    struct slice authorization;
    pthread_t thread;
    double *us;
    uint32_t count;
    uint64_t bytes;
};

static void receive(gnutls_session_t tls, char *to, size_t max, uint64_t *out_body)
{
    size_t len = 0;
    size_t whole = 0;
    while (whole == 0 || len < whole) {
        ssize_t n = gnutls_record_recv(tls, to + len, max - len);
        if (n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED)
            continue;
        if (n <= 0)
            die("reply", NULL);
        len += (size_t)n;
        char *end = whole ? NULL : memmem(to, len, "\r\n\r\n", 4);
        const char *length = end ? memmem(to, len, "Content-Length: ", 16) : NULL;
        if (end && (!length || strncmp(to, "HTTP/1.1 200", 12) != 0))
            die("reply", NULL);
        if (end)
            whole = (size_t)(end - to) + 4 + strtoul(length + 16, NULL, 10);
        *out_body = end ? strtoul(length + 16, NULL, 10) : *out_body;
    }
}

static void *be_client(void *context)
{
    struct client *c = context;
    char request[HEAD_BYTES];
    size_t reply_max = 4 << 20;
    char *reply = malloc(reply_max);
    const struct question *q = c->question;
    int len = snprintf(request, sizeof request,
                       "%s %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: %.*s\r\n"
                       "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                       q->method, q->path, SLICE_PRINT(c->authorization), strlen(q->body), q->body);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd, (const struct sockaddr *)&c->bench->at, sizeof c->bench->at))
        die("connect", NULL);
    gnutls_session_t tls;
    gnutls_certificate_credentials_t trust;
    gnutls_certificate_allocate_credentials(&trust);
    gnutls_init(&tls, GNUTLS_CLIENT);
    gnutls_set_default_priority(tls);
    gnutls_credentials_set(tls, GNUTLS_CRD_CERTIFICATE, trust);
    gnutls_transport_set_int(tls, fd);
    int result;
    while ((result = gnutls_handshake(tls)) < 0 && !gnutls_error_is_fatal(result))
        continue;
    if (result < 0)
        die(gnutls_strerror(result), NULL);
    double end = now_us() + (double)c->bench->seconds * 1e6;
    while (now_us() < end && c->count < TIMES_MAX) {
        double at = now_us();
        gnutls_record_send(tls, request, (size_t)len);
        receive(tls, reply, reply_max, &c->bytes);
        c->us[c->count++] = now_us() - at;
    }
    gnutls_deinit(tls);
    gnutls_certificate_free_credentials(trust);
    close(fd);
    free(reply);
    return NULL;
}

static void ask_https(struct bench *b, const struct question *q, const char *load, int clients,
                      struct slice authorization)
{
    static struct client all[CLIENTS_MAX];
    struct times t = {.name = q->name, .load = load, .clients = clients};
    t.us = malloc((size_t)clients * TIMES_MAX * sizeof(double));
    double start = now_us();
    for (int i = 0; i < clients; i++) {
        all[i] = (struct client){.bench = b, .question = q, .authorization = authorization};
        all[i].us = malloc(TIMES_MAX * sizeof(double));
        pthread_create(&all[i].thread, NULL, be_client, &all[i]);
    }
    for (int i = 0; i < clients; i++) {
        pthread_join(all[i].thread, NULL);
        memcpy(t.us + t.count, all[i].us, all[i].count * sizeof(double));
        t.count += all[i].count;
        free(all[i].us);
    }
    t.seconds = (now_us() - start) / 1e6;
    tell(&t, all[0].bytes);
    free(t.us);
}

// ---- the whole ----

static void ask_all(struct bench *b, const char *load, struct slice authorization)
{
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        ask_api(b, &questions[i], load, authorization);
        ask_https(b, &questions[i], load, 1, authorization);
        ask_https(b, &questions[i], load, CLIENTS_MAX, authorization);
    }
}

static void handle(void *context, const struct api_request *r, struct arena *request,
                   struct api_reply *out)
{
    api_handle(context, r, request, out);
}

static const struct audited *put_on_record(void *context, int status, struct slice address,
                                           struct arena *request)
{
    const struct api *api = context;
    struct audit_entry e = {.kind = AUDIT_REFUSAL, .status = (uint16_t)status, .address = address};
    return audit_answer(api->audit, &e, request);
}

static void open_http(struct bench *b)
{
    struct fault why = {0};
    struct buf key = buf_init(1 << 16);
    struct buf cert = buf_init(1 << 16);
    if (certificate_make(&b->home, NULL, 0, &why) ||
        world_read_file(&b->home, "tls/server.key", &key, &why) ||
        world_read_file(&b->home, "tls/server.crt", &cert, &why))
        die("certificate", &why);
    socklen_t at_bytes = sizeof b->at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    b->at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    if (bind(fd, (const struct sockaddr *)&b->at, sizeof b->at) || listen(fd, 64) ||
        getsockname(fd, (struct sockaddr *)&b->at, &at_bytes))
        die("listen", NULL);
    const struct tls_pem pem = {.key = buf_slice(&key), .cert = buf_slice(&cert)};
    struct tls *tls = NULL;
    if (tls_new(&pem, &tls, &why))
        die("certificate", &why);
    struct http_options options = {.listening = fd,
                                   .https = "https://localhost",
                                   .tls = tls,
                                   .connections = 64,
                                   .connections_per_address = 64,
                                   .idle_seconds = 60,
                                   .request_seconds = 60,
                                   .context = &b->api,
                                   .handle = handle,
                                   .record = put_on_record};
    if (http_open(&options, &b->http, &why))
        die("http", &why);
    tls_unref(tls); // http has its own
    buf_done(&key);
    buf_done(&cert);
}

static void open_all(struct bench *b, const char *path)
{
    struct fault why = {0};
    char place[300];
    snprintf(place, sizeof place, "%s/home", path);
    if (directory_make(place, &b->home, &why))
        die("directory", &why);
    snprintf(place, sizeof place, "%s/home/data", path);
    const struct store_options options = {.background = true};
    if (world_open(place, &b->data, &why) ||
        store_open(&b->data, &schema, &options, &b->store, &why) ||
        cubes_new(&schema, &b->cubes, &why))
        die("store", &why);
    struct store_listener listener = cubes_listener(b->cubes);
    store_listen(b->store, &listener);
    cubes_start(b->cubes, b->store);
    snprintf(place, sizeof place, "%s/home", path);
    if (access_open(place, true, &b->access, &why))
        die("access", &why);
    access_password_make(b->password);
    if (access_user_add(b->access, slice_text("ann"), slice_text(b->password), 1u << ROLE_ANALYST,
                        &why))
        die("user", &why);
    const struct audit_options audit = {.syncs_by_itself = true};
    snprintf(place, sizeof place, "%s/home/audit", path);
    if (world_open(place, &b->log, &why) || audit_open(&b->log, &audit, &b->audit, &why))
        die("audit", &why);
    const struct engine_settings settings = {.cubes = b->cubes, .cache_bytes = CACHE_BYTES};
    b->engine = engine_local_new(b->store, &schema, &settings);
    b->api = (struct api){.engine = b->engine,
                          .access = b->access,
                          .cubes = b->cubes,
                          .store = b->store,
                          .audit = b->audit,
                          .cluster_name = "bench",
                          .node_name = "bench",
                          .cluster_uuid = "AAAAAAAAAAAAAAAAAAAAAA",
                          .publish_address = "127.0.0.1:9200"};
    open_http(b);
}

int main(int count, char **words)
{
    static struct bench b = {.seconds = 1};
    int64_t rows = 5000000;
    if ((count > 1 && parse_i64(slice_text(words[1]), &rows)) ||
        (count > 2 && parse_i64(slice_text(words[2]), &b.seconds)) || rows < BATCH)
        die("[ROWS [SECONDS [busy]]]", NULL);
    b.rows = (uint64_t)rows;
    b.devices = (uint32_t)(rows / 20 > BATCH ? rows / 20 : BATCH + 1);
    char path[] = "/tmp/tamis-latency-XXXXXX";
    if (!mkdtemp(path))
        die("no directory", NULL);
    open_all(&b, path);
    int64_t start = monotonic_us();
    fill(&b);
    printf("{\"rows\":%llu,\"devices\":%u,\"fill_s\":%.1f}\n", (unsigned long long)b.rows,
           b.devices, (double)(monotonic_us() - start) / 1e6);
    struct buf plain = buf_init(256);
    struct buf header = buf_init(256);
    buf_print(&plain, "ann:%s", b.password);
    buf_text(&header, "Basic ");
    base64url_print(buf_slice(&plain), &header);
    if (count < 4)
        ask_all(&b, "quiet", buf_slice(&header));
    pthread_t busy;
    pthread_create(&busy, NULL, come_in, &b);
    ask_all(&b, "busy", buf_slice(&header));
    atomic_store(&b.is_over, true);
    pthread_join(busy, NULL);
    http_close(b.http);
    b.engine->ops->close(b.engine);
    access_close(b.access);
    cubes_stop(b.cubes);
    store_close(b.store);
    cubes_free(b.cubes);
    world_close(&b.data);
    world_close(&b.home);
    buf_done(&plain);
    buf_done(&header);
    printf("{\"left\":\"%s\"}\n", path);
    return 0;
}
