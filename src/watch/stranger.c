// SPDX-License-Identifier: Apache-2.0
#include "watch/stranger.h"

#include "json/json.h"
#include "watch/mongo.h"

static const struct {
    const char *name;
    uint16_t port;
    bool is_http;
} stores[STORE_KINDS] = {
    [STORE_ELASTICSEARCH] = {"Elasticsearch or OpenSearch", 9200, true},
    [STORE_DASHBOARDS] = {"Kibana or OpenSearch Dashboards", 5601, true},
    [STORE_CLICKHOUSE] = {"ClickHouse", 8123, true},
    [STORE_COUCHDB] = {"CouchDB", 5984, true},
    [STORE_ETCD] = {"etcd", 2379, true},
    [STORE_REDIS] = {"Redis", 6379, false},
    [STORE_MONGODB] = {"MongoDB", 27017, false},
    [STORE_MEMCACHED] = {"memcached", 11211, false},
};

// ---- answers over HTTP ----

static enum answer refusal_of(const struct stranger_reply *r)
{
    return r->status == 401 || r->status == 403 ? ANSWER_REFUSED : ANSWER_OTHER;
}

static const struct json *tree_of(const struct stranger_reply *r, struct arena *scratch)
{
    const struct json *tree = NULL;
    if (r->status != 200 || json_parse(r->body, scratch, &tree, NULL) != OK)
        return NULL;
    return tree;
}

static enum answer given_if(bool is_given, const struct stranger_reply *r)
{
    return is_given ? ANSWER_GIVEN : refusal_of(r);
}

// An object with one of the keys.
static enum answer has_key(const struct stranger_reply *r, struct arena *scratch,
                           const char *const keys[])
{
    const struct json *tree = tree_of(r, scratch);
    bool found = false;
    for (; *keys && !found; keys++)
        found = json_get(tree, *keys) != NULL;
    return given_if(found, r);
}

#define HAS_KEY(name, ...)                                                         \
    static enum answer name(const struct stranger_reply *r, struct arena *scratch) \
    {                                                                              \
        return has_key(r, scratch, (const char *const[]){__VA_ARGS__, NULL});      \
    }

HAS_KEY(read_root, "tagline", "cluster_name")
HAS_KEY(read_health, "number_of_nodes")
HAS_KEY(read_took, "took")
HAS_KEY(read_metrics, "metrics")
HAS_KEY(read_metadata, "metadata")
HAS_KEY(read_settings, "persistent", "transient")
HAS_KEY(read_stats, "_all", "indices")
HAS_KEY(read_aggregate_version, "etcdserver")
HAS_KEY(read_range, "header")
HAS_KEY(read_couch_root, "couchdb")
HAS_KEY(read_dashboards_status, "status")
HAS_KEY(read_etcd_keys, "node")

static enum answer read_nodes(const struct stranger_reply *r, struct arena *scratch)
{
    const struct json *nodes = json_get(tree_of(r, scratch), "nodes");
    return given_if(nodes && nodes->type == JSON_OBJECT && nodes->count > 0, r);
}

// A list of rows of _cat: objects, or none yet.
static enum answer read_cat(const struct stranger_reply *r, struct arena *scratch)
{
    const struct json *tree = tree_of(r, scratch);
    bool is_list = tree && tree->type == JSON_ARRAY;
    return given_if(is_list && (tree->count == 0 || tree->items[0].type == JSON_OBJECT), r);
}

// A list of names.
static enum answer read_names(const struct stranger_reply *r, struct arena *scratch)
{
    const struct json *tree = tree_of(r, scratch);
    bool is_list = tree && tree->type == JSON_ARRAY;
    return given_if(is_list && (tree->count == 0 || tree->items[0].type == JSON_STRING), r);
}

// An object for each index, with the part asked for in it; or none yet.
static enum answer by_index(const struct stranger_reply *r, struct arena *scratch, const char *part)
{
    const struct json *tree = tree_of(r, scratch);
    bool is_object = tree && tree->type == JSON_OBJECT;
    return given_if(is_object && (tree->count == 0 || json_get(&tree->items[0], part)), r);
}

static enum answer read_mapping(const struct stranger_reply *r, struct arena *scratch)
{
    return by_index(r, scratch, "mappings");
}

static enum answer read_aliases(const struct stranger_reply *r, struct arena *scratch)
{
    return by_index(r, scratch, "aliases");
}

