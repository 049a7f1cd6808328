#include "cli/channel.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <array>
#include <cstring>
#include <utility>

#include "admin/dispatcher.h"
#include "base/fd.h"
#include "cli/core.h"

namespace tessera::cli {
namespace {

constexpr std::size_t kAnswerBytesMax = 64UL * 1024 * 1024;
constexpr int kPatienceS = 60;

/// Nothing when nobody listens.
Fd connect_unix(const std::string& path) {
  sockaddr_un address{};
  if (path.size() >= sizeof address.sun_path) return Fd();
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return Fd();
  const timeval patience{.tv_sec = kPatienceS, .tv_usec = 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return Fd();
  return socket;
}

bool send_all(const Fd& socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

/// Everything until the server closes; nothing when it was cut short.
std::optional<std::string> receive_all(const Fd& socket) {
  std::string received;
  std::array<char, 16'384> buffer;
  while (received.size() <= kAnswerBytesMax) {
    const ssize_t got = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) return received;
    received.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return std::nullopt;
}

/// One HTTP request a connection: the server closes after its answer, so that where it ends needs no parsing.
class SocketChannel final : public Channel {
 public:
  explicit SocketChannel(std::string path, Fd first) : path_(std::move(path)), connected_(std::move(first)) {}

  Result<std::string> send(const std::string& request) override {
    auto socket = connected_ ? std::exchange(connected_, Fd()) : connect_unix(path_);
    if (!socket) return fail(Reason::store_unavailable, fmt::format("the server at {} no longer answers; run the command again", path_));
    const auto head = fmt::format(
        "POST /admin HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        request.size());
    const bool sent = send_all(socket, head) && send_all(socket, request);
    // A refusal (too large, stopping) may come while we still send.
    const auto answer = receive_all(socket);
    if (!answer || answer->empty())
      return fail(Reason::commit_unknown,
                  sent ? "the server's answer was lost: it may have carried the command out; look before you repeat it"
                       : fmt::format("the server at {} closed the connection; run the command again", path_));
    return body_of(*answer);
  }
  bool to_running_server() const override { return true; }

 private:
  static Result<std::string> body_of(const std::string& answer) {
    const auto end = answer.find("\r\n\r\n");
    if (end == std::string::npos || !answer.starts_with("HTTP/1.1 "))
      return fail(Reason::store_unavailable, "the admin socket does not speak HTTP");
    if (!answer.starts_with("HTTP/1.1 200 "))
      return fail(Reason::store_unavailable, "the server refused: " + answer.substr(9, answer.find("\r\n") - 9));
    return answer.substr(end + 4);
  }

  std::string path_;
  Fd connected_;
};

/// The dispatcher on a database that no server has open.
class OfflineChannel final : public Channel {
 public:
  OfflineChannel(std::unique_ptr<Core> core, const std::string& base_url)
      : core_(std::move(core)), dispatcher_(core_->admin_services(base_url)) {}

  Result<std::string> send(const std::string& request) override { return dispatcher_.handle(request); }
  bool to_running_server() const override { return false; }

 private:
  std::unique_ptr<Core> core_;
  admin::Dispatcher dispatcher_;
};

}  // namespace

std::unique_ptr<Channel> connect_admin_socket(const std::string& path) {
  auto socket = connect_unix(path);
  if (!socket) return nullptr;
  return std::make_unique<SocketChannel>(path, std::move(socket));
}

Result<std::unique_ptr<Channel>> open_channel(const config::Settings& settings) {
  if (auto running = connect_admin_socket(settings.data_dir + "/admin.sock")) return running;
  auto core = TRY(Core::open(settings));
  return std::make_unique<OfflineChannel>(std::move(core), settings.base_url);
}

}  // namespace tessera::cli
