// SPDX-License-Identifier: Apache-2.0
#include "guard/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// The kernel's interface, written out here because older headers lack the later parts.
// Numbers are the same on every architecture.
enum { CREATE_RULESET = 444, ADD_RULE = 445, RESTRICT_SELF = 446 };

enum { ASK_VERSION = 1, RULE_PATH = 1, RULE_PORT = 2 };

enum { ABI_REFER = 2, ABI_TRUNCATE = 3, ABI_TCP = 4, ABI_IOCTL = 5, ABI_SCOPE = 6 };

enum {
    FS_EXECUTE = 1 << 0,
    FS_WRITE_FILE = 1 << 1,
    FS_READ_FILE = 1 << 2,
    FS_READ_DIR = 1 << 3,
    FS_REMOVE_DIR = 1 << 4,
    FS_REMOVE_FILE = 1 << 5,
    FS_MAKE_DIR = 1 << 7,
    FS_MAKE_REG = 1 << 8,
    FS_ABI_1 = (1 << 13) - 1,
    FS_REFER = 1 << 13,
    FS_TRUNCATE = 1 << 14,
    FS_IOCTL_DEV = 1 << 15,
    NET_BIND_TCP = 1 << 0,
    NET_CONNECT_TCP = 1 << 1,
    SCOPE_ABSTRACT_UNIX = 1 << 0,
    SCOPE_SIGNAL = 1 << 1,
};

struct ruleset_attr {
    uint64_t fs, net, scoped;
};

struct path_attr {
    uint64_t allowed;
    int32_t parent_fd;
} __attribute__((packed));

struct port_attr {
    uint64_t allowed, port;
};

static enum err system_said(struct fault *why, const char *what)
{
    return fail(why, ERR_IO, "landlock: %s: %s", what, strerror(errno));
}

enum err landlock_abi(int *out_abi, struct fault *why)
{
    long abi = syscall(CREATE_RULESET, NULL, 0, ASK_VERSION);
    if (abi < 1)
        return fail(why, ERR_UNAVAILABLE,
                    "this kernel has no Landlock (%s); tamis does not run without it",
                    strerror(errno));
    *out_abi = (int)abi;
    return OK;
}

static uint64_t files_handled(int abi)
{
    uint64_t fs = FS_ABI_1;
    if (abi >= ABI_REFER)
        fs |= FS_REFER;
    if (abi >= ABI_TRUNCATE)
        fs |= FS_TRUNCATE;
    if (abi >= ABI_IOCTL)
        fs |= FS_IOCTL_DEV;
    return fs;
}

// A kernel takes no attribute longer than it knows, unless the rest is zero.
enum err landlock_new(int abi, int *out_ruleset, struct fault *why)
{
    struct ruleset_attr attr = {.fs = files_handled(abi)};
    size_t bytes = sizeof attr.fs;
    if (abi >= ABI_TCP) {
        attr.net = NET_BIND_TCP | NET_CONNECT_TCP;
        bytes += sizeof attr.net;
    }
    if (abi >= ABI_SCOPE) {
        attr.scoped = SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL;
        bytes += sizeof attr.scoped;
    }
    long fd = syscall(CREATE_RULESET, &attr, bytes, 0);
    if (fd < 0)
        return system_said(why, "make rules");
    *out_ruleset = (int)fd;
    return OK;
}

static uint64_t path_rights(int abi, enum landlock_rights rights, bool is_dir)
{
    uint64_t fs = FS_READ_FILE;
    if (is_dir)
        fs |= FS_READ_DIR;
    if (rights != LANDLOCK_STORE)
        return fs;
    fs |= FS_WRITE_FILE | (abi >= ABI_TRUNCATE ? FS_TRUNCATE : 0);
    if (is_dir)
        fs |= FS_REMOVE_DIR | FS_REMOVE_FILE | FS_MAKE_DIR | FS_MAKE_REG;
    return fs;
}

enum err landlock_path(int ruleset, int abi, const char *path, enum landlock_rights rights,
                       struct fault *why)
{
    struct path_attr attr = {.parent_fd = open(path, O_PATH | O_CLOEXEC)};
    if (attr.parent_fd < 0)
        return fail(why, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "landlock: %s: %s", path,
                    strerror(errno));
    struct stat st;
    enum err e = fstat(attr.parent_fd, &st) < 0 ? system_said(why, path) : OK;
    attr.allowed = e ? 0 : path_rights(abi, rights, S_ISDIR(st.st_mode));
    if (!e && syscall(ADD_RULE, ruleset, RULE_PATH, &attr, 0) < 0)
        e = system_said(why, path);
    close(attr.parent_fd);
    return e;
}

enum err landlock_connect_port(int ruleset, int abi, uint16_t port, struct fault *why)
{
    if (abi < ABI_TCP)
        return OK;
    struct port_attr attr = {.allowed = NET_CONNECT_TCP, .port = port};
    if (syscall(ADD_RULE, ruleset, RULE_PORT, &attr, 0) < 0)
        return system_said(why, "add a port");
    return OK;
}

enum err landlock_enforce(int ruleset, struct fault *why)
{
    if (syscall(RESTRICT_SELF, ruleset, 0) < 0)
        return system_said(why, "enforce");
    return OK;
}
