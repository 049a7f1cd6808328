// Prometheus metrics. Names and labels are documented in docs/operate.md.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tessera::observe {

/// Safe from any thread; counting is a hash lookup and an atomic add. Label values come from declared names only (realms, dialects, grants,
/// reasons), so the number of series is bounded; should a caller pass more than 8,192 sets of them all the same, the rest count as "other".
class Metrics {
 public:
  Metrics();
  ~Metrics();
  /// tessera_requests_total{realm,dialect,endpoint,grant,outcome}; outcome is "ok" or a reason. tessera_request_seconds{endpoint}
  /// histogram.
  void count_request(std::string_view realm, std::string_view dialect, std::string_view endpoint, std::string_view grant,
                     std::string_view outcome, double seconds);
  /// tessera_pool_depth{pool}, tessera_store_queue_depth, tessera_open_connections ...: gauges by name, one optional label.
  void set_gauge(std::string_view name, std::string_view label_name, std::string_view label_value, double value);
  /// Counters by name, e.g. "tessera_audit_dropped_total".
  void add(std::string_view name, double amount);
  /// Text exposition format.
  std::string render() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tessera::observe
