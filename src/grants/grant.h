// What a grant is. A grant proves what only it can prove; every shared check is the pipeline's.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "clients/authenticator.h"
#include "clients/directory.h"
#include "model/exchange.h"
#include "model/token.h"
#include "policy/throttle.h"
#include "revocation/revocations.h"
#include "store/store.h"
#include "tokens/issuer.h"
#include "tokens/refresh_tokens.h"
#include "users/user_gate.h"

namespace tessera::grants {

/// What a grant may be built from.
struct Services {
  clients::Directory& directory;
  store::SessionStore& sessions;
  store::AuthorizationStore& authorizations;
  const users::UserGate& users;
  policy::Throttle& throttle;
  revocation::Revocations& revocations;
  const tokens::Issuer& issuer;
  const tokens::RefreshTokens& refresh_tokens;
};

/// What a grant sees of a request: an authenticated client, and only the parameters that the grant declared.
struct GrantRequest {
  std::shared_ptr<const model::Realm> realm;
  const clients::AuthenticatedClient& client;
  const model::Parameters parameters;
  const model::Peer& peer;
  const std::string& request_id;
  Turn turn;
};

/// Stateless; safe from any thread.
class Grant {
 public:
  virtual ~Grant() = default;
  /// The grant_type value.
  virtual std::string_view grant_type() const = 0;
  /// The parameters that it reads; the others are stripped before it sees the request.
  virtual std::span<const std::string_view> parameters() const = 0;
  /// Why a client that is not registered for it is refused.
  virtual Reason refusal(const model::Client&) const { return Reason::grant_not_allowed; }
  /// Proves who asks for what. Reads, and consumes nothing.
  virtual Result<model::Authorization> authorize(const GrantRequest& request) const = 0;
  /// Spends what the grant was shown, or opens what it grants, in one conditional write that checks liveness again.
  virtual Status consume(model::Authorization& authorization, const GrantRequest& request, model::Rev rev) const = 0;
};

/// Every grant of grants.def.
std::vector<std::unique_ptr<Grant>> make_grants(const Services& services);

/// The part of an authorization that every grant starts with: realm, client, and the secret in its lineage.
model::Authorization authorization_of(const GrantRequest& request);

}  // namespace tessera::grants