// Users, each with roles, as Elasticsearch's native realm has them.
static enum answer read_users(const struct stranger_reply *r, struct arena *scratch)
{
    const struct json *tree = tree_of(r, scratch);
    bool is_object = tree && tree->type == JSON_OBJECT && tree->count > 0;
    return given_if(is_object && json_get(&tree->items[0], "roles"), r);
}

static enum answer read_user(const struct stranger_reply *r, struct arena *scratch)
{
    const struct json *tree = tree_of(r, scratch);
    return given_if(json_get(tree, "username") && json_get(tree, "roles"), r);
}

static enum answer read_sql(const struct stranger_reply *r, struct arena *scratch)
{
    const struct json *tree = tree_of(r, scratch);
    return given_if(json_get(tree, "rows") || json_get(tree, "datarows"), r);
}

// ClickHouse answers a query with the number alone, and a line end.
static enum answer read_number(const struct stranger_reply *r, struct arena *scratch)
{
    (void)scratch;
    size_t digits = 0;
    while (digits < r->body.len && r->body.at[digits] >= '0' && r->body.at[digits] <= '9')
        digits++;
    bool is_number = digits > 0 && digits < 20 && slice_is(slice_from(r->body, digits), "\n");
    return given_if(r->status == 200 && is_number, r);
}

static enum answer read_ok(const struct stranger_reply *r, struct arena *scratch)
{
    (void)scratch;
    return given_if(r->status == 200 && slice_is(r->body, "Ok.\n"), r);
}

// ---- answers over a bare connection ----

static bool holds(struct slice s, const char *word)
{
    return s.len && memmem(s.at, s.len, word, strlen(word)) != NULL;
}

static enum answer read_redis(const struct stranger_reply *r, struct arena *scratch)
{
    (void)scratch;
    if (slice_starts(r->body, slice_text("-NOAUTH")) ||
        slice_starts(r->body, slice_text("-DENIED")) ||
        slice_starts(r->body, slice_text("-NOPERM")))
        return ANSWER_REFUSED;
    return holds(r->body, "redis_version:") ? ANSWER_GIVEN : ANSWER_OTHER;
}

static enum answer read_redis_keys(const struct stranger_reply *r, struct arena *scratch)
{
    enum answer redis = read_redis(r, scratch);
    if (redis == ANSWER_REFUSED)
        return redis;
    bool is_number =
        r->body.len > 3 && r->body.at[0] == ':' && r->body.at[1] >= '0' && r->body.at[1] <= '9';
    return is_number ? ANSWER_GIVEN : ANSWER_OTHER;
}

static enum answer read_memcached(const struct stranger_reply *r, struct arena *scratch)
{
    (void)scratch;
    if (slice_starts(r->body, slice_text("CLIENT_ERROR unauthenticated")))
        return ANSWER_REFUSED;
    return slice_starts(r->body, slice_text("STAT ")) && holds(r->body, "STAT curr_items ")
               ? ANSWER_GIVEN
               : ANSWER_OTHER;
}

static enum answer read_mongo_hello(const struct stranger_reply *r, struct arena *scratch)
{
    (void)scratch;
    return mongo_answer(r->body) == MONGO_OK ? ANSWER_GIVEN : ANSWER_OTHER;
}

static enum answer read_mongo_databases(const struct stranger_reply *r, struct arena *scratch)
{
    (void)scratch;
    enum mongo_said said = mongo_answer(r->body);
    return said == MONGO_OK ? ANSWER_GIVEN : said == MONGO_REFUSED ? ANSWER_REFUSED : ANSWER_OTHER;
}

#define TEXT(words)                                              \
    {                                                            \
        .at = (const uint8_t *)(words), .len = sizeof(words) - 1 \
    }

