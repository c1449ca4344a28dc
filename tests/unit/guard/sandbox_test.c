// SPDX-License-Identifier: Apache-2.0
// Each forbidden thing is tried in a child that has entered the real sandbox.  The
// sanitizers make system calls of their own, so this file is empty in their builds.
#include "guard/landlock.h"
#include "guard/sandbox.h"
#include "guard/syscalls.h"
#include "test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#if !SANITIZED

enum { KILLED = -1, NOT_ENTERED = -2 };

// What the probes find in the directory: `mine` may be written, `other` may not.
struct place {
    char dir[64];
    char mine[96], other[96], mine_file[128], other_file[128];
    int listening; // TCP, bound before the sandbox
    uint16_t port; // where it listens
};

static struct place here;

static void make_file(const char *path)
{
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    EXPECT(fd >= 0);
    EXPECT_EQ(write(fd, "x", 1), 1);
    close(fd);
}

static void place_make(void)
{
    snprintf(here.dir, sizeof here.dir, "/tmp/tamis-sandbox-XXXXXX");
    EXPECT(mkdtemp(here.dir) != NULL);
    snprintf(here.mine, sizeof here.mine, "%s/mine", here.dir);
    snprintf(here.other, sizeof here.other, "%s/other", here.dir);
    snprintf(here.mine_file, sizeof here.mine_file, "%s/file", here.mine);
    snprintf(here.other_file, sizeof here.other_file, "%s/file", here.other);
    EXPECT_EQ(mkdir(here.mine, 0700), 0);
    EXPECT_EQ(mkdir(here.other, 0700), 0);
    make_file(here.mine_file);
    make_file(here.other_file);
    here.listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    EXPECT_EQ(bind(here.listening, (struct sockaddr *)&at, sizeof at), 0);
    EXPECT_EQ(listen(here.listening, 4), 0);
    socklen_t len = sizeof at;
    EXPECT_EQ(getsockname(here.listening, (struct sockaddr *)&at, &len), 0);
    here.port = ntohs(at.sin_port);
}

static void remove_in(const char *dir, const char *name)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    unlink(path);
}

static void place_remove(void)
{
    close(here.listening);
    static const char *const names[] = {"file", "new", "moved"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        remove_in(here.mine, names[i]);
        remove_in(here.other, names[i]);
    }
    rmdir(here.mine);
    rmdir(here.other);
    EXPECT_EQ(rmdir(here.dir), 0);
}

static struct sandbox sandbox_of(enum process self)
{
    struct sandbox s = {.self = self};
    enum err e = OK;
    if (self == PROCESS_SERVE)
        e = sandbox_store(&s, here.mine, NULL);
    else
        e = sandbox_read(&s, here.mine, NULL);
    if (!e && self == PROCESS_MIRROR)
        e = sandbox_port(&s, here.port, NULL);
    EXPECT_EQ(e, OK);
    return s;
}

static enum err enter(enum process self)
{
    if (self == PROCESS_LAUNCHER) {
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
            return ERR_IO;
        return syscalls_restrict(self, NULL);
    }
    struct sandbox s = sandbox_of(self);
    struct sandbox_facts facts;
    return sandbox_enter(&s, &facts, NULL);
}

// 0 when the probe got through, else its errno; KILLED when the kernel ended the child.
static int try_in(enum process self, int (*probe)(void))
{
    int answer[2];
    EXPECT_EQ(pipe2(answer, O_CLOEXEC), 0);
    pid_t child = fork();
    if (child == 0) {
        int result = NOT_ENTERED;
        if (enter(self) == OK) {
            errno = 0;
            result = probe() < 0 ? errno : 0;
        }
        ssize_t n = write(answer[1], &result, sizeof result);
        _exit(n == sizeof result ? 0 : 1);
    }
    close(answer[1]);
    int result = KILLED;
    if (read(answer[0], &result, sizeof result) != sizeof result)
        result = KILLED;
    close(answer[0]);
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    if (result == KILLED)
        EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
    return result;
}

static int tcp_socket(void)
{
    return socket(AF_INET, SOCK_STREAM, 0);
}

static int unix_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM, 0);
}

static int udp_socket(void)
{
    return socket(AF_INET, SOCK_DGRAM, 0);
}

static int packet_socket(void)
{
    return socket(AF_PACKET, SOCK_RAW, 0);
}

static int bind_any(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    return bind(here.listening, (struct sockaddr *)&at, sizeof at);
}

static int listen_again(void)
{
    return listen(here.listening, 5);
}

static int connect_port(uint16_t port)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
    return fd < 0 ? fd : connect(fd, (struct sockaddr *)&at, sizeof at);
}

static int connect_allowed(void)
{
    return connect_port(here.port);
}

static int connect_elsewhere(void)
{
    return connect_port(here.port == 5433 ? 5434 : 5433);
}

