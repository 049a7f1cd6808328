// Client authentication (RFC 6749, 2.3): a file a method, registered in methods.def.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "base/result.h"
#include "clients/directory.h"
#include "clients/method.h"
#include "clients/secrets.h"
#include "model/exchange.h"

namespace tessera::clients {

struct AuthenticatedClient {
  std::shared_ptr<const ClientEntry> entry;
  Handle secret;  ///< the version it showed; empty for a public client, and one that signs
};

/// Safe from any thread.
class Authenticator {
 public:
  Authenticator(Directory& directory, const SecretHasher& hasher, SecretUse& use, AssertionServices assertions);

  /// Errors: client_id_missing, client_authentication_ambiguous, client_unknown, client_disabled, client_mount_forbidden,
  /// client_method_forbidden, client_secret_missing, client_secret_wrong, client_secret_expired, and the directory's; all of them take the
  /// same work. Of an assertion: assertion_..., would_wait, store_unavailable, commit_unknown.
  Result<AuthenticatedClient> authenticate(const model::Realm& realm, const model::EndpointRequest& request, const Turn& turn) const;

 private:
  Directory& directory_;
  const SecretHasher& hasher_;
  SecretUse& use_;
  AssertionServices assertions_;
  mutable ClientKeys keys_;
};

/// The names of all methods (RFC 7591, 2), for discovery.
std::span<const std::string_view> client_auth_methods();

/// The client that an assertion says it is of (RFC 7521, 4.2: the request need not name it); "" where it says nothing. Nothing is proven.
std::string claimed_client(std::string_view assertion);

}  // namespace tessera::clients
