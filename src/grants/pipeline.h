// The token endpoint's exchange: every grant passes every check, because there is one pipeline.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "clients/directory.h"
#include "grants/client_gate.h"
#include "grants/grant.h"
#include "model/exchange.h"
#include "policy/throttle.h"
#include "revocation/revocations.h"
#include "tokens/issuer.h"

namespace tessera::grants {

/// Safe from any thread.
class Pipeline {
 public:
  Pipeline(const Services& services, const ClientGate& clients) : services_(services), clients_(clients), grants_(make_grants(services)) {}

  /// Answers a token request, or says why not. On a lane that must not wait: would_wait or would_hash, before any effect.
  Result<model::TokenSet> exchange(const model::EndpointRequest& request, const Turn& turn) const;

  /// The grant types of grants.def, for discovery and validation.
  std::vector<std::string_view> grant_types() const;

 private:
  /// The exchange. `user` becomes whom it is about, once that is known.
  Result<model::TokenSet> decide(const model::EndpointRequest& request, const Turn& turn, Handle& user) const;
  Result<const Grant*> find_grant(std::string_view grant_type) const;
  Status throttle(const model::Client& client, const Turn& turn) const;
  Status narrow(model::Authorization& authorization, const model::EndpointRequest& request, TimePoint now) const;
  Status raise_max_expiry(const model::Authorization& authorization, model::Rev rev, const std::string& request_id, const Turn& turn) const;

  Services services_;
  const ClientGate& clients_;
  std::vector<std::unique_ptr<Grant>> grants_;
};

}  // namespace tessera::grants
