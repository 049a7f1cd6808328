// What is remembered of a request that was answered: a count, a line in the log, an audit event.
#pragma once

#include <chrono>

#include "base/name_hash.h"
#include "dialects/engine.h"
#include "model/exchange.h"

namespace tessera::dialects {

struct Observation {
  const EngineDeps& deps;
  const base::NameHash& names;
  TimePoint now;
  std::chrono::steady_clock::time_point began;
  bool realm_is_mounted = false;  ///< the mount names the realm, not the path
  bool reached_endpoint = false;

  /// Whether the request's realm is one that we have.
  bool realm_known(const Result<model::Reply>& reply) const;
  void record(const model::EndpointRequest& asked, const Result<model::Reply>& reply) const;
};

}  // namespace tessera::dialects
