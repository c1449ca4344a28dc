// SPDX-License-Identifier: Apache-2.0
#pragma once

// The register of settings: everything an operator can set outside policy.yml, each with its
// mark (policy/mark.h): what it protects, and which direction loosens.
//
// tamis.yml's parser and the flags of `tamis serve` are made out of these lists, so a setting
// that is not here does not exist, and one without a mark has too few arguments and does not
// compile.  What can be said in policy.yml is in policy/policy_mark.c.  tests/human walks all of
// it: `tamis policy settings --json`.

#include "base/pool.h"
#include "policy/mark.h"

#include <stdint.h>

enum setting_form { KEY_TEXT, KEY_U32, KEY_U64, KEY_LISTEN };

// clang-format off

// X(section or NULL, name, form, field of struct config, least, most, protects, loosens)
#define SETTINGS_OF_FILE(X) \
    X(NULL, "listen", KEY_LISTEN, listen, 0, 0, PROTECTS_REACH, LOOSENS_BEYOND) \
    X(NULL, "cluster_name", KEY_TEXT, cluster_name, 1, CONFIG_NAME_BYTES - 1, \
      PROTECTS_NOTHING, LOOSENS_NEVER) \
    X(NULL, "node_name", KEY_TEXT, node_name, 1, CONFIG_NAME_BYTES - 1, \
      PROTECTS_NOTHING, LOOSENS_NEVER) \
    X(NULL, "cluster_uuid", KEY_TEXT, cluster_uuid, 22, 22, PROTECTS_NOTHING, LOOSENS_NEVER) \
    X(NULL, "connections", KEY_U32, connections, 8, CONFIG_CONNECTIONS_MAX, \
      PROTECTS_SERVICE, LOOSENS_NEVER) \
    X(NULL, "connections_per_address", KEY_U32, connections_per_address, 1, \
      CONFIG_CONNECTIONS_MAX, \
      PROTECTS_SERVICE, LOOSENS_NEVER) \
    X(NULL, "idle_seconds", KEY_U32, idle_seconds, 1, 3600, PROTECTS_SERVICE, LOOSENS_NEVER) \
    X(NULL, "request_seconds", KEY_U32, request_seconds, 1, 3600, \
      PROTECTS_SERVICE, LOOSENS_NEVER) \
    X(NULL, "seal_rows", KEY_U32, seal_rows, 1024, 1 << 26, PROTECTS_NOTHING, LOOSENS_NEVER) \
    X(NULL, "log_bytes", KEY_U64, log_bytes, 1 << 20, (uint64_t)1 << 40, \
      PROTECTS_NOTHING, LOOSENS_NEVER) \
    X("segments", "memory_bytes", KEY_U64, segments_memory_bytes, 16 << 20, (uint64_t)1 << 44, \
      PROTECTS_SERVICE, LOOSENS_NEVER) \
    X("search", "threads", KEY_U32, search_threads, 1, POOL_WORKERS_MAX, \
      PROTECTS_NOTHING, LOOSENS_NEVER) \
    X("search", "memory_bytes", KEY_U64, search_memory_bytes, 16 << 20, (uint64_t)1 << 40, \
      PROTECTS_SERVICE, LOOSENS_NEVER) \
    X("search", "memory_bytes_all", KEY_U64, search_memory_bytes_all, 16 << 20, (uint64_t)1 << \
      44, \
      PROTECTS_SERVICE, LOOSENS_NEVER) \
    X("search", "cache_bytes", KEY_U64, search_cache_bytes, 0, (uint64_t)1 << 40, \
      PROTECTS_SERVICE, LOOSENS_NEVER) \
    X("search", "max_buckets", KEY_U32, search_buckets_max, 1, 1 << 24, \
      PROTECTS_SERVICE, LOOSENS_NEVER) \
    X("audit", "witness", KEY_TEXT, audit_witness, 1, CONFIG_PATH_BYTES - 1, \
      PROTECTS_RECORD, LOOSENS_ALWAYS) \
    X("audit", "keep_days", KEY_U32, audit_keep_days, 1, 36500, PROTECTS_RECORD, LOOSENS_FEWER) \
    X("audit", "max_bytes", KEY_U64, audit_bytes_max, 64 << 20, (uint64_t)1 << 50, \
      PROTECTS_RECORD, LOOSENS_FEWER) \
    X("tls", "client_ca", KEY_TEXT, tls_client_ca, 1, CONFIG_PATH_BYTES - 1, \
      PROTECTS_REACH, LOOSENS_ALWAYS) \
    X("users", "keeper", KEY_TEXT, users[PROCESS_KEEPER], 1, CONFIG_USER_BYTES - 1, \
      PROTECTS_SEPARATION, LOOSENS_ALWAYS) \
    X("users", "mirror", KEY_TEXT, users[PROCESS_MIRROR], 1, CONFIG_USER_BYTES - 1, \
      PROTECTS_SEPARATION, LOOSENS_ALWAYS) \
    X("users", "serve", KEY_TEXT, users[PROCESS_SERVE], 1, CONFIG_USER_BYTES - 1, \
      PROTECTS_SEPARATION, LOOSENS_ALWAYS)

