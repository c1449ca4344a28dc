// SPDX-License-Identifier: Apache-2.0
#pragma once

// An entry for people and programs to read.

#include "audit/entry.h"
#include "json/json_writer.h"

// One object; what is empty is left out.  The members of its sets only when asked for, as
// they may be many.
void audit_entry_json(const struct audit_entry *e, bool with_members, struct json_writer *w);
