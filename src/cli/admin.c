// SPDX-License-Identifier: Apache-2.0
#include "cli/admin.h"

#include "access/access.h"
#include "access/totp.h"
#include "base/buf.h"
#include "base/world.h"
#include "cli/home_access.h"
#include "keys/crypto.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

enum { ROOM_BYTES = 4096 };

static enum err read_line(int fd, char out[PASSWORD_LINE_BYTES], struct fault *why)
{
    size_t len = 0;
    while (len < PASSWORD_LINE_BYTES - 1) {
        ssize_t n = read(fd, out + len, 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0 || out[len] == '\n')
            break;
        len++;
    }
    out[len] = '\0';
    return len ? OK : fail(why, ERR_INVALID, "no password was given");
}

static enum err ask_at_terminal(const char *what, const char *name, char out[PASSWORD_LINE_BYTES],
                                struct fault *why)
{
    struct termios before;
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (tty < 0 || tcgetattr(tty, &before) < 0) {
        if (tty >= 0)
            close(tty);
        return fail(why, ERR_INVALID, "there is no terminal to ask; give --password-file F");
    }
    struct termios quiet = before;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    dprintf(tty, "%s %s: ", what, name);
    (void)tcsetattr(tty, TCSAFLUSH, &quiet);
    enum err e = read_line(tty, out, why);
    (void)tcsetattr(tty, TCSAFLUSH, &before);
    dprintf(tty, "\n");
    close(tty);
    return e;
}

enum err admin_password(const char *name, const char *file, char out[PASSWORD_LINE_BYTES],
                        struct fault *why)
{
    if (!file)
        return ask_at_terminal("password of", name, out, why);
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fail(why, ERR_INVALID, "--password-file %s: %s", file, strerror(errno));
    enum err e = read_line(fd, out, why);
    close(fd);
    return e;
}

static enum err check(struct access *access, const char *name, const char *password, enum role role,
                      struct fault *why)
{
    struct buf pair AUTO(buf_donep) = buf_init(ROOM_BYTES);
    struct buf header AUTO(buf_donep) = buf_init(ROOM_BYTES);
    struct principal who;
    uint32_t wait_s = 0;
    buf_print(&pair, "%s:%s", name, password);
    buf_text(&header, "Basic ");
    base64url_print(buf_slice(&pair), &header);
    enum err e =
        access_check(access, buf_slice(&header), slice_text("command line"), &who, &wait_s, why);
    wipe(pair.at, pair.len);
    wipe(header.at, header.len);
    if (e)
        return fail(why, ERR_DENIED, "that is not the password of %s", name);
    if (who.roles & 1u << role)
        return OK;
    if (role == ROLE_ADMIN)
        return fail(why, ERR_DENIED, "%s is no administrator", name);
    return fail(why, ERR_DENIED, "%s has not the role %s", name, role_name(role));
}

static enum err ask_code(const char *name, char out[PASSWORD_LINE_BYTES], struct fault *why)
{
    enum err e = ask_at_terminal("code of the authenticator of", name, out, why);
    return e == ERR_INVALID
               ? fail(why, e, "changes of %s need a code of the authenticator; give --otp CODE",
                      name)
               : e;
}

// The code after the password, so that no code is used up for nothing.  A recovery code changes a
// row under the seal.
static enum err check_code(struct home_access *home, const struct admin_claim *claim,
                           struct fault *why)
{
    char code[PASSWORD_LINE_BYTES] = "";
    struct totp_state state = {0};
    uint32_t wait_s = 0;
    enum err e = access_totp_state(home->access, slice_text(claim->name), &state, why);
    if (e || !state.is_there)
        return e;
    if (claim->otp)
        snprintf(code, sizeof code, "%s", claim->otp);
    else
        e = ask_code(claim->name, code, why);
    if (!e)
        e = access_totp_check(home->access, slice_text(claim->name), slice_text(code),
                              slice_text("command line"), &wait_s, why);
    return e ? e : home_access_settle(home, why);
}

enum err person_check(const char *directory, const struct admin_claim *claim, enum role role,
                      struct fault *why)
{
    char password[PASSWORD_LINE_BYTES];
    struct home_access home = {0};
    enum err e = home_access_open(directory, &home, why);
    if (e)
        return e;
    e = admin_password(claim->name, claim->password_file, password, why);
    if (!e)
        e = check(home.access, claim->name, password, role, why);
    if (!e)
        e = check_code(&home, claim, why);
    wipe(password, sizeof password);
    home_access_close(&home);
    return e;
}

enum err admin_check(const char *directory, const struct admin_claim *claim, struct fault *why)
{
    return person_check(directory, claim, ROLE_ADMIN, why);
}
