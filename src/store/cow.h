// SPDX-License-Identifier: Apache-2.0
#pragma once

// A copy-on-write array: leaves of equal size, of which a version costs one reference.
//
// The writer changes leaves of its own root; readers hold references to older roots,
// which never change.  Changing one leaf of a shared root copies that leaf and the way
// to it (one page of 64 leaf pointers, one array of pages), whatever the whole size.
// A leaf that was never written is NULL: what that means is the user's choice (live
// bitmaps: every row lives; look-ups: no value).
//
//     struct cow ──▶ page 0 ──▶ leaf 0 ... leaf 63
//                    page 1 ──▶ ...
//
// References are counted atomically, so that any thread may drop one; only the owner
// of a root may write through it, and others get a root only by cow_ref() from one
// that cannot be freed meanwhile.

#include <stdbool.h>
#include <stdint.h>

struct cow;

struct cow *cow_new(uint32_t leaf_bytes); // no leaves; reference count 1
struct cow *cow_ref(struct cow *c);
void cow_unref(struct cow *c); // NULL is fine

const void *cow_leaf(const struct cow *c, uint32_t index); // NULL when never written

// From *index on, the first leaf that is not shared by the two; false when there is no more.
// What lies in the two may still be the same.
bool cow_differing(const struct cow *a, const struct cow *b, uint32_t *index);

uint32_t cow_leaves(const struct cow *c); // no leaf with this index or above was written

// A leaf that may be written to.  It belongs to *c alone, which becomes another root
// when it was shared (the caller's reference moves).  `out_fresh`: the leaf was NULL
// before and is zeroed now.
void *cow_write(struct cow **c, uint32_t index, bool *out_fresh);

// What readers have worked out of a whole version, kept beside it: COW_NOTES slots of one
// pointer each, freed (free()) with the version or when it is written to in place.  Any reader
// may put one; who comes second has his own freed and gets the first.
enum { COW_NOTES = 3 };

const void *cow_note(const struct cow *c, unsigned slot); // NULL for none
const void *cow_put_note(struct cow *c, unsigned slot, void *note);

uint64_t cow_bytes(const struct cow *c); // memory held, shared leaves counted whole