// On the listening socket: whether or not it could work, the call itself is refused.
static int connect_at_all(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    return connect(here.listening, (struct sockaddr *)&at, sizeof at);
}

static int run_program(void)
{
    char *const words[] = {(char[]){"true"}, NULL};
    return execv("/bin/true", words);
}

static int make_process(void)
{
    return (int)fork();
}

static int read_outside(void)
{
    return open("/etc/passwd", O_RDONLY);
}

static int read_other(void)
{
    return open(here.other_file, O_RDONLY);
}

static int read_mine(void)
{
    return open(here.mine_file, O_RDONLY);
}

static int create_in(const char *dir)
{
    char path[200];
    snprintf(path, sizeof path, "%s/new", dir);
    return open(path, O_CREAT | O_WRONLY, 0600);
}

static int create_mine(void)
{
    return create_in(here.mine);
}

static int create_other(void)
{
    return create_in(here.other);
}

static int create_in_tmp(void)
{
    return create_in("/tmp");
}

static int write_mine(void)
{
    return open(here.mine_file, O_WRONLY);
}

static int truncate_mine(void)
{
    return open(here.mine_file, O_RDONLY | O_TRUNC);
}

static int remove_mine(void)
{
    return unlink(here.mine_file);
}

static int move_out(void)
{
    char to[200];
    snprintf(to, sizeof to, "%s/moved", here.other);
    return rename(here.mine_file, to);
}

static int link_out(void)
{
    char to[200];
    snprintf(to, sizeof to, "%s/moved", here.mine);
    return link(here.mine_file, to);
}

static int open_mode(void)
{
    return chmod(here.mine_file, 0644);
}

static int trace_parent(void)
{
    return (int)ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

static int signal_parent(void)
{
    return kill(getppid(), SIGCONT);
}

static int become_root(void)
{
    return setuid(0);
}

static int map_code(void)
{
    void *at = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return at == MAP_FAILED ? -1 : 0;
}

static int turn_data_into_code(void)
{
    void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return at == MAP_FAILED ? 0 : mprotect(at, 4096, PROT_READ | PROT_EXEC);
}

static int use_io_uring(void)
{
    return (int)syscall(SYS_io_uring_setup, 4, NULL);
}

static int allow_dumps(void)
{
    return prctl(PR_SET_DUMPABLE, 1);
}

static int make_memory_file(void)
{
    return (int)syscall(SYS_memfd_create, "x", 0);
}

static int strange_call(void)
{
    return (int)syscall(SYS_ustat, 0, NULL);
}

static void *nothing(void *context)
{
    return context;
}

static int start_thread(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, nothing, NULL) != 0)
        return -1;
    return pthread_join(thread, NULL) == 0 ? 0 : -1;
}

static int core_limit(void)
{
    struct rlimit core;
    if (getrlimit(RLIMIT_CORE, &core) < 0 || core.rlim_max != 0)
        return -1;
    return 0;
}

struct probe {
    const char *name;
    int (*run)(void);
};

// None of the three may do any of these.
static const struct probe forbidden_to_all[] = {
    {"run a program", run_program},
    {"make a process", make_process},
    {"bind", bind_any},
    {"listen", listen_again},
    {"a packet socket", packet_socket},
    {"read outside", read_other},
    {"create beside", create_other},
    {"create in /tmp", create_in_tmp},
    {"move out", move_out},
    {"link", link_out},
    {"change a mode", open_mode},
    {"trace", trace_parent},
    {"signal", signal_parent},
    {"change user", become_root},
    {"turn data into code", turn_data_into_code},
    {"io_uring", use_io_uring},
    {"allow dumps", allow_dumps},
    {"a memory file", make_memory_file},
};

static void expect_refused(enum process self, const struct probe *probes, size_t count)
{
    place_make();
    const char *let_through = NULL;
    int got = 0;
    for (size_t i = 0; i < count && !let_through; i++) {
        got = try_in(self, probes[i].run);
        if (got != EPERM && got != EACCES && got != EXDEV)
            let_through = probes[i].name;
    }
    place_remove();
    if (let_through)
        test_fail(__FILE__, __LINE__, "%s: %s ended with %d", process_name(self), let_through, got);
}

static void expect_works(enum process self, const struct probe *probes, size_t count)
{
    place_make();
    const char *refused = NULL;
    int got = 0;
    for (size_t i = 0; i < count && !refused; i++) {
        got = try_in(self, probes[i].run);
        if (got != 0)
            refused = probes[i].name;
    }
    place_remove();
    if (refused)
        test_fail(__FILE__, __LINE__, "%s: %s ended with %d", process_name(self), refused, got);
}

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

