// SPDX-License-Identifier: Apache-2.0
#include "fleet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

enum chance {
    CHANCE_COUNTRY,
    CHANCE_CREATED,
    CHANCE_NAME,
    CHANCE_OWNER,
    CHANCE_MODEL,
    CHANCE_FIRMWARE,
    CHANCE_ACTIVATED,
    CHANCE_LABEL,
    CHANCE_MAC,
    CHANCE_SHARE,
    CHANCE_TOKEN,
    CHANCE_BODY,
    CHANCE_EVENT_DEVICE,
    CHANCE_EVENT_TIME,
    CHANCE_EVENT_OUTCOME,
    CHANCE_EVENT_LATENCY,
};

static const int64_t SECOND_US = 1000000;
static const int64_t DAY_US = (int64_t)86400 * 1000000;
static const int64_t EVENTS_FROM_US = (int64_t)1575417600 * 1000000;      // 2019-12-04
static const int64_t ACTIVATIONS_FROM_US = (int64_t)1546300800 * 1000000; // 2019-01-01

enum { EVENT_DAYS = 22, ACTIVATION_DAYS = 359 };

struct place {
    const char *country, *time_zone, *region;
    int share; // of a thousand customers
};

static const struct place places[] = {
    {"US", "America/New_York", "us-east", 240}, {"US", "America/Chicago", "us-east", 150},
    {"US", "America/Denver", "us-west", 60},    {"US", "America/Los_Angeles", "us-west", 170},
    {"CA", "America/Toronto", "us-east", 60},   {"GB", "Europe/London", "eu-west", 80},
    {"DE", "Europe/Berlin", "eu-west", 70},     {"FR", "Europe/Paris", "eu-west", 50},
    {"JP", "Asia/Tokyo", "ap-northeast", 60},   {"AU", "Australia/Sydney", "ap-southeast", 40},
    {"BR", "America/Sao_Paulo", "sa-east", 20},
};

struct model {
    const char *kind, *name;
    int share; // of a thousand devices
    const char *firmwares[5];
};

static const struct model models[] = {
    {"webcam", "cam-v1", 90, {"3.9.5.1", "3.9.5.6", "3.9.6.2", "3.9.6.8", "3.9.7.1"}},
    {"webcam", "cam-v2", 300, {"4.9.3.60", "4.9.4.37", "4.9.4.65", "4.9.5.36", "4.9.5.57"}},
    {"webcam", "cam-pan", 160, {"4.10.3.50", "4.10.3.81", "4.10.4.22", "4.10.5.111", "4.10.6.3"}},
    {"bulb", "bulb-white", 150, {"1.2.0.76", "1.2.0.95", "1.2.0.113", "1.2.0.119", "1.2.0.140"}},
    {"bulb", "bulb-color", 60, {"1.0.0.12", "1.0.0.18", "1.0.1.4", "1.0.1.9", "1.0.2.0"}},
    {"plug", "plug-v1", 150, {"1.2.0.80", "1.2.0.101", "1.2.0.107", "1.2.0.111", "1.2.0.122"}},
    {"plug", "plug-outdoor", 50, {"0.3.1.2", "0.3.1.7", "0.3.2.0", "0.3.2.4", "0.3.3.1"}},
    {"scale", "scale-v1", 40, {"1.0.43", "1.0.58", "1.1.2", "1.1.9", "1.2.0"}},
};

static const char *const given[] = {"ada",  "ben", "cleo", "dan", "edda", "finn", "greta", "hugo",
                                    "ines", "jan", "kim",  "lou", "mara", "nils", "oda",   "paul"};
static const char *const family[] = {"abel", "brook", "clay", "dale", "ember", "field", "grove",
                                     "hill", "iver",  "june", "keel", "lake",  "moor",  "north"};
static const char *const rooms[] = {"Nursery", "Front door",  "Garage",       "Kitchen",
                                    "Bedroom", "Living room", "Baby monitor", "Back yard",
                                    "Office",  "Porch"};
static const char *const errors[] = {"timeout", "auth", "dns", "tls", "reset"};

static uint64_t mix(uint64_t v) // splitmix64 (Steele, Lea, Flood 2014)
{
    v += 0x9e3779b97f4a7c15;
    v = (v ^ v >> 30) * 0xbf58476d1ce4e5b9;
    v = (v ^ v >> 27) * 0x94d049bb133111eb;
    return v ^ v >> 31;
}