static const struct stranger_question questions[] = {
    {STORE_ELASTICSEARCH, GIVES_BANNER, "GET", "/", NULL, {0}, read_root},
    {STORE_ELASTICSEARCH, GIVES_BANNER, "GET", "/_cluster/health?pretty", NULL, {0}, read_health},
    {STORE_ELASTICSEARCH, GIVES_NAMES, "GET", "/_nodes", NULL, {0}, read_nodes},
    {STORE_ELASTICSEARCH,
     GIVES_NAMES,
     "GET",
     "/_cat/indices?format=json&bytes=b",
     NULL,
     {0},
     read_cat},
    {STORE_ELASTICSEARCH, GIVES_NAMES, "GET", "/_mapping", NULL, {0}, read_mapping},
    {STORE_ELASTICSEARCH, GIVES_NAMES, "GET", "/_aliases", NULL, {0}, read_aliases},
    {STORE_ELASTICSEARCH, GIVES_NAMES, "GET", "/_stats", NULL, {0}, read_stats},
    {STORE_ELASTICSEARCH, GIVES_NAMES, "GET", "/_cluster/state/metadata", NULL, {0}, read_metadata},
    {STORE_ELASTICSEARCH, GIVES_NAMES, "GET", "/_cluster/settings", NULL, {0}, read_settings},
    {STORE_ELASTICSEARCH, GIVES_NAMES, "GET", "/_security/user", NULL, {0}, read_users},
    {STORE_ELASTICSEARCH, GIVES_NAMES, "GET", "/_security/_authenticate", NULL, {0}, read_user},
    {STORE_ELASTICSEARCH, GIVES_ROWS, "GET", "/_all/_search?size=1", NULL, {0}, read_took},
    {STORE_ELASTICSEARCH, GIVES_ROWS, "GET", "/_search?q=*&size=1", NULL, {0}, read_took},
    {STORE_ELASTICSEARCH, GIVES_NAMES, "POST", "/_sql?format=json",
     "Content-Type: application/json", TEXT("{\"query\":\"SHOW TABLES\"}"), read_sql},
    {STORE_ELASTICSEARCH, GIVES_NAMES, "POST", "/_plugins/_sql", "Content-Type: application/json",
     TEXT("{\"query\":\"SHOW TABLES LIKE '%'\"}"), read_sql},
    {STORE_ELASTICSEARCH, GIVES_ROWS, "GET", "/_tamis/metrics", NULL, {0}, read_metrics},

    {STORE_DASHBOARDS, GIVES_BANNER, "GET", "/api/status", NULL, {0}, read_dashboards_status},
    {STORE_DASHBOARDS,
     GIVES_NAMES,
     "POST",
     "/api/console/proxy?path=%2F_nodes&method=GET",
     "kbn-xsrf: true",
     {0},
     read_nodes},
    {STORE_DASHBOARDS,
     GIVES_NAMES,
     "POST",
     "/api/console/proxy?path=_nodes&method=GET",
     "osd-xsrf: true",
     {0},
     read_nodes},
    {STORE_DASHBOARDS, GIVES_NAMES, "GET", "/elasticsearch/_nodes", NULL, {0}, read_nodes},

    {STORE_CLICKHOUSE, GIVES_BANNER, "GET", "/ping", NULL, {0}, read_ok},
    {STORE_CLICKHOUSE,
     GIVES_ROWS,
     "GET",
     "/?query=SELECT%20count()%20FROM%20system.tables",
     NULL,
     {0},
     read_number},

    {STORE_COUCHDB, GIVES_BANNER, "GET", "/?couchdb", NULL, {0}, read_couch_root},
    {STORE_COUCHDB, GIVES_ROWS, "GET", "/_all_dbs", NULL, {0}, read_names},

    {STORE_ETCD, GIVES_BANNER, "GET", "/version", NULL, {0}, read_aggregate_version},
    {STORE_ETCD, GIVES_ROWS, "POST", "/v3/kv/range", "Content-Type: application/json",
     TEXT("{\"key\":\"AA==\",\"range_end\":\"AA==\",\"count_only\":true}"), read_range},
    {STORE_ETCD, GIVES_ROWS, "GET", "/v2/keys/", NULL, {0}, read_etcd_keys},

    {STORE_REDIS, GIVES_BANNER, NULL, "INFO server", NULL, TEXT("INFO server\r\n"), read_redis},
    {STORE_REDIS, GIVES_ROWS, NULL, "DBSIZE", NULL, TEXT("DBSIZE\r\n"), read_redis_keys},

    {STORE_MONGODB, GIVES_BANNER, NULL, "hello", NULL, TEXT(MONGO_HELLO), read_mongo_hello},
    {STORE_MONGODB, GIVES_ROWS, NULL, "listDatabases", NULL, TEXT(MONGO_LIST_DATABASES),
     read_mongo_databases},

    {STORE_MEMCACHED, GIVES_ROWS, NULL, "stats", NULL, TEXT("stats\r\n"), read_memcached},
};

const struct stranger_question *stranger_at(unsigned place)
{
    return place < sizeof questions / sizeof *questions ? &questions[place] : NULL;
}

const char *store_name(enum store_kind store)
{
    return stores[store].name;
}

uint16_t store_port(enum store_kind store)
{
    return stores[store].port;
}

bool store_is_http(enum store_kind store)
{
    return stores[store].is_http;
}