TEST(no_child_may_do_what_none_needs)
{
    expect_refused(PROCESS_KEEPER, forbidden_to_all, COUNT(forbidden_to_all));
    expect_refused(PROCESS_MIRROR, forbidden_to_all, COUNT(forbidden_to_all));
    expect_refused(PROCESS_SERVE, forbidden_to_all, COUNT(forbidden_to_all));
}

TEST(serve_opens_no_connection_and_nothing_outside)
{
    static const struct probe probes[] = {
        {"a TCP socket", tcp_socket}, {"a UDP socket", udp_socket},  {"a unix socket", unix_socket},
        {"connect", connect_at_all},  {"/etc/passwd", read_outside}, {"map code", map_code},
    };
    expect_refused(PROCESS_SERVE, probes, COUNT(probes));
}

TEST(serve_keeps_files_and_starts_threads)
{
    static const struct probe probes[] = {
        {"read", read_mine},      {"write", write_mine},   {"create", create_mine},
        {"thread", start_thread}, {"remove", remove_mine}, {"core limit", core_limit},
    };
    expect_works(PROCESS_SERVE, probes, COUNT(probes));
}

TEST(mirror_writes_no_file_and_connects_only_where_it_must)
{
    static const struct probe probes[] = {
        {"create", create_mine},
        {"write", write_mine},
        {"truncate", truncate_mine},
        {"remove", remove_mine},
        {"connect to another port", connect_elsewhere},
    };
    expect_refused(PROCESS_MIRROR, probes, COUNT(probes));
}

TEST(mirror_connects_to_its_port_and_starts_threads)
{
    static const struct probe probes[] = {
        {"connect", connect_allowed}, {"UDP for names", udp_socket}, {"unix", unix_socket},
        {"read", read_mine},          {"thread", start_thread},      {"core limit", core_limit},
    };
    expect_works(PROCESS_MIRROR, probes, COUNT(probes));
}

TEST(keeper_opens_no_socket_and_writes_no_file)
{
    static const struct probe probes[] = {
        {"a TCP socket", tcp_socket},  {"a UDP socket", udp_socket}, {"a unix socket", unix_socket},
        {"connect", connect_at_all},   {"create", create_mine},      {"write", write_mine},
        {"truncate", truncate_mine},   {"remove", remove_mine},      {"map code", map_code},
        {"/etc/passwd", read_outside},
    };
    expect_refused(PROCESS_KEEPER, probes, COUNT(probes));
}

TEST(keeper_reads_what_it_is_given)
{
    static const struct probe probes[] = {{"read", read_mine}, {"core limit", core_limit}};
    expect_works(PROCESS_KEEPER, probes, COUNT(probes));
}

TEST(launcher_runs_no_program_and_traces_nobody)
{
    static const struct probe probes[] = {
        {"run a program", run_program}, {"trace", trace_parent}, {"io_uring", use_io_uring}};
    expect_refused(PROCESS_LAUNCHER, probes, COUNT(probes));
}

TEST(a_call_nobody_foresaw_kills_the_process)
{
    place_make();
    int got = try_in(PROCESS_SERVE, strange_call);
    place_remove();
    EXPECT_EQ(got, KILLED);
}

TEST(a_child_as_root_takes_its_own_user)
{
    if (getuid() != 0)
        return; // only root can change
    pid_t child = fork();
    if (child == 0) {
        struct sandbox s = {.self = PROCESS_KEEPER, .own_user = true, .uid = 61841, .gid = 61841};
        struct sandbox_facts facts = {0};
        bool well = sandbox_enter(&s, &facts, NULL) == OK && facts.uid == 61841 &&
                    getuid() == 61841 && getegid() == 61841 && getgroups(0, NULL) == 0;
        _exit(well ? 0 : 1);
    }
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST(a_child_never_runs_as_root_when_it_has_a_user)
{
    pid_t child = fork();
    if (child == 0) {
        struct sandbox s = {.self = PROCESS_KEEPER, .own_user = true, .uid = 0, .gid = 0};
        struct sandbox_facts facts;
        _exit(sandbox_enter(&s, &facts, NULL) == ERR_INVALID ? 0 : 1);
    }
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

#endif

TEST(a_sandbox_has_room_for_so_many_paths_and_ports)
{
    struct sandbox s = {.self = PROCESS_MIRROR};
    for (int i = 0; i < SANDBOX_PATHS_MAX; i++)
        EXPECT_EQ(sandbox_read(&s, "/x", NULL), OK);
    EXPECT_EQ(sandbox_read(&s, "/x", NULL), ERR_LIMIT);
    for (int i = 0; i < SANDBOX_PORTS_MAX; i++)
        EXPECT_EQ(sandbox_port(&s, (uint16_t)(i + 1), NULL), OK);
    EXPECT_EQ(sandbox_port(&s, 1, NULL), OK); // is there already
    EXPECT_EQ(sandbox_port(&s, 1000, NULL), ERR_LIMIT);
}
