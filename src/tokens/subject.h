// By which `sub` a client knows a user (OpenID Connect Core, 8).
#pragma once

#include <string>

#include "base/handle.h"
#include "base/result.h"
#include "keys/keyring.h"
#include "model/client.h"

namespace tessera::tokens {

/// The user's id; for a client with pairwise subjects one that only clients of its sector are told, and that nobody can tell the user's id
/// by who has not the realm's secret. Errors: key_missing without that secret, internal for a client without a sector.
Result<std::string> subject_of(const keys::RealmKeys& keys, const model::Client& client, const Handle& user);

}  // namespace tessera::tokens
