// SPDX-License-Identifier: Apache-2.0
#pragma once

// Detectors: the tripwire behind the allow-list.
//
// Each knows one form of what must never be in a metrics copy.  They are not the filter
// (what has no form, a name, a network's name, they cannot see); they catch what a
// column holds against its declaration.
//
// Each is one file (detect_*.c), one const struct and one line in detector.c.  All
// patterns are compiled into one Hyperscan database, which walks each text once however
// many there are.  A pattern finds candidates; `holds` decides, where form is not enough.

//
// Three see more than one text: a name (detect_ssid.c), a row (body_watch.h), a column
// (free_text.h).  They have no pattern.  A policy may let one pass in a column by its id:
// `allow: [ip]`.

#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"

struct buf;

struct detector {
    const char *name;    // "e-mail address"
    const char *id;      // "email": in policies
    const char *pattern; // Hyperscan's dialect; anywhere in the text.  NULL: sees no single text
    bool caseless;
    // Whether the text does hold one; NULL when the pattern is enough.
    bool (*holds)(struct slice text, struct arena *scratch);
};

extern const struct detector detect_amazon, detect_jwt, detect_private_key, detect_api_key,
    detect_secret, detect_password_hash, detect_url_password, detect_email, detect_mac, detect_iban,
    detect_card, detect_imei, detect_phone, detect_ip, detect_ssid, detect_body, detect_free_text;

// By place in the table; NULL behind its end.
const struct detector *detector_at(unsigned place);
// One bit for each: a set of detectors is a word.
uint32_t detector_bit(const struct detector *d);
const struct detector *detector_of_id(const char *id); // NULL when there is none
void detector_ids(uint32_t bits, struct buf *out);     // "ip, mac"; of all with UINT32_MAX

// The compiled set.  Not for two threads at once.
struct detectors;

// ERR_UNAVAILABLE: this processor can not run Hyperscan.
enum err detectors_new(struct detectors **out, struct fault *why);
void detectors_free(struct detectors *d); // NULL is fine

// The first detector, in the table's order and not among those `allowed`, that finds something
// in `text`; NULL: none.
const struct detector *detectors_scan(struct detectors *d, struct slice text, uint32_t allowed);
