// SPDX-License-Identifier: Apache-2.0
#pragma once

// Numbers by a pattern such as "#,##0.00" or "0.0%": the part of Java's DecimalFormat that
// aggregations' "format" is used for.

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

// ERR_INVALID for a pattern with anything but '#', '0', ',', '.' and a final '%'.
enum err number_format(double value, struct slice pattern, struct buf *out, struct fault *why);
