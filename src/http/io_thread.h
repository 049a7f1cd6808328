// One io thread: its loop, its share of every listener, and its connections.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <list>
#include <memory>
#include <thread>
#include <vector>

#include "http/fibers.h"
#include "http/message.h"
#include "http/options.h"
#include "http/response_writer.h"
#include "http/tls.h"
#include "observe/log.h"
#include "observe/metrics.h"

namespace tessera::http {

class Connection;
using SteadyTime = std::chrono::steady_clock::time_point;

/// What all threads of a server share.
struct ServerContext {
  ServerOptions options;
  Handler handler;
  const Clock& clock;
  const observe::Log& log;
  observe::Metrics& metrics;
  WorkerPool pool;
  WorkerPool hash;
  WorkerPool reserved;
  std::atomic<std::size_t> open_connections = 0;
  std::atomic<std::size_t> large_buffers_bytes = 0;  ///< what connections hold beyond the buffer that each has
};

class IoThread {
 public:
  IoThread(ServerContext& context, int threads);
  ~IoThread();

  /// Takes over the listening socket `fd`. `tls` may be null and outlives the thread. Before start().
  void add_listener(int fd, const TlsContext* tls);
  void start();
  /// Lets no more connections begin, and lets those that began end with the request that they have sent: what came before this call is
  /// answered. After a last call of 100 ms stops listening and closes the connections that asked for nothing. From any thread.
  void drain();
  /// drain() has come to its end, but for the connections that are still open. From any thread.
  bool drained() const { return drained_; }
  /// Ends the loop once nothing waits for the store any more, and closes what is left. From any other thread.
  void stop();

  // For its connections, on this thread:
  ServerContext& context() { return context_; }
  boost::asio::io_context& loop() { return loop_; }
  Fibers& fibers() { return fibers_; }
  bool draining() const { return draining_; }
  std::string_view date_line(TimePoint now) { return date_.at(now); }
  void forget(std::list<std::shared_ptr<Connection>>::iterator place);

 private:
  struct Acceptor {
    boost::asio::posix::stream_descriptor socket;
    const TlsContext* tls;
    bool waiting = false;
  };

  void wait_for_connection(Acceptor& acceptor);
  void accept_all(Acceptor& acceptor);
  void open_connection(int fd, const TlsContext* tls, std::string remote_address);
  void tick();
  void begin_drain();
  void end_drain();
  void stop_when_idle();

  ServerContext& context_;
  const std::size_t connections_max_;
  const std::chrono::milliseconds tick_interval_;
  Fibers fibers_;
  boost::asio::io_context loop_{1};
  boost::asio::steady_timer timer_{loop_};
  boost::asio::steady_timer last_call_{loop_};
  std::vector<std::unique_ptr<Acceptor>> acceptors_;
  std::list<std::shared_ptr<Connection>> connections_;
  DateLine date_;
  bool draining_ = false;
  std::atomic<bool> drained_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace tessera::http
