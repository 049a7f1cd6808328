// An HTTP/1.1 server.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "http/message.h"
#include "http/options.h"

namespace tessera::observe {
class Log;
class Metrics;
}  // namespace tessera::observe

namespace tessera::http {

/// Answers requests at its listeners. A request is answered on its connection's own thread when the handler can; when it names a lane it is
/// run again on that bounded pool, and its thread goes on with other connections meanwhile. A full pool answers 503 with Retry-After.
/// clock, log and metrics outlive it. start() and stop() are for one thread; the rest is safe from any.
class Server {
 public:
  Server(ServerOptions options, Handler handler, const Clock& clock, const observe::Log& log, observe::Metrics& metrics);
  /// stop(0).
  ~Server();

  /// Listens everywhere or nowhere. Ignores SIGPIPE for the process: OpenSSL writes without MSG_NOSIGNAL. Errors: config_invalid, whose
  /// context is one line for the operator ("127.0.0.1:8080 is taken by another process: ...").
  Status start();
  /// The port of listener `i` once started.
  std::uint16_t bound_port(std::size_t i) const;
  /// Lets no new connection begin, finishes what runs, answers what was sent before it and what still comes with 503, and closes; what is
  /// left after `grace` is cut. Waits for all of it: with a grace at least 100 ms.
  void stop(std::chrono::milliseconds grace);
  /// Takes over the certificates in `files`, one for each listener; a listener of plain HTTP stays one, and one that is given no
  /// certificate keeps its own. A bad one leaves all the old ones in force and is reported; open connections are not touched.
  Status reload_tls(const std::vector<TlsFiles>& files);
  std::size_t open_connections() const;
  /// Sets the gauges tessera_open_connections and tessera_pool_depth{pool}: before metrics are rendered.
  void report_gauges() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tessera::http
