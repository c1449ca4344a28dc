// SPDX-License-Identifier: Apache-2.0
#include "server/endpoint.h"

#include "base/num.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <unistd.h>

enum { BACKLOG = 1024, ADDRESS_BYTES = 48 };

static enum err wrong(struct slice text, struct fault *why)
{
    return fail(why, ERR_INVALID, "'%.*s' is not an ADDRESS:PORT such as 127.0.0.1:9200",
                SLICE_PRINT(text));
}

// Splits at the last colon; brackets around an IPv6 address go.
static bool split(struct slice text, struct slice *address, struct slice *port)
{
    size_t colon = text.len;
    while (colon > 0 && text.at[colon - 1] != ':')
        colon--;
    if (colon == 0)
        return false;
    *port = slice_from(text, colon);
    *address = slice_of(text.at, colon - 1);
    if (address->len >= 2 && address->at[0] == '[' && address->at[address->len - 1] == ']')
        *address = slice_of(address->at + 1, address->len - 2);
    else if (memchr(address->at, ':', address->len))
        return false;
    return address->len > 0 && address->len < ADDRESS_BYTES;
}

static bool set_address(const char *text, uint16_t port, struct endpoint *out)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)&out->address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&out->address;
    if (strcmp(text, "localhost") == 0)
        text = "127.0.0.1";
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        out->address_bytes = sizeof *v4;
        return true;
    }
    if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        out->address_bytes = sizeof *v6;
        return true;
    }
    return false;
}

enum err endpoint_parse(struct slice text, struct endpoint *out, struct fault *why)
{
    struct slice address;
    struct slice port_text;
    uint64_t port = 0;
    if (!split(text, &address, &port_text) || parse_u64(port_text, &port) || port > UINT16_MAX)
        return wrong(text, why);
    char name[ADDRESS_BYTES] = {0};
    memcpy(name, address.at, address.len);
    struct endpoint e = {0};
    if (strlen(name) != address.len || !set_address(name, (uint16_t)port, &e))
        return wrong(text, why);
    *out = e;
    return OK;
}

void endpoint_print_address(const struct endpoint *e, char out[ENDPOINT_TEXT_BYTES])
{
    const void *address = &((const struct sockaddr_in *)&e->address)->sin_addr;
    if (e->address.ss_family == AF_INET6)
        address = &((const struct sockaddr_in6 *)&e->address)->sin6_addr;
    out[0] = '\0';
    (void)inet_ntop(e->address.ss_family, address, out, ENDPOINT_TEXT_BYTES); // a known family
}

void endpoint_print(const struct endpoint *e, char out[ENDPOINT_TEXT_BYTES])
{
    char address[ENDPOINT_TEXT_BYTES];
    endpoint_print_address(e, address);
    bool v6 = e->address.ss_family == AF_INET6;
    // Both families keep the port in the same place.
    unsigned port = ntohs(((const struct sockaddr_in *)&e->address)->sin_port);
    snprintf(out, ENDPOINT_TEXT_BYTES, v6 ? "[%.47s]:%u" : "%.47s:%u", address, port);
}

static enum err system_said(const struct endpoint *e, const char *what, struct fault *why)
{
    char text[ENDPOINT_TEXT_BYTES];
    endpoint_print(e, text);
    return fail(why, ERR_IO, "%s %s: %s", what, text, strerror(errno));
}

static enum err bind_and_listen(struct endpoint *e, int fd, struct fault *why)
{
    int on = 1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on); // only helps a restart
    if (e->address.ss_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(fd, (const struct sockaddr *)&e->address, e->address_bytes) < 0)
        return system_said(e, "bind", why);
    if (listen(fd, BACKLOG) < 0)
        return system_said(e, "listen at", why);
    if (getsockname(fd, (struct sockaddr *)&e->address, &e->address_bytes) < 0)
        return system_said(e, "look at", why);
    return OK;
}

enum err endpoint_listen(struct endpoint *e, int *out_fd, struct fault *why)
{
    int fd = socket(e->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return system_said(e, "socket for", why);
    enum err failed = bind_and_listen(e, fd, why);
    if (failed) {
        close(fd);
        return failed;
    }
    *out_fd = fd;
    return OK;
}
