// SPDX-License-Identifier: Apache-2.0
#include "guard/syscalls.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

// Ends a list.  A call that the architecture lacks has a negative pseudo-number, which
// libseccomp leaves out by itself; this one stands for none.
enum { END = __NR_SCMP_ERROR };

#define S(name) SCMP_SYS(name)

// clang-format off

// Memory, time, waiting, and traffic over descriptors that are there already.
static const int everybody[] = {
    S(read), S(readv), S(pread64), S(preadv), S(write), S(writev), S(pwrite64), S(pwritev),
    S(close), S(lseek), S(fstat), S(newfstatat), S(statx), S(stat), S(lstat), S(fcntl),
    S(munmap), S(mremap), S(madvise), S(brk), S(futex), S(set_robust_list), S(get_robust_list),
    S(rseq), S(membarrier), S(rt_sigaction), S(rt_sigprocmask), S(rt_sigreturn),
    S(rt_sigpending), S(rt_sigtimedwait), S(sigaltstack), S(restart_syscall), S(clock_gettime),
    S(clock_getres), S(clock_nanosleep), S(nanosleep), S(gettimeofday), S(time), S(getrandom),
    S(getpid), S(getppid), S(gettid), S(getuid), S(geteuid), S(getgid), S(getegid),
    S(getresuid), S(getresgid), S(getgroups), S(getcwd), S(uname), S(sysinfo), S(getrusage),
    S(times), S(sched_yield), S(sched_getaffinity), S(getcpu), S(poll), S(ppoll), S(select),
    S(pselect6), S(epoll_create), S(epoll_create1), S(epoll_ctl), S(epoll_wait), S(epoll_pwait),
    S(epoll_pwait2), S(eventfd2), S(pipe2), S(timerfd_create), S(timerfd_settime), S(dup),
    S(recvfrom), S(recvmsg), S(recvmmsg), S(sendto), S(sendmsg), S(sendmmsg), S(shutdown),
    S(getsockopt), S(getsockname), S(getpeername), S(access), S(faccessat), S(faccessat2),
    S(readlink), S(readlinkat), S(getdents64), S(fadvise64), S(mlock), S(mlock2), S(munlock),
    S(mincore), S(exit), S(exit_group), S(prlimit64), S(getrlimit), S(setsockopt), S(umask), END,
};

// serve keeps files: the store's and SQLite's.
static const int files[] = {
    S(open), S(openat), S(creat), S(unlink), S(unlinkat), S(rename), S(renameat), S(renameat2),
    S(mkdir), S(mkdirat), S(rmdir), S(ftruncate), S(truncate), S(fsync), S(fdatasync),
    S(fallocate), S(sync_file_range), S(msync), S(flock), S(statfs), S(fstatfs), S(fchmod),
    S(copy_file_range), S(sendfile), END,
};

// serve takes connections on the socket it was born with.
static const int takes_connections[] = {S(accept), S(accept4), END};

// mirror makes connections; Landlock says to which TCP ports.
static const int makes_connections[] = {S(connect), END};

// What somebody inside would try first; tried by libraries in all innocence, too.
static const int probes[] = {
    S(socket), S(socketpair), S(bind), S(listen), S(accept), S(accept4), S(connect), S(execve),
    S(execveat), S(fork), S(vfork), S(ptrace), S(process_vm_readv), S(process_vm_writev),
    S(kill), S(tkill), S(pidfd_open), S(pidfd_getfd), S(pidfd_send_signal), S(mount),
    S(umount2), S(chroot), S(pivot_root), S(chdir), S(fchdir), S(setuid), S(setgid),
    S(setreuid), S(setregid), S(setresuid), S(setresgid), S(setgroups), S(setfsuid),
    S(setfsgid), S(capset), S(setsid), S(setpgid), S(unshare), S(setns), S(bpf),
    S(perf_event_open), S(io_uring_setup), S(io_uring_enter), S(io_uring_register),
    S(userfaultfd), S(keyctl), S(add_key), S(request_key), S(init_module), S(finit_module),
    S(delete_module), S(kexec_load), S(chmod), S(fchmod), S(fchmodat), S(chown), S(fchown),
    S(lchown), S(fchownat), S(link), S(linkat), S(symlink), S(symlinkat), S(mknod), S(mknodat),
    S(memfd_create), S(personality), S(open_by_handle_at), S(name_to_handle_at), S(swapon),
    S(swapoff), S(reboot), S(sethostname), S(setdomainname), S(acct), S(quotactl), S(seccomp),
    S(setxattr), S(fsetxattr), S(utimensat), S(setrlimit), S(sched_setaffinity),
    S(sched_setscheduler), S(sched_setattr), S(setpriority), S(creat), S(unlink), S(unlinkat),
    S(rename), S(renameat), S(renameat2), S(mkdir), S(mkdirat), S(rmdir), S(ftruncate),
    S(truncate), S(fallocate), S(inotify_init1), S(fanotify_init), S(shmget), S(shmat),
    S(msgget), S(semget), S(mq_open), S(syslog), S(clock_settime), S(settimeofday), S(adjtimex),
    S(clock_adjtime), S(ioperm), S(iopl), END,
};

