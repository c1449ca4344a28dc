// SPDX-License-Identifier: Apache-2.0
#include "policy/intern.h"

#include "base/check.h"
#include "base/hash.h"
#include "keys/crypto.h"

#include <stdlib.h>

enum { SLOTS_MIN = 64 };

void intern_init(struct intern *in, size_t limit_bytes)
{
    CHECK(limit_bytes <= UINT32_MAX);
    *in = (struct intern){.bytes = buf_init(limit_bytes)};
}

static void wipe_bytes(struct intern *in)
{
    if (in->bytes.len > 0)
        wipe(in->bytes.at, in->bytes.len);
}

void intern_done(struct intern *in)
{
    wipe_bytes(in);
    buf_done(&in->bytes);
    free(in->entries);
    free(in->slots);
}

// Half of the hash lies in the slot, so that a text that is not there is seldom compared
// with one that is: entries and bytes are memory the processor would have to wait for.
static uint64_t slot_value(uint64_t hash, uint32_t code)
{
    return (hash & ~(uint64_t)UINT32_MAX) | (code + 1);
}

// Steps over free slots too: after others were emptied there may be some on the way.
static uint32_t slot_of(const struct intern *in, uint32_t code)
{
    uint32_t mask = in->slot_count - 1;
    uint32_t slot = (uint32_t)in->entries[code].hash & mask;
    while ((uint32_t)in->slots[slot] != code + 1)
        slot = (slot + 1) & mask;
    return slot;
}

void intern_reset(struct intern *in)
{
    if (in->count > in->slot_count / 16) {
        memset(in->slots, 0, in->slot_count * sizeof *in->slots);
    } else {
        for (uint32_t code = 0; code < in->count; code++)
            in->slots[slot_of(in, code)] = 0;
    }
    wipe_bytes(in);
    buf_reset(&in->bytes);
    in->count = 0;
}

void intern_drop_newest(struct intern *in)
{
    CHECK(in->count > 0);
    uint32_t code = in->count - 1;
    in->slots[slot_of(in, code)] = 0; // newest: nothing was put behind it
    in->bytes.len = in->entries[code].at;
    in->count--;
}

static void put_slot(struct intern *in, uint32_t code)
{
    uint32_t mask = in->slot_count - 1;
    uint32_t slot = (uint32_t)in->entries[code].hash & mask;
    while (in->slots[slot] != 0)
        slot = (slot + 1) & mask;
    in->slots[slot] = slot_value(in->entries[code].hash, code);
}

static void grow(struct intern *in)
{
    uint32_t slot_count = in->slot_count ? in->slot_count * 2 : SLOTS_MIN;
    free(in->slots);
    in->slots = calloc(slot_count, sizeof *in->slots);
    CHECK(in->slots != NULL);
    in->slot_count = slot_count;
    in->entry_room = slot_count / 2;
    in->entries = realloc(in->entries, in->entry_room * sizeof *in->entries);
    CHECK(in->entries != NULL);
    for (uint32_t code = 0; code < in->count; code++)
        put_slot(in, code);
}

struct slice intern_get(const struct intern *in, uint32_t code)
{
    const struct intern_entry *entry = &in->entries[code];
    return entry->len ? slice_of(in->bytes.at + entry->at, entry->len) : slice_of("", 0);
}

static bool find(const struct intern *in, struct slice text, uint64_t hash, uint32_t *out_code)
{
    uint32_t mask = in->slot_count - 1;
    for (uint32_t at = (uint32_t)hash & mask; in->slots[at] != 0; at = (at + 1) & mask) {
        uint32_t code = (uint32_t)in->slots[at] - 1;
        if (in->slots[at] == slot_value(hash, code) && slice_equal(intern_get(in, code), text)) {
            *out_code = code;
            return true;
        }
    }
    return false;
}

bool intern_add(struct intern *in, struct slice text, uint32_t *out_code, bool *out_new)
{
    uint64_t hash = hash_bytes(text.at, text.len);
    *out_new = false;
    if (in->slot_count > 0 && find(in, text, hash, out_code))
        return true;
    if (text.len > in->bytes.limit_bytes - in->bytes.len)
        return false;
    if (in->count == in->entry_room)
        grow(in);
    in->entries[in->count] =
        (struct intern_entry){(uint32_t)in->bytes.len, (uint32_t)text.len, hash};
    buf_slice_add(&in->bytes, text);
    put_slot(in, in->count);
    *out_code = in->count++;
    *out_new = true;
    return true;
}
