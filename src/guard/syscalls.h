// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which system calls a process may make (seccomp).  All of it is in syscalls.c.
//
// keeper, mirror and serve have an allow-list.  Of the rest, those a stranger inside
// would try first (running a program, opening a socket, binding, connecting, tracing,
// changing owner ...) fail with EPERM, so that a library that merely tries goes on; any
// other kills the process, and the launcher starts it again.  The launcher has only a
// deny-list, because filters are inherited: its children must still set up their own.
//
// Binds the calling thread and those it starts later.

#include "base/err.h"
#include "guard/message.h"

enum err syscalls_restrict(enum process self, struct fault *why);
