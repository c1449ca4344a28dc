// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"
#include "base/buf.h"
#include "base/date_private.h"
#include "base/world.h"

#include <pthread.h>

enum {
    ZONE_FILE_BYTES = 64 << 10,
    OFFSET_MINUTES_MAX = 18 * 60, // as java.time has it
};

static const char zone_directory[] = "/usr/share/zoneinfo";

// One lock for both kinds of zone.  Zones by name are as many as there are files; zones
// by offset have their place in a table.
static pthread_mutex_t zones_lock = PTHREAD_MUTEX_INITIALIZER;
static struct date_zone *named_zones;
static struct date_zone offset_zones[2 * OFFSET_MINUTES_MAX + 1];
static const struct date_zone utc_zone = {.name = "UTC"};

const struct date_zone *date_zone_utc(void)
{
    return &utc_zone;
}

static bool two_digits(struct slice *s, int32_t max, int32_t *out)
{
    if (s->len < 2 || (uint8_t)(s->at[0] - '0') > 9 || (uint8_t)(s->at[1] - '0') > 9)
        return false;
    *out = (s->at[0] - '0') * 10 + (s->at[1] - '0');
    *s = slice_from(*s, 2);
    return *out <= max;
}

bool zone_offset_parse(struct slice text, int32_t *out_seconds)
{
    int32_t hours = 0;
    int32_t minutes = 0;
    if (text.len < 2 || (text.at[0] != '+' && text.at[0] != '-'))
        return false;
    bool negative = text.at[0] == '-';
    text = slice_from(text, 1);
    if (text.len == 1 && (uint8_t)(text.at[0] - '0') < 10) {
        hours = text.at[0] - '0';
        text = slice_from(text, 1);
    } else if (!two_digits(&text, 18, &hours)) {
        return false;
    }
    if (text.len > 0 && text.at[0] == ':')
        text = text.len == 3 ? slice_from(text, 1) : slice_of(text.at, 1);
    if (text.len > 0 && !two_digits(&text, 59, &minutes))
        return false;
    int32_t total = hours * 60 + minutes;
    if (text.len > 0 || total > OFFSET_MINUTES_MAX)
        return false;
    *out_seconds = (negative ? -total : total) * 60;
    return true;
}

static const struct date_zone *zone_by_offset(int32_t seconds)
{
    if (seconds == 0)
        return &utc_zone;
    pthread_mutex_lock(&zones_lock);
    struct date_zone *z = &offset_zones[seconds / 60 + OFFSET_MINUTES_MAX];
    if (z->first_seconds != seconds) // once, for others read it without the lock
        z->first_seconds = seconds;
    pthread_mutex_unlock(&zones_lock);
    return z;
}

// "America/New_York": letters, digits, '_', '-', '+' and single slashes inside.  Names
// below right/ count leap seconds, those below posix/ are second names.
static bool is_zone_name(struct slice name)
{
    if (name.len == 0 || name.len > ZONE_NAME_BYTES || slice_is(name, "localtime") ||
        slice_starts(name, slice_text("right/")) || slice_starts(name, slice_text("posix/")))
        return false;
    uint8_t before = '/';
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.at[i];
        bool is_word = (uint8_t)((c | 0x20) - 'a') < 26 || (uint8_t)(c - '0') < 10 || c == '_' ||
                       c == '-' || c == '+';
        if (!is_word && (c != '/' || before == '/'))
            return false;
        before = c;
    }
    return before != '/';
}

static enum err load_zone(const char *name, struct date_zone **out, struct fault *why)
{
    struct world w;
    enum err e = world_open(zone_directory, &w, why);
    if (e)
        return e;
    struct buf file AUTO(buf_donep) = buf_init(ZONE_FILE_BYTES);
    e = world_read_file(&w, name, &file, why);
    world_close(&w);
    return e ? e : zone_decode(buf_slice(&file), out, why);
}

// NULL when nobody has asked for it yet.
static const struct date_zone *find_named(const char *name)
{
    pthread_mutex_lock(&zones_lock);
    const struct date_zone *z = named_zones;
    while (z && strcmp(z->name, name) != 0)
        z = z->next;
    pthread_mutex_unlock(&zones_lock);
    return z;
}

