// SPDX-License-Identifier: Apache-2.0
#pragma once

// Comma lists, as paths and parameters have them.

#include "base/slice.h"

// Takes the next part off the front of `rest`, blanks around it removed.  False at the end.
//     struct slice part;
//     while (list_next(&rest, &part)) ...
bool list_next(struct slice *rest, struct slice *out);
