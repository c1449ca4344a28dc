// SPDX-License-Identifier: Apache-2.0

// tamis-fleet: fills a PostgreSQL database with the fictional fleet (demo/README.md),
// and with --live goes on changing it.

#include "fleet.h"

#include <getopt.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char usage[] =
    "example: tamis-fleet --conninfo 'host=127.0.0.1 dbname=fleet user=postgres' --customers "
    "50000\n"
    "\n"
    "  --conninfo TEXT   where the database is (libpq's words; needed)\n"
    "  --customers N     1000 to 2400000 (default 50000)\n"
    "  --events N        connection events (default: 25 for every 3 customers)\n"
    "  --seed N          another fleet (default 20191204)\n"
    "  --live RATE       do not fill; make about RATE changes a second\n"
    "  --seconds S       with --live: for so long (default 3600)\n";

static const char schema[] =
    "CREATE TABLE customers (id bigint PRIMARY KEY, email text NOT NULL, country text NOT NULL,"
    " time_zone text NOT NULL, created_at timestamptz NOT NULL);"
    "CREATE TABLE devices (id bigint PRIMARY KEY, customer_id bigint NOT NULL, kind text NOT NULL,"
    " model text NOT NULL, firmware text NOT NULL, region text NOT NULL, nickname text NOT NULL,"
    " wifi_ssid text NOT NULL, mac macaddr NOT NULL, activated_at timestamptz NOT NULL);"
    "CREATE TABLE device_shares (id bigint PRIMARY KEY, device_id bigint NOT NULL,"
    " email text NOT NULL, created_at timestamptz NOT NULL);"
    "CREATE TABLE third_party_tokens (id bigint PRIMARY KEY, customer_id bigint NOT NULL,"
    " vendor text NOT NULL, token text NOT NULL);"
    "CREATE TABLE scale_testers (id bigint PRIMARY KEY, customer_id bigint NOT NULL,"
    " height_cm numeric(5,2) NOT NULL, weight_kg numeric(6,3) NOT NULL, sex text NOT NULL);"
    "CREATE TABLE connections (id bigint PRIMARY KEY, device_id bigint NOT NULL,"
    " at timestamptz NOT NULL, outcome text NOT NULL, error_class text, latency_ms integer NOT "
    "NULL);"
    "COMMENT ON DATABASE fleet IS 'FICTIONAL: every person, address and token here is invented';";

struct options {
    const char *conninfo;
    long long customers, events, seed, live, seconds;
};

static bool whole_number(const char *text, long long low, long long high, long long *out)
{
    char *end;
    long long v = strtoll(text, &end, 10);
    if (end == text || *end || v < low || v > high)
        return false;
    *out = v;
    return true;
}

static int wrong(const char *what)
{
    fprintf(stderr, "tamis-fleet: %s\n\n%s", what, usage);
    return 2;
}

static bool run(PGconn *db, const char *sql)
{
    PGresult *r = PQexec(db, sql);
    ExecStatusType status = PQresultStatus(r);
    bool fine = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (!fine)
        fprintf(stderr, "tamis-fleet: %s", PQerrorMessage(db));
    PQclear(r);
    return fine;
}

enum { CHUNK_BYTES = 256 * 1024 };

static bool fill(PGconn *db, const char *table, const struct fleet *f, int64_t rows,
                 int (*line)(const struct fleet *f, int64_t row, char *out))
{
    char sql[128];
    snprintf(sql, sizeof sql, "COPY %s FROM STDIN", table);
    PGresult *r = PQexec(db, sql);
    bool fine = PQresultStatus(r) == PGRES_COPY_IN;
    PQclear(r);
    char *chunk = malloc(CHUNK_BYTES + TEXT_BYTES);
    int used = 0;
    for (int64_t row = 1; fine && chunk && row <= rows; row++) {
        used += line(f, row, chunk + used);
        if (used >= CHUNK_BYTES || row == rows) {
            fine = PQputCopyData(db, chunk, used) == 1;
            used = 0;
        }
    }
    free(chunk);
    if (fine && PQputCopyEnd(db, NULL) == 1) {
        r = PQgetResult(db);
        fine = PQresultStatus(r) == PGRES_COMMAND_OK;
        PQclear(r);
        while ((r = PQgetResult(db)))
            PQclear(r);
    }
    if (!fine)
        fprintf(stderr, "tamis-fleet: %s: %s", table, PQerrorMessage(db));
    else
        fprintf(stderr, "  %-20s %10lld rows\n", table, (long long)rows);
    return fine;
}

