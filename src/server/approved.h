// SPDX-License-Identifier: Apache-2.0
#pragma once

// What an installation runs with: not what its files say, but what was approved.
//
// policy.yml and tamis.yml are how an operator says what they want; in force is the last version
// of the ratchet (access/ratchet.h).  At every start, and when the launcher is told to look again
// (SIGUSR1), the files are held against it:
//
//     the same, or neutral   is taken, and written down when it differs
//     it tightens            is taken at once and written down
//     it loosens             is not taken: the approved one stays in force, and the log says for
//                            each line why; `tamis policy apply` proposes it
//
// As long as nothing has entered there is nothing to protect, and files are taken as they are: so
// one sets an installation up.  An address beyond this machine is judged the same
// way, whether it stands in tamis.yml or after --listen; loopback is always allowed.

#include "access/ratchet.h"
#include "base/buf.h"
#include "server/config.h"
#include "server/layer_key.h"

#define RATCHET_POLICY    "policy"
#define RATCHET_SETTING   "setting"
#define RATCHET_DATA      "data"
#define SUBJECT_ENTERED   "entered"
#define SUBJECT_POLICY    "policy.yml"
#define SUBJECT_LISTEN    "listen"
#define SUBJECT_PROCESSES "users"
#define SUBJECT_TLS       "tls"

struct approved {
    struct buf policy; // text of the policy in force
    int64_t seq;       // of the ratchet's entry that put it in force
    int64_t at_ms;
    char who[PRINCIPAL_NAME_BYTES];
    uint32_t waiting;                      // proposals that wait
    bool differs;                          // policy.yml says something that is not in force
    bool has_data;                         // something has entered, now or ever
    int64_t begin_ms;                      // when the installation was made
    int64_t counter;                       // of changes of catalog.db (access/trusted.h)
    uint32_t generations[LAYER_KINDS_MAX]; // of each kind's pseudonyms (layer_key.h)
    uint32_t destroyed;                    // keys of sealed columns (sealed_key.h)
};

static inline void approved_done(struct approved *a)
{
    buf_done(&a->policy);
}

// `config` has what tamis.yml (and --listen) want, and afterwards what may be.  Reads keys/ in a
// process of its own, which ends before this returns, so that the caller holds no secret.
// Warnings go to the log.  The words of a failure are the log's too.
enum err approved_settle(const struct world *dir, struct config *config, struct approved *out,
                         struct fault *why);

// For `tamis init`: the first version of everything.  `access` is the way to DIR/access.
enum err approved_start(const struct world *dir, const char *access, struct config *config,
                        struct slice policy, struct fault *why);

// The setting as the ratchet keeps it, as YAML; and back into `config`.
enum err setting_print(const struct config *config, const char *subject, struct buf *out,
                       struct fault *why);
enum err setting_take(struct slice yaml, const char *subject, struct config *config,
                      struct fault *why);
bool endpoint_is_beyond(const struct endpoint *e); // others than this machine may reach it
// The setting that `config` wants, beside the one in force (as setting_print() writes it; len 0:
// none): whether it loosens.
bool setting_loosens(const struct config *config, const char *subject, struct slice in_force);
extern const char *const approved_settings[]; // their subjects; NULL ends it

// Has anything ever entered, as far as the ratchet knows?
bool approved_has_data(const struct ratchet *r);

// Looks into DIR/data and tells the ratchet when something has entered: at each start, and before a
// change is judged, as what was set up freely a moment ago protects something now.
enum err approved_note_data(const struct world *dir, struct ratchet *r, const char *who,
                            struct fault *why);
