// SPDX-License-Identifier: Apache-2.0
#pragma once

// Status: what serve knows of all processes, as JSON, for `tamis status` and for the API.
//
//     {"listen":"127.0.0.1:9200","node":"...","version":1,"pid":..,"started_ms":..,
//      "written_ms":..,"ready":true,
//      "processes":[{"name":"serve","pid":..,"starts":1,"since_ms":..,"linked":true}, ...],
//      "sandbox":{"landlock_abi":7,"tcp":"landlock and seccomp","own_user":true,"uid":61843},
//      "store":{"log_bytes":..,"commits":..,"syncs":..,"bytes_written":..},
//      "search":{"count":..,"running":..,"gone":..,"late":..,"over":..,"memory_bytes":..,
//                "memory_bytes_most":..,"memory_bytes_max":..,
//                "cache":{"bytes_max":..,"answers":{"hits":..,"misses":..,"evictions":..,
//                                                   "entries":..,"bytes":..},"partials":{...}}},
//      "protection":{"policy_version":7,"since_ms":..,"by":"ann","proposals_waiting":0,
//                    "policy_file_differs":false,"listens_beyond_this_machine":false},
//      "tls":{"until_ms":..,"from_ms":..,"since_ms":..,"looked_ms":..,"sha256":"..",
//             "client_authorities":0,
//             "refused":"why the files of another certificate were not taken"},
//      "penalties":{"credential":0,"code":0,"silent":0,"malformed":0,"refused":0,"sources":0,
//                   "acting":0},
//      "audit":{"entries":12,"on_disk":12,"head":"..",
//               "last_change":{"action":"user.put","name":"bob","by":"ann","at_ms":..}},
//      "tables":[{"name":"devices","rows":..,...}],
//      "sources":[ what mirror last said of each, see server/mirror_state.h ]}
//
// One thread makes it; any thread may read the last one.

#include "access/penalty.h"
#include "audit/audit.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/world.h"
#include "engine/engine.h"
#include "guard/sandbox.h"
#include "server/tls.h"
#include "store/store.h"

struct status_peer {
    uint32_t pid, starts;
    int64_t since_ms; // when its link came
    bool is_linked;
};

// What the installation runs with, and what waits; see approved.h.
struct status_protection {
    int64_t version, since_ms; // of the policy: number of the ratchet's entry
    const char *by;
    uint32_t waiting;     // proposals
    bool differs;         // policy.yml says something that is not in force
    bool beyond;          // others than this machine can reach the listener
    int64_t installed_ms; // when the installation, and its keys, were made; 0: not known
    uint32_t floor;       // smallest group that is shown; 0: none
};

// What connections are made with.
struct status_tls {
    const struct tls_facts *facts; // NULL: not known yet
    int64_t since_ms;              // it is the one that is used
    int64_t looked_ms;             // at files of another one; 0: at none yet
    const char *refused;           // why the files that were last handed over are not; "" or NULL
};

struct status_facts {
    const struct audit_stats *audit; // NULL: not told
    struct status_tls tls;
    struct penalty_stats penalties;
    struct status_protection protection;
    const char *listen, *node;
    int64_t started_ms, now_ms;
    bool is_ready;
    bool has_own_user;
    struct sandbox_facts sandbox;
    struct status_peer peers[PROCESS_COUNT];
    const struct store_stats *store;
    struct engine_load search;
    struct slice mirror_state; // an object in JSON, or empty
};

enum { STATUS_BYTES_MAX = 1 << 20 };

// Pure.  ERR_LIMIT when it is larger than `out` takes.
enum err status_print(const struct status_facts *f, struct buf *out, struct fault *why);

// The last one printed, behind a lock.
struct status;
struct status *status_new(void);
void status_free(struct status *s);
void status_set(struct status *s, struct slice json, bool is_ready); // copies
enum err status_json(void *status, struct buf *out);                 // for struct api
bool status_is_ready(void *status);

// Replaces the file in one step; not synced, because it is of use only while we run.
enum err status_write(const struct world *dir, struct slice json, struct fault *why);
