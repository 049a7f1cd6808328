// Client authentication with a guard against guessing: the same for every endpoint that takes client credentials.
#pragma once

#include "base/result.h"
#include "clients/authenticator.h"
#include "model/exchange.h"
#include "policy/throttle.h"

namespace tessera::grants {

/// Different wrong secrets are counted per (client, address prefix), so that guessing backs off, a public client id is no weapon against
/// its owner elsewhere, and an instance that kept an old secret is none against its neighbours. Safe from any thread.
class ClientGate {
 public:
  ClientGate(const clients::Authenticator& authenticator, policy::Throttle& throttle)
      : authenticator_(authenticator), throttle_(throttle) {}

  /// Errors: the authenticator's; throttled_client during a wait, with what remains of it.
  Result<clients::AuthenticatedClient> authenticate(const model::Realm& realm, const model::EndpointRequest& request,
                                                    const Turn& turn) const;

 private:
  const clients::Authenticator& authenticator_;
  policy::Throttle& throttle_;
};

}  // namespace tessera::grants
