// SPDX-License-Identifier: Apache-2.0
#pragma once

// The last label of a domain name that can be reached from anywhere: "org", "de", "xn--p1ai"; also
// "example" and "test", which stand for one.
// What ends otherwise ("icon@2x.png", "build@host.internal") is nobody's address.

#include "base/slice.h"

bool tld_is(struct slice label); // in either case
