#include "serve.h"

#include <csignal>
#include <ctime>
#include <iostream>
#include <string>

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

}  // namespace

int serve(const config::Settings& settings) {
  const sigset_t signals = block_signals();
  auto app = App::create(settings);
  if (!app) return refuse(app.error());
  if (const auto started = (*app)->start(); !started) return refuse(started.error());
  const timespec second{.tv_sec = 1, .tv_nsec = 0};
  Status kept;
  while (kept) {
    const int signal = sigtimedwait(&signals, nullptr, &second);
    if (signal == SIGINT || signal == SIGTERM) break;
    if (signal == SIGHUP) reload(**app, settings.file);
    kept = (*app)->tick();
  }
  (*app)->stop();
  return kept ? 0 : refuse(kept.error());
}

}  // namespace tessera
