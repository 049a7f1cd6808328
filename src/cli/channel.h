// Where a command is carried out: by the running server, or here on a stopped one's database.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "config/settings.h"

namespace tessera::cli {

/// Carries a request of admin/dispatcher.h to a dispatcher and brings its answer back.
class Channel {
 public:
  virtual ~Channel() = default;
  /// Errors: store_unavailable, commit_unknown when the answer was lost on the way.
  virtual Result<std::string> send(const std::string& request) = 0;
  virtual bool to_running_server() const = 0;
};

/// The running server's admin socket if it answers, else the database itself, locked while the channel lives.
/// Errors: config_invalid, store_unavailable, store_corrupt, each with what to do.
Result<std::unique_ptr<Channel>> open_channel(const config::Settings& settings);

/// Null when no server listens there.
std::unique_ptr<Channel> connect_admin_socket(const std::string& path);

}  // namespace tessera::cli
