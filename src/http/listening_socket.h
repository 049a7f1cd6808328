// Sockets that listen.
#pragma once

#include <string>

#include "base/fd.h"
#include "base/result.h"
#include "http/options.h"

namespace tessera::http {

/// Finds that nobody else listens at the listener's address and settles its port when that is 0. Errors: config_invalid, in one line.
/// Needed because SO_REUSEPORT would let two servers of one user share a port without a word.
Status reserve_port(Listener& listener);

/// One of the sockets, a thread each, that share the listener's port; or the one socket at its path. Non-blocking.
/// Errors: config_invalid.
Result<Fd> open_listening_socket(const Listener& listener);

/// Lets no new connection begin at the listening TCP socket `fd`, while those that began can still be accepted: whoever knocks gets no
/// answer, knocks again a second later and finds a closed port, or the next server. A Unix-domain socket goes on.
void refuse_new_connections(int fd);

/// The listener as people write it: "127.0.0.1:8080", "[::1]:8080" or the path.
std::string listener_name(const Listener& listener);

}  // namespace tessera::http