uint64_t fleet_chance(const struct fleet *f, uint64_t what, int64_t row)
{
    return mix(mix(f->seed + what * 0x2545f4914f6cdd1d) ^ (uint64_t)row);
}

static int64_t below(uint64_t chance, int64_t bound)
{
    return (int64_t)((unsigned __int128)chance * (uint64_t)bound >> 64);
}

struct fleet fleet_of(uint64_t seed, int64_t customers)
{
    return (struct fleet){
        .seed = seed,
        .customers = customers,
        .devices = customers * 8 / 5,
        .shares = customers / 10,
        .tokens = customers / 100,
        .events = customers * 25 / 3,
    };
}

static const struct place *place_of(const struct fleet *f, int64_t customer)
{
    int64_t at = below(fleet_chance(f, CHANCE_COUNTRY, customer), 1000);
    size_t i = 0;
    while (i + 1 < COUNT(places) && at >= places[i].share)
        at -= places[i++].share;
    return &places[i];
}

static const struct model *model_of(const struct fleet *f, int64_t device)
{
    int64_t at = below(fleet_chance(f, CHANCE_MODEL, device), 1000);
    size_t i = 0;
    while (i + 1 < COUNT(models) && at >= models[i].share)
        at -= models[i++].share;
    return &models[i];
}

struct device fleet_device(const struct fleet *f, int64_t row)
{
    struct device d = {.customer = 1 + below(fleet_chance(f, CHANCE_OWNER, row), f->customers)};
    const struct model *m = model_of(f, row);
    d.model = (int)(m - models);
    d.kind = m->kind;
    d.model_name = m->name;
    d.firmware = m->firmwares[below(fleet_chance(f, CHANCE_FIRMWARE, row), 5)];
    d.region = place_of(f, d.customer)->region;
    // More of them late in the year: the larger of two chances.
    uint64_t one = fleet_chance(f, CHANCE_ACTIVATED, row);
    uint64_t two = mix(one);
    int64_t span_s = (int64_t)ACTIVATION_DAYS * 86400;
    d.activated_us = ACTIVATIONS_FROM_US + below(one > two ? one : two, span_s) * SECOND_US;
    return d;
}

// A device that is already there at `at_us`; in the unlikely case that none of eight is,
// the last one asked.
static int64_t device_at(const struct fleet *f, int64_t row, int64_t at_us)
{
    int64_t device = 1;
    for (int try = 0; try < 8; try++) {
        device = 1 + below(fleet_chance(f, CHANCE_EVENT_DEVICE + 100 + try, row), f->devices);
        if (fleet_device(f, device).activated_us < at_us)
            break;
    }
    return device;
}

static bool fails(const struct device *d, int64_t at_us, uint64_t chance)
{
    int64_t of_thousand = 15 + (d->region[0] == 's' ? 20 : 0) + d->model * 2;
    int64_t day = (at_us - EVENTS_FROM_US) / DAY_US;
    if (strcmp(d->firmware, "4.9.4.37") == 0 && day >= 11 && day <= 13)
        of_thousand = 330;
    return below(chance, 1000) < of_thousand;
}

struct event fleet_event(const struct fleet *f, int64_t row)
{
    int64_t span_us = EVENT_DAYS * DAY_US;
    int64_t step_us = span_us / (f->events > 0 ? f->events : 1);
    struct event e = {.outcome = "ok"};
    e.at_us = EVENTS_FROM_US + (int64_t)((double)(row - 1) * (double)span_us / (double)f->events);
    e.at_us += below(fleet_chance(f, CHANCE_EVENT_TIME, row), step_us > 1 ? step_us : 1);
    e.device = device_at(f, row, e.at_us);
    struct device d = fleet_device(f, e.device);
    uint64_t chance = fleet_chance(f, CHANCE_EVENT_LATENCY, row);
    e.latency_ms =
        20 + (int)below(chance, 60) + (int)below(mix(chance), 1 + below(mix(chance + 1), 800));
    uint64_t luck = fleet_chance(f, CHANCE_EVENT_OUTCOME, row);
    if (fails(&d, e.at_us, luck)) {
        e.outcome = "failed";
        e.error_class = errors[below(mix(luck), (int64_t)COUNT(errors))];
        e.latency_ms += 1000;
    }
    return e;
}

