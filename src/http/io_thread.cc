#include "http/io_thread.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>

#include "http/connection.h"
#include "http/listening_socket.h"

namespace tessera::http {
namespace {

constexpr int kAcceptsInARowMax = 64;
/// A request that is on its way when the server stops has this long to arrive.
constexpr std::chrono::milliseconds kLastCall{100};

/// How often deadlines are looked at: often enough to cut a connection at most a quarter of its time early.
std::chrono::milliseconds tick_interval(const Timeouts& timeouts) {
  using namespace std::chrono_literals;
  return std::clamp(std::min({timeouts.head, timeouts.body, timeouts.write, timeouts.idle}) / 4, 5ms, 500ms);
}

std::string address_text(const sockaddr_storage& storage) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (storage.ss_family == AF_INET) {
    sockaddr_in address;
    std::memcpy(&address, &storage, sizeof address);
    ::inet_ntop(AF_INET, &address.sin_addr, text.data(), text.size());
  } else if (storage.ss_family == AF_INET6) {
    sockaddr_in6 address;
    std::memcpy(&address, &storage, sizeof address);
    const bool mapped = IN6_IS_ADDR_V4MAPPED(&address.sin6_addr);  // one spelling for one peer
    if (mapped) {
      ::inet_ntop(AF_INET, address.sin6_addr.s6_addr + 12, text.data(), text.size());
    } else {
      ::inet_ntop(AF_INET6, &address.sin6_addr, text.data(), text.size());
    }
  } else {
    return "unix";
  }
  return text.data();
}

}  // namespace

IoThread::IoThread(ServerContext& context, int threads)
    : context_(context),
      connections_max_(std::max<std::size_t>(context.options.limits.connections / static_cast<std::size_t>(threads), 1)),
      tick_interval_(tick_interval(context.options.timeouts)),
      fibers_(context.options.paused, [this](Fibers::Done go_on) {
        boost::asio::post(loop_, [this, go_on = std::move(go_on)]() mutable {
          go_on();
          if (stopping_) stop_when_idle();
        });
      }) {}

IoThread::~IoThread() { stop(); }

void IoThread::add_listener(int fd, const TlsContext* tls) {
  acceptors_.push_back(std::make_unique<Acceptor>(boost::asio::posix::stream_descriptor(loop_, fd), tls));
}

void IoThread::start() {
  for (const auto& acceptor : acceptors_) wait_for_connection(*acceptor);
  tick();
  thread_ = std::thread([this] { loop_.run(); });
}

void IoThread::drain() {
  boost::asio::post(loop_, [this] { begin_drain(); });
}

void IoThread::stop() {
  boost::asio::post(loop_, [this] {
    stopping_ = true;
    stop_when_idle();
  });
  if (thread_.joinable()) thread_.join();
  while (!connections_.empty()) std::shared_ptr(connections_.front())->close();
}

void IoThread::forget(std::list<std::shared_ptr<Connection>>::iterator place) {
  connections_.erase(place);
  context_.open_connections.fetch_sub(1, std::memory_order_relaxed);
}

void IoThread::wait_for_connection(Acceptor& acceptor) {
  acceptor.waiting = true;
  acceptor.socket.async_wait(boost::asio::posix::descriptor_base::wait_read, [this, &acceptor](const boost::system::error_code& error) {
    acceptor.waiting = false;
    if (!error) accept_all(acceptor);
  });
}

void IoThread::accept_all(Acceptor& acceptor) {
  for (int i = 0; i < kAcceptsInARowMax; ++i) {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    const int fd = ::accept4(acceptor.socket.native_handle(), reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      open_connection(fd, acceptor.tls, address_text(peer));
      continue;
    }
    if (errno == ECONNABORTED || errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) break;
    context_.log.error("accept_failed", {{"what", std::strerror(errno)}});
    return;  // out of descriptors or memory: the next tick tries again, this loop would only burn the processor
  }
  wait_for_connection(acceptor);
}

void IoThread::open_connection(int fd, const TlsContext* tls, std::string remote_address) {
  SslPtr ssl = tls ? tls->accept(fd) : nullptr;
  if (connections_.size() >= connections_max_ || (tls && !ssl)) {
    ::close(fd);
    context_.metrics.add("tessera_http_refused_connections_total", 1);
    return;
  }
  boost::asio::posix::stream_descriptor socket(loop_);
  boost::system::error_code unwatched;
  if (socket.assign(fd, unwatched)) {
    ::close(fd);
    context_.log.error("connection_failed", {{"what", unwatched.message()}});
    return;
  }
  std::shared_ptr<Connection> connection;
  try {
    connection = std::make_shared<Connection>(*this, std::move(socket), std::move(ssl), std::move(remote_address));
  } catch (const std::exception& error) {
    context_.log.error("connection_failed", {{"what", error.what()}});
    return;
  }
  context_.open_connections.fetch_add(1, std::memory_order_relaxed);
  connections_.push_back(connection);
  connection->start(std::prev(connections_.end()));
}

void IoThread::stop_when_idle() {
  if (fibers_.waiting() == 0) loop_.stop();
}

/// One timer for all connections of the thread: a timer each would cost every request more than this costs every half second.
void IoThread::tick() {
  const SteadyTime next = std::chrono::steady_clock::now() + tick_interval_;
  for (auto place = connections_.begin(); place != connections_.end();) {
    const std::shared_ptr<Connection> connection = *place++;
    connection->cut_if_late(next);
  }
  if (!drained_)
    for (const auto& acceptor : acceptors_)
      if (!acceptor->waiting) wait_for_connection(*acceptor);
  timer_.expires_at(next);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) tick();
  });
}

/// The listening sockets go on for a while: closing one resets the connections that wait in it to be accepted.
void IoThread::begin_drain() {
  draining_ = true;
  for (const auto& acceptor : acceptors_) refuse_new_connections(acceptor->socket.native_handle());
  last_call_.expires_after(kLastCall);
  last_call_.async_wait([this](const boost::system::error_code& error) {
    if (!error) end_drain();
  });
}

void IoThread::end_drain() {
  boost::system::error_code ignored;
  for (const auto& acceptor : acceptors_) (void)acceptor->socket.close(ignored);
  for (auto place = connections_.begin(); place != connections_.end();) {
    const std::shared_ptr<Connection> connection = *place++;
    connection->drain();
  }
  drained_ = true;
}

}  // namespace tessera::http
