#include "serve.h"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "app.h"

namespace tessera {

namespace {

/// Blocks the signals we serve by in this thread, and so in every thread that it starts: they are waited for, never caught.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

/// Ends the process when stopping takes longer than is promised: a store or a client that does not answer must not hold it up. What was
/// acknowledged is durable.
class StopDeadline {
 public:
  StopDeadline()
      : thread_([this](const std::stop_token& stopped) {
          std::unique_lock lock(mutex_);
          ended_.wait_for(lock, stopped, kStop, [] { return false; });
          if (stopped.stop_requested()) return;
          std::cerr << "tessera: stopped in the middle of what would not end within 5 s; nothing that was acknowledged is lost\n";
          std::_Exit(1);
        }) {}

 private:
  static constexpr std::chrono::milliseconds kStop{4'800};  ///< within 5 s, this thread's waking included

  std::mutex mutex_;
  std::condition_variable_any ended_;
  std::jthread thread_;  ///< last: it uses the others
};

int refuse(const Error& error) {
  // In one piece: a log line of another thread must not come in between.
  std::cerr << "tessera: " + (error.context.empty() ? std::string(base::reason_line(error.reason)) : error.context) + '\n';
  return 1;
}

void reload(App& app, const std::string& file) {
  const auto settings = config::load_settings(file);
  const Status status = settings ? app.reload(*settings) : std::unexpected(settings.error());
  if (status)
    app.log().info("reloaded", {{"file", file}});
  else
    app.log().error("reload_refused", {{"why", status.error().context}, {"what", "the old configuration stays in force"}});
}

/// What is done every second and at SIGHUP, in a thread of its own: a store that hangs must not keep a signal from being heard.
class Ticking {
 public:
  Ticking(App& app, const std::string& file) : app_(app), file_(file), thread_([this](const std::stop_token& stopped) { run(stopped); }) {}

  void reload_soon() {
    reload_asked_ = true;
    woken_.notify_all();
  }
  /// How the last one went.
  Status end() {
    thread_.request_stop();
    thread_.join();
    return kept_;
  }

 private:
  void run(const std::stop_token& stopped) {
    std::unique_lock lock(mutex_);
    while (kept_) {
      woken_.wait_for(lock, stopped, std::chrono::seconds(1), [this] { return reload_asked_.load(); });
      if (stopped.stop_requested()) return;
      if (reload_asked_.exchange(false)) reload(app_, file_);
      kept_ = app_.tick();
    }
    // Something is amiss that no tick can mend: the server has to stop.
    ::kill(::getpid(), SIGTERM);
  }

  App& app_;
  const std::string& file_;
  std::mutex mutex_;  ///< of `woken_`: nothing else is shared
  std::condition_variable_any woken_;
  std::atomic<bool> reload_asked_ = false;
  Status kept_;
  std::jthread thread_;  ///< last: it uses the others
};

}  // namespace

int serve(const config::Settings& settings) {
  const sigset_t signals = block_signals();
  std::optional<StopDeadline> deadline;  // outlives the app, whose parts end with it
  auto app = App::create(settings);
  if (!app) return refuse(app.error());
  if (const auto started = (*app)->start(); !started) return refuse(started.error());
  Ticking ticking(**app, settings.file);
  int signal = 0;
  while (sigwait(&signals, &signal) == 0 && signal == SIGHUP) ticking.reload_soon();
  deadline.emplace();
  const Status kept = ticking.end();
  (*app)->stop();
  return kept ? 0 : refuse(kept.error());
}

}  // namespace tessera
