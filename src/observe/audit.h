// Audit events of issues and refusals: an append-only file of JSON lines, batched off the hot path.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace tessera::observe {

struct TokenEvent {
  TimePoint at;
  std::string_view request_id;
  std::string_view realm;
  std::string_view dialect;
  std::string_view endpoint;
  std::string_view grant_type;
  std::string_view client_id;
  std::string_view subject;
  std::string_view jti;
  std::string_view scope;
  std::string_view address;
  std::string_view reason;  ///< "issued", or why it was refused
};

/// What comes from outside is redacted as the log is: a client that swaps its id and its secret leaves neither in the file.
/// Safe from any thread; `record` never waits: when the queue (65,536 events) is full it drops the event and counts the loss, which the log
/// and metrics say. Written every 100 ms and synced every second: a crash loses at most the last second.
class AuditLog {
 public:
  static Result<std::unique_ptr<AuditLog>> open(const std::string& path);
  virtual ~AuditLog() = default;
  virtual void record(const TokenEvent& event) = 0;
  virtual std::uint64_t dropped() const = 0;
  /// Reopens the file (log rotation, at SIGHUP). Errors: config_invalid, the context being one line for the operator; the old file goes on.
  virtual Status reopen() = 0;
};

}  // namespace tessera::observe