// Refused already to the launcher, and so to everybody after it.
static const int nobody[] = {
    S(execve), S(execveat), S(ptrace), S(process_vm_readv), S(process_vm_writev),
    S(pidfd_getfd), S(mount), S(umount2), S(pivot_root), S(chroot), S(unshare), S(setns),
    S(bpf), S(perf_event_open), S(io_uring_setup), S(io_uring_enter), S(io_uring_register),
    S(userfaultfd), S(keyctl), S(add_key), S(request_key), S(init_module), S(finit_module),
    S(delete_module), S(kexec_load), S(open_by_handle_at), S(swapon), S(swapoff), S(reboot),
    S(sethostname), S(setdomainname), S(acct), S(clock_settime), S(settimeofday), S(ioperm),
    S(iopl), END,
};

// clang-format on

// Remembers the first failure; asked once at the end.
struct filter {
    scmp_filter_ctx context;
    int failed; // errno, negative; 0 while all is well
};

static void note(struct filter *f, int result)
{
    if (result < 0 && !f->failed)
        f->failed = result;
}

static void add_list(struct filter *f, uint32_t action, const int *list)
{
    for (; *list != END; list++)
        note(f, seccomp_rule_add(f->context, action, *list, 0));
}

static bool listed(const int *list, int call)
{
    for (; *list != END; list++) {
        if (*list == call)
            return true;
    }
    return false;
}

static void add_when(struct filter *f, uint32_t action, int call, struct scmp_arg_cmp rule)
{
    note(f, seccomp_rule_add_array(f->context, action, call, 1, &rule));
}

// EPERM for the probes, but not for those that the process is allowed.
static void add_probes(struct filter *f, const int *const *allowed)
{
    for (const int *call = probes; *call != END; call++) {
        bool is_allowed = false;
        for (const int *const *list = allowed; *list; list++)
            is_allowed = is_allowed || listed(*list, *call);
        if (!is_allowed)
            note(f, seccomp_rule_add(f->context, SCMP_ACT_ERRNO(EPERM), *call, 0));
    }
}

// Memory may be written or run, never both; with `libraries` it may be mapped to run
// (the name service loads its modules when first asked).
static void add_memory(struct filter *f, bool libraries)
{
    struct scmp_arg_cmp no_exec = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
    struct scmp_arg_cmp exec = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC);
    add_when(f, SCMP_ACT_ALLOW, S(mmap), no_exec);
    add_when(f, SCMP_ACT_ALLOW, S(mprotect), no_exec);
    add_when(f, SCMP_ACT_ERRNO(EPERM), S(mprotect), exec);
    if (libraries)
        add_when(f, SCMP_ACT_ALLOW, S(mmap),
                 SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC | PROT_WRITE, PROT_EXEC));
    else
        add_when(f, SCMP_ACT_ERRNO(EPERM), S(mmap), exec);
}

