// SPDX-License-Identifier: Apache-2.0
#pragma once

// A directory that a verb takes for an installation, with a policy and a status of our own.

#include "unit/server/place.h"

#include <string.h>

static const char home_policy_text[] =
    "sources:\n"
    "  fleet:\n"
    "    postgres: \"host=db.example port=5432 dbname=fleet\"\n"
    "    replication: {user: tamis_replication, password_file: keys/r.password}\n"
    "    copy: {user: tamis_copy, password_file: keys/c.password}\n"
    "    tables:\n"
    "      devices:\n"
    "        key: id\n"
    "        columns:\n"
    "          id:       {treat: pseudonym, subject: device}\n"
    "          nickname: {treat: keep, as: keyword}\n"
    "          ssid:     {treat: drop}\n";

static inline struct place home_make_with(const char *policy)
{
    struct place p = place_make();
    place_write(&p, "tamis.yml", "idle_seconds: 20\n");
    place_write(&p, "policy.yml", policy);
    EXPECT_EQ(mkdir(place_name(&p, "run"), 0700), 0);
    return p;
}

// As serve writes it.  `pid` 0 is nobody's; `sources` is the list's inside.
static inline void home_write_status(const struct place *p, pid_t pid, int64_t written_ms,
                                     const char *listen, const char *sources)
{
    char text[8192];
    snprintf(text, sizeof text,
             "{\"listen\":\"%s\",\"pid\":%d,\"started_ms\":%lld,\"written_ms\":%lld,\"ready\":true,"
             "\"processes\":[{\"name\":\"serve\",\"pid\":7,\"starts\":2}],"
             "\"sandbox\":{\"landlock_abi\":7,\"tcp\":\"landlock\",\"own_user\":true},"
             "\"search\":{\"count\":1200,\"running\":1,\"gone\":2,\"late\":0,\"over\":3,"
             "\"memory_bytes\":2097152,\"cache\":{\"bytes_max\":4000000,"
             "\"answers\":{\"hits\":70,\"bytes\":1000000},"
             "\"partials\":{\"hits\":2000,\"bytes\":500000}}},"
             "\"protection\":{\"policy_version\":7,\"since_ms\":%lld,\"by\":\"ann\","
             "\"proposals_waiting\":2,\"policy_file_differs\":true,"
             "\"listens_beyond_this_machine\":false},"
             "\"store\":{\"segments\":{\"memory_bytes\":1048576,\"memory_bytes_max\":4194304,"
             "\"bytes_loaded\":3145728,\"gone\":5}},"
             "\"tables\":[{\"name\":\"devices\",\"rows\":32134,\"bytes_disk\":1200000,"
             "\"bytes_memory\":800000}],\"sources\":[%s]}",
             listen, (int)pid, (long long)(written_ms - 180000), (long long)written_ms,
             (long long)(written_ms - 7200000), sources);
    place_write(p, "run/status.json", text);
}

#define HOME_STREAMING                                                                        \
    "{\"name\":\"fleet\",\"phase\":\"streaming\",\"words\":\"following every change\","       \
    "\"lag_ms\":40,\"lag_bytes\":2100,\"last_error\":null,\"tables\":[{\"name\":\"devices\"," \
    "\"refused\":null}]}"
#define HOME_REFUSED                                                                        \
    "{\"name\":\"fleet\",\"phase\":\"streaming\",\"words\":\"\",\"lag_ms\":90000,"          \
    "\"last_error\":null,\"tables\":[{\"name\":\"devices\",\"refused\":\"column nickname: " \
    "e-mail address, 2 times\"}]}"
#define HOME_COPYING                                                   \
    "{\"name\":\"fleet\",\"phase\":\"copying\",\"rows_copied\":50000," \
    "\"rows_estimated\":150000,\"rows_per_second\":10000.0,\"last_error\":null,\"tables\":[]}"
#define HOME_WAITING                                                                      \
    "{\"name\":\"fleet\",\"phase\":\"waiting\",\"words\":\"tries again\",\"last_error\":" \
    "\"the publication is not there\",\"last_error_ms\":0,\"tables\":[]}"