// Takes `z` and gives the zone of that name: another thread may have been first.
static const struct date_zone *add_named(struct date_zone *z)
{
    pthread_mutex_lock(&zones_lock);
    struct date_zone *first = named_zones;
    while (first && strcmp(first->name, z->name) != 0)
        first = first->next;
    if (!first) {
        z->next = named_zones;
        named_zones = z;
    }
    pthread_mutex_unlock(&zones_lock);
    if (first)
        zone_free(z);
    return first ? first : z;
}

static const struct date_zone *zone_by_name(struct slice name)
{
    char text[ZONE_NAME_BYTES + 1] = {0};
    memcpy(text, name.at, name.len);
    const struct date_zone *known = find_named(text);
    struct date_zone *z = NULL;
    if (known || load_zone(text, &z, NULL))
        return known;
    memcpy(z->name, text, sizeof text);
    return add_named(z);
}

static bool is_utc_name(struct slice name)
{
    return slice_is(name, "Z") || slice_is(name, "UTC") || slice_is(name, "GMT") ||
           slice_is(name, "UT");
}

enum err date_zone_get(struct slice name, const struct date_zone **out, struct fault *why)
{
    int32_t seconds = 0;
    struct slice offset = name;
    if (slice_starts(name, slice_text("UTC")) || slice_starts(name, slice_text("GMT")))
        offset = slice_from(name, 3);
    const struct date_zone *z = NULL;
    if (is_utc_name(name))
        z = &utc_zone;
    else if (zone_offset_parse(offset, &seconds))
        z = zone_by_offset(seconds);
    else if (is_zone_name(name))
        z = zone_by_name(name);
    if (!z)
        return fail(why, ERR_INVALID, "Unknown time-zone ID: %.*s",
                    name.len > ZONE_NAME_BYTES ? ZONE_NAME_BYTES : (int)name.len,
                    (const char *)name.at);
    *out = z;
    return OK;
}

static int32_t offset_seconds(const struct date_zone *z, int64_t utc_seconds)
{
    uint32_t low = 0; // changes before `low` are at or before the instant
    uint32_t high = z->change_count;
    if (high > 0 && utc_seconds >= z->changes[high - 1])
        low = high;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (z->changes[middle] <= utc_seconds)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == z->change_count && z->has_rule)
        return zone_rule_offset(&z->rule, utc_seconds);
    return low > 0 ? z->offsets_seconds[low - 1] : z->first_seconds;
}

// Sums of times have room left; a little beyond the calendar, zones still hold.
static int64_t no_overflow(int64_t ms)
{
    const int64_t far = 1000000000000000;
    return ms < -far ? -far : ms > far ? far : ms;
}

int64_t date_zone_offset_ms(const struct date_zone *z, int64_t utc_ms)
{
    if (z->change_count == 0 && !z->has_rule)
        return (int64_t)z->first_seconds * MS_PER_SECOND;
    return (int64_t)offset_seconds(z, floor_div(no_overflow(utc_ms), MS_PER_SECOND)) *
           MS_PER_SECOND;
}

int64_t zone_change_between(const struct date_zone *z, int64_t before_ms, int64_t after_ms)
{
    int64_t wanted = date_zone_offset_ms(z, after_ms);
    while (after_ms - before_ms > 1) {
        int64_t middle = before_ms + (after_ms - before_ms) / 2;
        if (date_zone_offset_ms(z, middle) == wanted)
            after_ms = middle;
        else
            before_ms = middle;
    }
    return after_ms;
}

int64_t date_zone_to_utc(const struct date_zone *z, int64_t local_ms)
{
    local_ms = no_overflow(local_ms);
    // No two changes of one zone are less than two days apart.
    int64_t before = date_zone_offset_ms(z, local_ms - MS_PER_DAY);
    int64_t after = date_zone_offset_ms(z, local_ms + MS_PER_DAY);
    if (before == after)
        return local_ms - before;
    // The earlier of two readings has the larger offset, which is the one before.
    if (date_zone_offset_ms(z, local_ms - before) == before)
        return local_ms - before;
    if (date_zone_offset_ms(z, local_ms - after) == after)
        return local_ms - after;
    return zone_change_between(z, local_ms - MS_PER_DAY, local_ms + MS_PER_DAY);
}
