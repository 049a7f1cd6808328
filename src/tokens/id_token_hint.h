// Our own ID tokens, when they come back as a hint of whom a request is about (OpenID Connect Core, 3.1.2.1; RP-Initiated Logout, 2).
#pragma once

#include <string>
#include <string_view>

#include "base/handle.h"
#include "base/result.h"
#include "keys/keyring.h"
#include "model/realm.h"
#include "model/session.h"

namespace tessera::tokens {

/// What an ID token says of whom it was issued for.
struct IdTokenHint {
  std::string client_id;  ///< its audience
  std::string subject;
  Handle session;  ///< empty where it names none

  /// Whether it was issued in this session, or in another one for its user, whom the hint's client knows by the subject `known_by`.
  bool is_about(const model::Session& other, std::string_view known_by) const { return session == other.handle || subject == known_by; }
};

/// Reads an ID token of this realm: signature, issuer, type. An expired one does: it opens nothing, and users log out when they like.
/// Whether its client is the one that asks is the caller's to see. Errors: id_token_hint_invalid.
Result<IdTokenHint> read_id_token_hint(const keys::Keyring& keyring, const model::Realm& realm, std::string_view issuer,
                                       std::string_view token);

}  // namespace tessera::tokens
