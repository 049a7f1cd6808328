// What signing in and out is built from.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "clients/directory.h"
#include "flow/browser.h"
#include "flow/interactions.h"
#include "model/exchange.h"
#include "revocation/revocations.h"
#include "sessions/passwords.h"
#include "store/store.h"
#include "tokens/issuer.h"
#include "users/user_gate.h"

namespace tessera::flow {

struct Services {
  clients::Directory& directory;
  store::SessionStore& sessions;
  store::AuthorizationStore& authorizations;
  const users::UserGate& users;
  const sessions::Passwords& passwords;
  revocation::Revocations& revocations;
  const tokens::Issuer& issuer;
  const keys::Keyring& keyring;
  const Interactions& interactions;
  const SessionCookies& cookies;
  /// The path of another endpoint of the mount that a request came to, "" where it has none.
  std::function<std::string(const model::EndpointRequest& request, model::EndpointKind kind)> path_of;

  /// The session that the browser is signed in by at this realm, as far as its row says; nothing when there is none. `rev`: the realm's, as
  /// it was known before. Errors: the store's.
  Result<std::optional<model::Session>> find_session(const model::EndpointRequest& request, const model::Realm& realm, model::Rev rev,
                                                     const Turn& turn) const;
  /// The same of the session of that name; nothing for an empty one.
  Result<std::optional<model::Session>> find_session(const Handle& handle, const model::Realm& realm, model::Rev rev,
                                                     const Turn& turn) const;
};

}  // namespace tessera::flow
