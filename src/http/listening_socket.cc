#include "http/listening_socket.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace tessera::http {
namespace {

constexpr int kBacklog = 4'096;

std::unexpected<Error> fail_here(const Listener& listener, int error) {
  const std::string name = listener_name(listener);
  switch (error) {
    case EADDRINUSE:
      return fail(Reason::config_invalid, name + " is taken by another process: stop it or listen elsewhere");
    case EADDRNOTAVAIL:
      return fail(Reason::config_invalid, name + " is no address of this machine");
    case EACCES:
      return fail(Reason::config_invalid, name + " is not open to this user: listen elsewhere or give the right to it");
    default:
      return fail(Reason::config_invalid, "can't listen at " + name + ": " + std::strerror(error));
  }
}

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

template <class T>
Address address_of(const T& specific) {
  Address address;
  std::memcpy(&address.storage, &specific, sizeof specific);
  address.size = sizeof specific;
  return address;
}

Result<Address> tcp_address(const Listener& listener) {
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  if (::inet_pton(AF_INET, listener.address.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(listener.port);
    return address_of(v4);
  }
  if (::inet_pton(AF_INET6, listener.address.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(listener.port);
    return address_of(v6);
  }
  return fail(Reason::config_invalid, "\"" + listener.address + "\" is no IPv4 or IPv6 address: write one, such as 127.0.0.1");
}

Result<Address> unix_address(const Listener& listener) {
  sockaddr_un local{};
  if (listener.unix_path.size() >= sizeof local.sun_path)
    return fail(Reason::config_invalid, listener.unix_path + " is too long for a socket's path");
  local.sun_family = AF_UNIX;
  std::memcpy(local.sun_path, listener.unix_path.data(), listener.unix_path.size());
  return address_of(local);
}

Fd make_socket(const Address& address) { return Fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)); }

void set_option(const Fd& fd, int level, int name) {
  const int on = 1;
  ::setsockopt(fd.get(), level, name, &on, sizeof on);
}

bool bound(const Fd& fd, const Address& address) { return fd && ::bind(fd.get(), address.get(), address.size) == 0; }

Result<Fd> open_tcp(const Listener& listener) {
  const Address address = TRY(tcp_address(listener));
  Fd fd = make_socket(address);
  set_option(fd, SOL_SOCKET, SO_REUSEADDR);
  set_option(fd, SOL_SOCKET, SO_REUSEPORT);
  set_option(fd, IPPROTO_TCP, TCP_NODELAY);  // accepted sockets inherit it
  if (!bound(fd, address) || ::listen(fd.get(), kBacklog) != 0) return fail_here(listener, errno);
  return fd;
}

/// A socket file that nobody answers at is what a killed server left behind.
Status remove_stale_socket(const Listener& listener, const Address& address) {
  struct stat status{};
  if (::lstat(listener.unix_path.c_str(), &status) != 0) return {};
  const Fd probe = make_socket(address);
  const bool answered = ::connect(probe.get(), address.get(), address.size) == 0 || errno == EAGAIN;
  if (!S_ISSOCK(status.st_mode) || answered) return fail_here(listener, EADDRINUSE);
  ::unlink(listener.unix_path.c_str());
  return {};
}

Result<Fd> open_unix(const Listener& listener) {
  const Address address = TRY(unix_address(listener));
  if (auto removed = remove_stale_socket(listener, address); !removed) return std::unexpected(std::move(removed).error());
  Fd fd = make_socket(address);
  ::fchmod(fd.get(), 0600);  // before bind: the file never has another mode
  if (!bound(fd, address) || ::listen(fd.get(), kBacklog) != 0) return fail_here(listener, errno);
  return fd;
}

}  // namespace

Status reserve_port(Listener& listener) {
  const Address address = TRY(tcp_address(listener));
  const Fd probe = make_socket(address);
  set_option(probe, SOL_SOCKET, SO_REUSEADDR);  // connections of a server before in TIME_WAIT take no port
  if (!bound(probe, address)) return fail_here(listener, errno);
  Address actual;
  actual.size = sizeof actual.storage;
  if (::getsockname(probe.get(), reinterpret_cast<sockaddr*>(&actual.storage), &actual.size) != 0) return fail_here(listener, errno);
  in_port_t port;  // at the same place in both families
  std::memcpy(&port, reinterpret_cast<const char*>(&actual.storage) + offsetof(sockaddr_in, sin_port), sizeof port);
  listener.port = ntohs(port);
  return {};
}

Result<Fd> open_listening_socket(const Listener& listener) { return listener.unix_path.empty() ? open_tcp(listener) : open_unix(listener); }

void refuse_new_connections(int fd) {
  constexpr unsigned kFlagsAt = 13;  // in the TCP header, where the filter's packet begins (RFC 9293, 3.1)
  constexpr unsigned kSyn = 0x02;
  constexpr unsigned kWhole = 0xFFFFFFFF;
  std::array<sock_filter, 4> drop_syn = {{
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, kFlagsAt),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, kSyn, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0),
      BPF_STMT(BPF_RET | BPF_K, kWhole),
  }};
  const sock_fprog program{.len = drop_syn.size(), .filter = drop_syn.data()};
  ::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);  // without it a few are reset at the close, no more
}

std::string listener_name(const Listener& listener) {
  if (!listener.unix_path.empty()) return listener.unix_path;
  const bool v6 = listener.address.find(':') != std::string::npos;
  return (v6 ? "[" + listener.address + "]" : listener.address) + ":" + std::to_string(listener.port);
}

}  // namespace tessera::http
