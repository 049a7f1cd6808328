#include "clients/realm_gate.h"

namespace tessera::clients {

Result<std::shared_ptr<const model::Realm>> require_realm(const Directory& directory, const model::EndpointRequest& request) {
  auto realm = directory.realm(request.realm);
  if (!realm) return fail(Reason::realm_unknown);
  if (!realm->enabled) return fail(Reason::realm_disabled, request.realm);
  if (realm->policy.https_required && !request.peer.secure) return fail(Reason::https_required, request.realm);
  return realm;
}

}  // namespace tessera::clients
