// SPDX-License-Identifier: Apache-2.0
#pragma once

// The world: everything outside the program that the store and its neighbours
// touch, in one table of functions, so that a test can make any one of them fail.
//
// Names are relative to a directory handle, so a process needs no right to walk
// the path above it.  Every function that fails gives ERR_IO (ERR_NOT_FOUND for a
// missing name) with the system's words and the name, never contents.
// Descriptors are close-on-exec from birth.

#include "base/err.h"
#include "base/slice.h"

struct buf;

struct world {
    const struct world_ops *ops;
    int dir; // descriptor of the directory that names are relative to
};

struct world_ops {
    enum err (*open_read)(const struct world *w, const char *name, int *out_fd, struct fault *why);
    // Creates the file (must not exist when `exclusive`), mode 0600, for writing.
    enum err (*open_write)(const struct world *w, const char *name, bool exclusive, int *out_fd,
                           struct fault *why);
    enum err (*write)(int fd, struct slice bytes, struct fault *why); // all of it, at the end
    enum err (*read_at)(int fd, void *at, size_t len, uint64_t offset,
                        struct fault *why); // all of it
    enum err (*size)(int fd, uint64_t *out_bytes, struct fault *why);
    enum err (*truncate)(int fd, uint64_t bytes, struct fault *why);
    enum err (*sync)(int fd, struct fault *why); // fdatasync
    void (*close)(int fd);
    enum err (*rename)(const struct world *w, const char *from, const char *to, struct fault *why);
    enum err (*remove)(const struct world *w, const char *name, struct fault *why);
    enum err (*make_dir)(const struct world *w, const char *name,
                         struct fault *why); // fine if there
    enum err (*sync_dir)(const struct world *w, const char *name,
                         struct fault *why); // "." = itself
    // Calls `each` for every entry of directory `name` ("." = itself) but "." and "..".
    enum err (*list)(const struct world *w, const char *name,
                     void (*each)(void *context, const char *entry), void *context,
                     struct fault *why);
    int64_t (*now_ms)(void);       // wall clock, since 1970
    int64_t (*monotonic_us)(void); // never goes back
};

// The real system below directory `path`.  Close with world_close().
enum err world_open(const char *path, struct world *out, struct fault *why);
void world_close(struct world *w);

// The real system's functions, for a test's world to pass calls on to.
extern const struct world_ops world_real_ops;

// Whole file at the end of `out` (up to out's limit); what does not work adds nothing.
enum err world_read_file(const struct world *w, const char *name, struct buf *out,
                         struct fault *why);
// Atomic: writes NAME.tmp, syncs it, renames it over NAME, syncs the directory.
enum err world_write_file(const struct world *w, const char *name, struct slice bytes,
                          struct fault *why);

// Of the disk that the directory is on; free: what this process may still use.
enum err world_space(const struct world *w, uint64_t *out_bytes, uint64_t *out_free,
                     struct fault *why);

int64_t now_ms(void);
int64_t monotonic_us(void);