// X(name, what its value is called, protects, loosens)
#define SETTINGS_OF_SERVE(X) \
    X("listen", "ADDR:PORT", PROTECTS_REACH, LOOSENS_BEYOND) \
    X("ready-file", "F", PROTECTS_NOTHING, LOOSENS_NEVER)

// tamis reads no variable of its own, and its processes forget all they were given before they
// read anything; these are what the libraries would have obeyed.
// X(name, a value that would harm, protects, loosens)
#define SETTINGS_OF_ENVIRONMENT(X) \
    X("SSLKEYLOGFILE", "/tmp/keys.log", PROTECTS_REACH, LOOSENS_ALWAYS) \
    X("GNUTLS_SYSTEM_PRIORITY_FILE", "/dev/null", PROTECTS_REACH, LOOSENS_ALWAYS) \
    X("GNUTLS_FORCE_FIPS_MODE", "0", PROTECTS_REACH, LOOSENS_ALWAYS) \
    X("GNUTLS_SKIP_FIPS_INTEGRITY_CHECKS", "1", PROTECTS_REACH, LOOSENS_ALWAYS) \
    X("PGHOSTADDR", "127.0.0.1", PROTECTS_CONTENT, LOOSENS_ALWAYS) \
    X("PGSSLMODE", "disable", PROTECTS_CONTENT, LOOSENS_ALWAYS) \
    X("PGSERVICEFILE", "/dev/null", PROTECTS_CONTENT, LOOSENS_ALWAYS) \
    X("SQLITE_TMPDIR", "/tmp", PROTECTS_ACCESS, LOOSENS_ALWAYS) \
    X("TZ", "Pacific/Kiritimati", PROTECTS_NOTHING, LOOSENS_NEVER) \
    X("LC_ALL", "C", PROTECTS_NOTHING, LOOSENS_NEVER) \
    X("HOME", "/nonexistent", PROTECTS_NOTHING, LOOSENS_NEVER)

// X(role, protects, loosens): what a user is given; more roles loosen.
#define SETTINGS_OF_ROLES(X) \
    X("admin", PROTECTS_ACCESS, LOOSENS_MORE) \
    X("writer", PROTECTS_ACCESS, LOOSENS_MORE) \
    X("analyst", PROTECTS_ACCESS, LOOSENS_MORE) \
    X("metrics", PROTECTS_ACCESS, LOOSENS_MORE) \
    X("auditor", PROTECTS_ACCESS, LOOSENS_MORE) \
    X("investigator", PROTECTS_ACCESS, LOOSENS_MORE)

// X(name below DIR, what it is, protects, loosens): its mode, and where it lies.
#define SETTINGS_OF_FILES(X) \
    X(".", "directory", PROTECTS_SEPARATION, LOOSENS_ALWAYS) \
    X("tamis.yml", "file", PROTECTS_REACH, LOOSENS_ALWAYS) \
    X("policy.yml", "file", PROTECTS_CONTENT, LOOSENS_ALWAYS) \
    X("keys", "directory", PROTECTS_CONTENT, LOOSENS_ALWAYS) \
    X("keys/master.key", "file", PROTECTS_CONTENT, LOOSENS_ALWAYS) \
    X("keys/sign.key", "file", PROTECTS_CONTENT, LOOSENS_ALWAYS) \
    X("tls", "directory", PROTECTS_REACH, LOOSENS_ALWAYS) \
    X("tls/server.key", "file", PROTECTS_REACH, LOOSENS_ALWAYS) \
    X("tls/server.crt", "file", PROTECTS_REACH, LOOSENS_ALWAYS) \
    X("access", "directory", PROTECTS_ACCESS, LOOSENS_ALWAYS) \
    X("access/catalog.db", "file", PROTECTS_ACCESS, LOOSENS_ALWAYS) \
    X("data", "directory", PROTECTS_CONTENT, LOOSENS_ALWAYS) \
    X("audit", "directory", PROTECTS_RECORD, LOOSENS_ALWAYS) \
    X("run", "directory", PROTECTS_NOTHING, LOOSENS_NEVER)

// clang-format on

enum setting_kind { SETTING_FILE, SETTING_FLAG, SETTING_ENVIRONMENT, SETTING_ROLE, SETTING_MODE };

struct setting {
    const char *section; // of tamis.yml; NULL
    const char *name;
    const char *value; // of a variable: one that would harm; of a mode: "directory" or "file"
    uint64_t min, max; // of tamis.yml's numbers, or of a text's length
    enum protects protects;
    enum loosens loosens;
    enum setting_form form; // of tamis.yml's
    enum setting_kind kind;
};

extern const struct setting settings[];
extern const uint32_t setting_count;
const char *setting_kind_name(enum setting_kind k); // "tamis.yml"