static bool fill_all(PGconn *db, const struct fleet *f)
{
    return run(db, schema) && fill(db, "customers", f, f->customers, fleet_customer_line) &&
           fill(db, "devices", f, f->devices, fleet_device_line) &&
           fill(db, "device_shares", f, f->shares, fleet_share_line) &&
           fill(db, "third_party_tokens", f, f->tokens, fleet_token_line) &&
           fill(db, "scale_testers", f, SCALE_TESTERS, fleet_tester_line) &&
           fill(db, "connections", f, f->events, fleet_event_line) && run(db, "ANALYZE");
}

// One change: most are events; some are firmware updates, activations and a device that goes.
static bool change(PGconn *db, const struct fleet *f, int64_t n)
{
    uint64_t chance = fleet_chance(f, 1000, n);
    long long device = (long long)(1 + chance % (uint64_t)f->devices);
    char sql[1024];
    switch (chance >> 40 & 15) {
    case 0:
        snprintf(
            sql, sizeof sql,
            "UPDATE devices SET firmware = (SELECT max(o.firmware) FROM devices o WHERE o.model"
            " = devices.model AND o.id < 200) WHERE id = %lld",
            device);
        break;
    case 1:
        snprintf(sql, sizeof sql,
                 "INSERT INTO devices SELECT (SELECT max(id) FROM devices) + 1, customer_id, kind,"
                 " model, firmware, region, nickname, wifi_ssid, mac, clock_timestamp()"
                 " FROM devices WHERE id = %lld",
                 device);
        break;
    case 2:
        snprintf(sql, sizeof sql, "DELETE FROM devices WHERE id = %lld AND id %% 64 = 0", device);
        break;
    default:
        snprintf(sql, sizeof sql,
                 "INSERT INTO connections SELECT (SELECT max(id) FROM connections) + 1, %lld,"
                 " clock_timestamp(), '%s', %s, %d",
                 device, chance & 31 ? "ok" : "failed", chance & 31 ? "NULL" : "'timeout'",
                 (int)(20 + (chance >> 8 & 255)));
    }
    return run(db, sql);
}

static bool live(PGconn *db, const struct fleet *f, const struct options *o)
{
    int64_t total = o->live * o->seconds;
    struct timespec start;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (int64_t n = 0; n < total; n++) {
        int64_t due_ns = n * 1000000000 / o->live;
        struct timespec when = {.tv_sec = start.tv_sec + due_ns / 1000000000,
                                .tv_nsec = start.tv_nsec + due_ns % 1000000000};
        if (when.tv_nsec >= 1000000000) {
            when.tv_sec++;
            when.tv_nsec -= 1000000000;
        }
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL);
        if (!change(db, f, n + (int64_t)start.tv_sec * 1000))
            return false;
    }
    return true;
}

static int parse(int argc, char **argv, struct options *o)
{
    static const struct option names[] = {
        {"conninfo", required_argument, NULL, 'c'}, {"customers", required_argument, NULL, 'n'},
        {"events", required_argument, NULL, 'e'},   {"seed", required_argument, NULL, 's'},
        {"live", required_argument, NULL, 'l'},     {"seconds", required_argument, NULL, 't'},
        {"help", no_argument, NULL, 'h'},           {0}};
    for (int c; (c = getopt_long(argc, argv, "h", names, NULL)) != -1;) {
        bool fine = c != '?';
        if (c == 'h') {
            fputs(usage, stdout);
            return -1;
        }
        if (c == 'c')
            o->conninfo = optarg;
        if (c == 'n')
            fine = whole_number(optarg, 1000, 2400000, &o->customers);
        if (c == 'e')
            fine = whole_number(optarg, 0, 1000000000, &o->events);
        if (c == 's')
            fine = whole_number(optarg, 0, INT64_MAX, &o->seed);
        if (c == 'l')
            fine = whole_number(optarg, 1, 100000, &o->live);
        if (c == 't')
            fine = whole_number(optarg, 1, 1000000, &o->seconds);
        if (!fine)
            return wrong("an option has no such value");
    }
    if (!o->conninfo || optind != argc)
        return wrong("--conninfo is needed, and nothing besides options");
    return 0;
}

int main(int argc, char **argv)
{
    struct options o = {.customers = 50000, .events = -1, .seed = 20191204, .seconds = 3600};
    int status = parse(argc, argv, &o);
    if (status)
        return status < 0 ? 0 : status;
    struct fleet f = fleet_of((uint64_t)o.seed, o.customers);
    if (o.events >= 0)
        f.events = o.events;

    PGconn *db = PQconnectdb(o.conninfo);
    bool fine = PQstatus(db) == CONNECTION_OK;
    if (!fine)
        fprintf(stderr, "tamis-fleet: %s", PQerrorMessage(db));
    else
        fine = run(db, "SET client_min_messages = warning") &&
               (o.live ? live(db, &f, &o) : fill_all(db, &f));
    PQfinish(db);
    return fine ? 0 : 1;
}
