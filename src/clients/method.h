// What a client authentication method is given, and what it answers.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "clients/client_keys.h"
#include "clients/directory.h"
#include "clients/published_keys.h"
#include "clients/secrets.h"
#include "model/exchange.h"

namespace tessera::clients {

/// What a client's assertion is held against (RFC 7523, 3).
struct AssertionServices {
  store::SingleUseStore& used;
  PublishedKeys& published;
  std::function<std::string(const model::Realm& realm)> issuer_of;
  /// The URL of the token endpoint beside the one that a request came to; "" where there is none.
  std::function<std::string(const model::EndpointRequest& request)> token_endpoint_of;
};

struct Attempt {
  const model::Realm& realm;
  const ClientEntry& entry;
  const model::EndpointRequest& request;
  const SecretHasher& hasher;
  const AssertionServices& assertions;
  ClientKeys& keys;
  const Turn& turn;

  const model::ClientCredential& credential() const { return request.credential; }
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
