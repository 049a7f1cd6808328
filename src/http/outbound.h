// Requests of ours to servers outside, whose addresses others wrote down (docs/security.md: outbound requests).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tessera::http {

struct OutboundOptions {
  std::vector<std::string> allow;  ///< addresses or CIDR blocks that are not public, and may be gone to all the same
  std::string ca_file;             ///< PEM: trusted besides the system's authorities; "" for none
};

struct OutboundResponse {
  int status = 0;
  std::string body;  ///< at most 1 MB
};

/// A name is resolved once, and the connection goes to an address that was looked at: what the name says a moment later changes nothing.
/// Safe from any thread.
class Outbound {
 public:
  /// Errors: config_invalid.
  static Result<std::unique_ptr<Outbound>> create(const OutboundOptions& options);
  ~Outbound();

  /// Asks and waits for the answer, all of it within 3 s. A redirect is an answer like any other: nobody follows it. Errors:
  /// outbound_refused before anything was sent, outbound_failed.
  Result<OutboundResponse> get(const std::string& url, std::string_view accept) const;
  Result<OutboundResponse> post(const std::string& url, std::string_view content_type, std::string body) const;

 private:
  struct State;
  explicit Outbound(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tessera::http