// Threads yes, processes no.  clone3 hides its flags in memory, where a filter cannot
// look: glibc takes ENOSYS as "use clone".
static void add_threads(struct filter *f)
{
    add_when(f, SCMP_ACT_ALLOW, S(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
    add_when(f, SCMP_ACT_ERRNO(EPERM), S(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
    note(f, seccomp_rule_add(f->context, SCMP_ACT_ERRNO(ENOSYS), S(clone3), 0));
    note(f, seccomp_rule_add(f->context, SCMP_ACT_ERRNO(ENOSYS), S(openat2), 0));
}

// Allows the call when its argument is one of `values` (rising, and near each other),
// else it fails with `error`.  libseccomp takes no two rules on one argument, so the
// gaps between are filled one by one.
struct choice {
    int call;
    unsigned argument;
    int error;
    size_t count;
    const scmp_datum_t *values;
};

static void add_choice(struct filter *f, const struct choice *c)
{
    const uint32_t no = SCMP_ACT_ERRNO(c->error);
    const scmp_datum_t first = c->values[0];
    const scmp_datum_t last = c->values[c->count - 1];
    size_t next = 0;
    for (scmp_datum_t v = first; v <= last; v++) {
        bool yes = v == c->values[next];
        next += yes ? 1 : 0;
        add_when(f, yes ? SCMP_ACT_ALLOW : no, c->call, SCMP_CMP(c->argument, SCMP_CMP_EQ, v, 0));
    }
    add_when(f, no, c->call, SCMP_CMP(c->argument, SCMP_CMP_LT, first, 0));
    add_when(f, no, c->call, SCMP_CMP(c->argument, SCMP_CMP_GT, last, 0));
}

static void add_small_talk(struct filter *f)
{
    static const scmp_datum_t names[] = {PR_SET_NAME};
    static const scmp_datum_t controls[] = {FIONREAD, FIONBIO};
    const scmp_datum_t self[] = {(scmp_datum_t)getpid()};
    add_choice(f, &(struct choice){S(prctl), 0, EPERM, 1, names});
    add_choice(f, &(struct choice){S(ioctl), 1, ENOTTY, 2, controls});
    // abort() signals its own thread group, and nobody else is worth a signal.
    add_choice(f, &(struct choice){S(tgkill), 0, EPERM, 1, self});
}

// Opening for reading only, and making nothing.
static void add_reading(struct filter *f)
{
    const scmp_datum_t writes = O_ACCMODE | O_CREAT | O_TRUNC;
    add_when(f, SCMP_ACT_ALLOW, S(openat), SCMP_A2(SCMP_CMP_MASKED_EQ, writes, O_RDONLY));
    add_when(f, SCMP_ACT_ALLOW, S(open), SCMP_A1(SCMP_CMP_MASKED_EQ, writes, O_RDONLY));
    for (scmp_datum_t bit = 1; bit <= writes; bit <<= 1) {
        if (!(writes & bit))
            continue;
        add_when(f, SCMP_ACT_ERRNO(EPERM), S(openat), SCMP_A2(SCMP_CMP_MASKED_EQ, bit, bit));
        add_when(f, SCMP_ACT_ERRNO(EPERM), S(open), SCMP_A1(SCMP_CMP_MASKED_EQ, bit, bit));
    }
}

static void add_sockets(struct filter *f)
{
    static const scmp_datum_t families[] = {AF_UNIX, AF_INET, AF_INET6};
    add_choice(f, &(struct choice){S(socket), 0, EPERM, 3, families});
}

static void add_child(struct filter *f, enum process self)
{
    static const int socket_by_family[] = {S(socket), END};
    static const int *const of_keeper[] = {everybody, NULL};
    static const int *const of_mirror[] = {everybody, makes_connections, socket_by_family, NULL};
    static const int *const of_serve[] = {everybody, files, takes_connections, NULL};
    const int *const *mine = self == PROCESS_KEEPER   ? of_keeper
                             : self == PROCESS_MIRROR ? of_mirror
                                                      : of_serve;
    for (const int *const *list = mine; *list; list++) {
        if (*list != socket_by_family)
            add_list(f, SCMP_ACT_ALLOW, *list);
    }
    add_probes(f, mine);
    add_memory(f, self == PROCESS_MIRROR);
    add_threads(f);
    add_small_talk(f);
    if (self != PROCESS_SERVE)
        add_reading(f);
    if (self == PROCESS_MIRROR)
        add_sockets(f);
}

enum err syscalls_restrict(enum process self, struct fault *why)
{
    bool is_child = self != PROCESS_LAUNCHER;
    struct filter f = {.context = seccomp_init(is_child ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ALLOW)};
    if (!f.context)
        return fail(why, ERR_UNAVAILABLE, "seccomp: no filter");
    note(&f, seccomp_attr_set(f.context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS));
    if (is_child)
        add_child(&f, self);
    else
        add_list(&f, SCMP_ACT_ERRNO(EPERM), nobody);
    if (!f.failed)
        note(&f, seccomp_load(f.context));
    seccomp_release(f.context);
    if (f.failed)
        return fail(why, ERR_UNAVAILABLE, "seccomp: %s", strerror(-f.failed));
    return OK;
}
