// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a column seems to hold of people: by its name, or by the form of its values.
//
// A name is a hint for whoever decides; a form that a detector finds is next to certain.

#include "data/survey.h"
#include "policy/detector.h"

// "a network's name", for "wifi_ssid"; NULL: its name says nothing.
const char *personal_by_name(const char *column);

// The detector that found something in the most of the distinct values, and in how many; NULL:
// none.
const struct detector *personal_by_form(const struct survey_counts *seen, uint32_t *out_count);
