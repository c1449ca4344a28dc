// SPDX-License-Identifier: Apache-2.0
#pragma once

// The parts of `tamis demo`: a PostgreSQL of its own, the fictional fleet in it, and the
// comparison of both answers.  One thread; what is started is stopped by demo_stop().

#include "base/arena.h"
#include "base/err.h"

#include <libpq-fe.h>
#include <sys/types.h>

enum { DEMO_PATH_BYTES = 512, DEMO_SCRATCH_BYTES = 1 << 30 };

struct client;

struct demo {
    char directory[DEMO_PATH_BYTES]; // holds postgres/, home/, passwords and logs
    char home[DEMO_PATH_BYTES];      // the directory of `tamis serve`
    char program[DEMO_PATH_BYTES];   // this tamis
    char fleet[DEMO_PATH_BYTES];     // tamis-fleet beside it
    char policy[DEMO_PATH_BYTES];    // the demo's policy, with @CONNINFO@ in it
    char postgres_bin[DEMO_PATH_BYTES];
    char log[DEMO_PATH_BYTES];
    long long customers;
    int port, postgres_port;
    pid_t serve, live;
    bool postgres_runs;
    int marker_fd; // locked: this demo's directory; -1: none yet
    PGconn *db;
    struct client *client;
    struct arena *scratch;
};

// Finds the programs and ports, makes the directory (removes that of an earlier demo).
enum err demo_prepare(struct demo *d, struct fault *why);
// Its parts.  `bin` is where this program lies; port 0 finds a free one; ERR_CONFLICT when
// the port or the directory is somebody else's, another running demo's included.
enum err demo_find_programs(struct demo *d, const char *bin, struct fault *why);
enum err demo_take_port(int port, int *out_port, struct fault *why);
enum err demo_take_directory(struct demo *d, struct fault *why);
enum err demo_start_postgres(struct demo *d, struct fault *why);
enum err demo_fill(struct demo *d, struct fault *why);        // tamis-fleet
enum err demo_start_serve(struct demo *d, struct fault *why); // init, policy, source sql, serve
enum err demo_wait_for_copy(struct demo *d, struct fault *why);
void demo_stop(struct demo *d);
// Ctrl-C, or a request to end, came (the verb blocks both signals and looks).
bool demo_is_ended(void);

// Both metrics, from PostgreSQL, from an aggregation, from the kept metric; printed
// beside each other.  ERR_INVALID when they are not equal.
enum err demo_compare(struct demo *d, struct fault *why);
// A change in PostgreSQL until it is in the answer, printed.
enum err demo_live_change(struct demo *d, struct fault *why);
// Greps everything below the home directory for every personal value of the fleet.
enum err demo_look_for_personal_data(struct demo *d, struct fault *why);

// "a" "between" "b"; ERR_LIMIT when it is longer than a path.
enum err demo_path(char out[DEMO_PATH_BYTES], struct fault *why, const char *between, const char *a,
                   const char *b);
enum err demo_make_directory(const char *name, mode_t mode, struct fault *why);

// *out (which the caller clears) when `out` is wanted.  ERR_INVALID with PostgreSQL's words.
enum err demo_sql(struct demo *d, const char *sql, PGresult **out, struct fault *why);
