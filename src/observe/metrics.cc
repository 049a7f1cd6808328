#include "observe/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <functional>
#include <mutex>
#include <shared_mutex>
#include <sstream>
#include <unordered_map>

namespace tessera::observe {
namespace {

constexpr std::size_t kSeriesMax = 8'192;
constexpr char kKeySeparator = '\x1f';

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

/// Handles of series that exist, by their joined label values: after the first time, counting touches no registry.
template <class T>
class Handles {
 public:
  /// The handle of `key`, made by `make(full)` when it is new; `full` says that no further series may be opened.
  template <class Make>
  T& get(std::string_view key, const Make& make) {
    {
      const std::shared_lock lock(mutex_);
      if (const auto it = handles_.find(key); it != handles_.end()) return *it->second;
    }
    const std::unique_lock lock(mutex_);
    if (const auto it = handles_.find(key); it != handles_.end()) return *it->second;
    const bool full = handles_.size() >= kSeriesMax;
    T& made = make(full);
    if (!full) handles_.emplace(key, &made);
    return made;
  }

 private:
  std::shared_mutex mutex_;
  std::unordered_map<std::string, T*, TextHash, std::equal_to<>> handles_;
};

const prometheus::Histogram::BucketBoundaries kSecondBuckets = {0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                                                                0.025,   0.05,   0.1,     0.25,   0.5,   1,      2.5,   10};

prometheus::Labels labels(std::string_view name, std::string_view value) {
  if (name.empty()) return {};
  return {{std::string(name), std::string(value)}};
}

}  // namespace

struct Metrics::State {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& requests =
      prometheus::BuildCounter().Name("tessera_requests_total").Help("Requests answered, by outcome.").Register(registry);
  prometheus::Family<prometheus::Histogram>& request_seconds =
      prometheus::BuildHistogram().Name("tessera_request_seconds").Help("Time from the whole request to its answer.").Register(registry);
  Handles<prometheus::Counter> request_counters;
  Handles<prometheus::Histogram> histograms;
  Handles<prometheus::Gauge> gauges;
  Handles<prometheus::Counter> counters;
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

void Metrics::count_request(std::string_view realm, std::string_view dialect, std::string_view endpoint, std::string_view grant,
                            std::string_view outcome, double seconds) {
  thread_local std::string key;  // keeps its capacity: counting allocates nothing
  key.clear();
  for (const std::string_view part : {realm, dialect, endpoint, grant, outcome}) {
    key += part;
    key += kKeySeparator;
  }
  state_->request_counters
      .get(key,
           [&](bool full) -> prometheus::Counter& {
             const auto value = [full](std::string_view text) { return full ? std::string("other") : std::string(text); };
             return state_->requests.Add({{"realm", value(realm)},
                                          {"dialect", value(dialect)},
                                          {"endpoint", value(endpoint)},
                                          {"grant", value(grant)},
                                          {"outcome", value(outcome)}});
           })
      .Increment();
  state_->histograms
      .get(endpoint,
           [&](bool full) -> prometheus::Histogram& {
             return state_->request_seconds.Add(labels("endpoint", full ? "other" : endpoint), kSecondBuckets);
           })
      .Observe(seconds);
}

void Metrics::set_gauge(std::string_view name, std::string_view label_name, std::string_view label_value, double value) {
  std::string key(name);
  ((key += kKeySeparator) += label_value);
  state_->gauges
      .get(key,
           [&](bool full) -> prometheus::Gauge& {
             auto& family = prometheus::BuildGauge().Name(std::string(name)).Register(state_->registry);
             return family.Add(labels(label_name, full ? "other" : label_value));
           })
      .Set(value);
}

void Metrics::add(std::string_view name, double amount) {
  state_->counters
      .get(name,
           [&](bool) -> prometheus::Counter& {
             return prometheus::BuildCounter().Name(std::string(name)).Register(state_->registry).Add({});
           })
      .Increment(amount);
}

std::string Metrics::render() const {
  std::ostringstream out;
  prometheus::TextSerializer{}.Serialize(out, state_->registry.Collect());
  return std::move(out).str();
}

}  // namespace tessera::observe
