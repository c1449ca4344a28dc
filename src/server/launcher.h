// SPDX-License-Identifier: Apache-2.0
#pragma once

// The launcher: starts keeper, mirror and serve, links them, starts again what dies.
//
// It holds no secret, opens no socket to the network, reads nothing that strangers wrote
// and runs no program (docs/decisions/001-launcher.md says why it is there).  A child that
// dies comes back after 100 ms, later after up to 5 s, and its links are made anew; a
// keeper or serve that gives up before anything was ever answered ends it all, because
// then the installation is wrong.  SIGTERM and SIGINT stop serve, then mirror, then keeper.
// Whatever ends the launcher ends its children.

#include "base/err.h"
#include "server/config.h"

struct launcher_options {
    const char *directory;  // DIR
    const char *listen;     // instead of tamis.yml's; NULL: not
    const char *ready_file; // appears when requests are answered; NULL: none
};

// Returns when all is stopped.  ERR_CONFLICT: DIR is served already.
enum err launcher_run(const struct launcher_options *options, struct fault *why);