static int print_time(char *out, size_t size, int64_t us)
{
    time_t seconds = (time_t)(us / SECOND_US);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    char day[32];
    strftime(day, sizeof day, "%Y-%m-%d %H:%M:%S", &utc);
    return snprintf(out, size, "%s.%06d+00", day, (int)(us % SECOND_US));
}

static int print_email(const struct fleet *f, int64_t person, char *out, size_t size)
{
    uint64_t chance = fleet_chance(f, CHANCE_NAME, person);
    return snprintf(out, size, "%s.%s.%lld@mail.example", given[chance % COUNT(given)],
                    family[chance / 64 % COUNT(family)], (long long)person);
}

int fleet_customer_line(const struct fleet *f, int64_t row, char *out)
{
    char email[96];
    char created[48];
    const struct place *p = place_of(f, row);
    print_email(f, row, email, sizeof email);
    int64_t at = ACTIVATIONS_FROM_US - 400 * DAY_US +
                 below(fleet_chance(f, CHANCE_CREATED, row), 750 * 86400) * SECOND_US;
    print_time(created, sizeof created, at);
    return snprintf(out, TEXT_BYTES, "%lld\t%s\t%s\t%s\t%s\n", (long long)row, email, p->country,
                    p->time_zone, created);
}

int fleet_device_line(const struct fleet *f, int64_t row, char *out)
{
    char activated[48];
    struct device d = fleet_device(f, row);
    print_time(activated, sizeof activated, d.activated_us);
    uint64_t label = fleet_chance(f, CHANCE_LABEL, row);
    uint64_t mac = fleet_chance(f, CHANCE_MAC, row);
    return snprintf(out, TEXT_BYTES,
                    "%lld\t%lld\t%s\t%s\t%s\t%s\t%s %llu of %s\tHomeNet-%s-%05llu\t"
                    "2c:aa:8e:%02x:%02x:%02x\t%s\n",
                    (long long)row, (long long)d.customer, d.kind, d.model_name, d.firmware,
                    d.region, rooms[label % COUNT(rooms)], (unsigned long long)(label / 16 % 97),
                    given[label / 4096 % COUNT(given)], family[label / 65536 % COUNT(family)],
                    (unsigned long long)(d.customer % 100000), (unsigned)(mac & 255),
                    (unsigned)(mac >> 8 & 255), (unsigned)(mac >> 16 & 255), activated);
}

int fleet_share_line(const struct fleet *f, int64_t row, char *out)
{
    char email[96];
    char created[48];
    uint64_t chance = fleet_chance(f, CHANCE_SHARE, row);
    print_email(f, f->customers + row, email, sizeof email);
    print_time(created, sizeof created, EVENTS_FROM_US - below(mix(chance), 200) * DAY_US);
    return snprintf(out, TEXT_BYTES, "%lld\t%lld\t%s\t%s\n", (long long)row,
                    (long long)(1 + below(chance, f->devices)), email, created);
}

int fleet_token_line(const struct fleet *f, int64_t row, char *out)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    char token[360];
    memcpy(token, "Atzr|IwEBI", 10);
    for (int i = 10; i < 359; i++)
        token[i] = alphabet[fleet_chance(f, CHANCE_TOKEN, row * 1000 + i) % 64];
    token[359] = '\0';
    // Every hundredth customer holds one.
    return snprintf(out, TEXT_BYTES, "%lld\t%lld\talexa\t%s\n", (long long)row,
                    (long long)row * 100, token);
}

int fleet_tester_line(const struct fleet *f, int64_t row, char *out)
{
    uint64_t chance = fleet_chance(f, CHANCE_BODY, row);
    double height_cm = 150 + (double)below(chance, 4500) / 100;
    double weight_kg = 45 + (double)below(mix(chance), 60000) / 1000;
    return snprintf(out, TEXT_BYTES, "%lld\t%lld\t%.2f\t%.3f\t%s\n", (long long)row,
                    (long long)(1 + below(mix(chance + 1), f->customers)), height_cm, weight_kg,
                    chance & 1 ? "female" : "male");
}

int fleet_event_line(const struct fleet *f, int64_t row, char *out)
{
    char at[48];
    struct event e = fleet_event(f, row);
    print_time(at, sizeof at, e.at_us);
    return snprintf(out, TEXT_BYTES, "%lld\t%lld\t%s\t%s\t%s\t%d\n", (long long)row,
                    (long long)e.device, at, e.outcome, e.error_class ? e.error_class : "\\N",
                    e.latency_ms);
}
