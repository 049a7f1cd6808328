#include "http/server.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/cores.h"
#include "http/io_thread.h"
#include "http/listening_socket.h"

namespace tessera::http {

struct Server::State {
  State(ServerOptions options, Handler handler, const Clock& clock, const observe::Log& log, observe::Metrics& metrics)
      : context{.options = std::move(options),
                .handler = std::move(handler),
                .clock = clock,
                .log = log,
                .metrics = metrics,
                .pool = WorkerPool(context.options.pool),
                .hash = WorkerPool(context.options.hash),
                .reserved = WorkerPool(context.options.reserved)} {}

  Status load_certificates() {
    for (const Listener& listener : context.options.listeners) {
      if (listener.tls.certificate.empty())
        tls.push_back(nullptr);
      else
        tls.push_back(std::make_unique<TlsContext>(TRY(TlsContext::read(listener.tls))));
    }
    return {};
  }

  /// Opens a socket a thread for each listener; a path has one socket, which the first thread takes.
  Result<std::vector<std::vector<Fd>>> open_sockets() {
    std::vector<std::vector<Fd>> sockets;
    for (Listener& listener : context.options.listeners) {
      const bool shared = listener.unix_path.empty();
      if (shared)
        if (auto reserved = reserve_port(listener); !reserved) return std::unexpected(std::move(reserved).error());
      std::vector<Fd>& of_listener = sockets.emplace_back();
      for (int i = 0; i < (shared ? thread_count() : 1); ++i) of_listener.push_back(TRY(open_listening_socket(listener)));
    }
    return sockets;
  }

  int thread_count() const {
    if (context.options.threads > 0) return context.options.threads;
    return base::usable_cores();
  }

  void remove_socket_files() const {
    for (const Listener& listener : context.options.listeners)
      if (!listener.unix_path.empty()) ::unlink(listener.unix_path.c_str());
  }

  ServerContext context;
  std::vector<std::unique_ptr<TlsContext>> tls;  ///< one a listener, null for plain HTTP
  std::vector<std::unique_ptr<IoThread>> threads;
};

Server::Server(ServerOptions options, Handler handler, const Clock& clock, const observe::Log& log, observe::Metrics& metrics)
    : state_(std::make_unique<State>(std::move(options), std::move(handler), clock, log, metrics)) {}

Server::~Server() { stop(std::chrono::milliseconds{0}); }

Status Server::start() {
  ::signal(SIGPIPE, SIG_IGN);
  if (auto loaded = state_->load_certificates(); !loaded) return loaded;
  auto sockets = TRY(state_->open_sockets());
  const int count = state_->thread_count();
  for (int i = 0; i < count; ++i) state_->threads.push_back(std::make_unique<IoThread>(state_->context, count));
  for (std::size_t listener = 0; listener < sockets.size(); ++listener)
    for (std::size_t i = 0; i < sockets[listener].size(); ++i)
      state_->threads[i]->add_listener(sockets[listener][i].release(), state_->tls[listener].get());
  for (const auto& thread : state_->threads) thread->start();
  for (const Listener& listener : state_->context.options.listeners)
    state_->context.log.info("listening", {{"address", listener_name(listener)}, {"tls", listener.tls.certificate.empty() ? "no" : "yes"}});
  return {};
}

std::uint16_t Server::bound_port(std::size_t i) const { return state_->context.options.listeners.at(i).port; }

void Server::stop(std::chrono::milliseconds grace) {
  if (state_->threads.empty()) return;
  const SteadyTime deadline = std::chrono::steady_clock::now() + grace;
  for (const auto& thread : state_->threads) thread->drain();
  const auto finished = [this] {
    return open_connections() == 0 &&
           std::all_of(state_->threads.begin(), state_->threads.end(), [](const auto& t) { return t->drained(); });
  };
  while (!finished() && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(std::chrono::milliseconds{2});
  // Workers first: what they answer is posted to the loops.
  for (WorkerPool* pool : {&state_->context.pool, &state_->context.hash, &state_->context.reserved}) pool->stop();
  for (const auto& thread : state_->threads) thread->stop();
  state_->threads.clear();
  state_->remove_socket_files();
}

Status Server::reload_tls(const std::vector<TlsFiles>& files) {
  std::vector<std::pair<TlsContext*, std::shared_ptr<SSL_CTX>>> fresh;
  for (std::size_t i = 0; i < state_->tls.size(); ++i)
    if (state_->tls[i] && !files[i].certificate.empty()) fresh.emplace_back(state_->tls[i].get(), TRY(TlsContext::read(files[i])));
  for (auto& [tls, context] : fresh) tls->take_over(std::move(context));
  return {};
}

std::size_t Server::open_connections() const { return state_->context.open_connections.load(std::memory_order_relaxed); }

void Server::report_gauges() const {
  const ServerContext& context = state_->context;
  context.metrics.set_gauge("tessera_open_connections", "", "", static_cast<double>(open_connections()));
  for (const auto& [name, pool] : {std::pair{"general", &context.pool}, {"hash", &context.hash}, {"reserved", &context.reserved}})
    context.metrics.set_gauge("tessera_pool_depth", "pool", name, static_cast<double>(pool->depth()));
}

}  // namespace tessera::http
