// What a client authentication method is given, and what it answers.
#pragma once

#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "clients/directory.h"
#include "clients/secrets.h"
#include "model/exchange.h"

namespace tessera::clients {

struct Attempt {
  const ClientEntry& entry;
  const model::ClientCredential& credential;
  const SecretHasher& hasher;
  TimePoint now;
};

/// The secret version that was shown; null for a client that needs none.
using Proof = Result<const model::ClientSecret*>;

#define TESSERA_CLIENT_AUTH_METHOD(name) Proof authenticate_by_##name(const Attempt& attempt);
#include "clients/methods.def"
#undef TESSERA_CLIENT_AUTH_METHOD

/// Shared by the methods that show a secret. Errors: client_secret_missing, client_secret_wrong, client_secret_expired.
Proof judge_secret(const Attempt& attempt);

/// The work of a wrong secret, for refusals that would otherwise come sooner.
void judge_nothing(const SecretHasher& hasher, std::string_view shown);

}  // namespace tessera::clients
