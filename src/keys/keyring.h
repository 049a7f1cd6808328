// The keys of every realm: published -> signing -> verify-only -> gone.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "jose/jwk.h"
#include "jose/jwt.h"
#include "keys/sealer.h"
#include "store/store.h"

namespace tessera::keys {

/// What one realm needs to mint and verify, as of one moment. Immutable.
struct RealmKeys {
  struct Signing {
    jose::JwtBuilder access;  ///< typ "at+jwt"
    jose::JwtBuilder plain;   ///< typ "JWT": Keycloak's access, ID and HS512 refresh tokens
  };
  std::unordered_map<std::string, std::shared_ptr<const Signing>> signing;             ///< by alg name
  std::unordered_map<std::string, jose::VerifyKey> verify;                             ///< by kid: published, signing, verify-only
  std::unordered_map<std::string, std::shared_ptr<const Secret>> refresh_mac;          ///< by kid: master secrets of opaque refresh tokens
  std::string refresh_mac_kid;                                                         ///< the one in use
  std::string jwks;  ///< the JWK Set as served (RFC 7517, 5): never HS512, never `gone`
};

/// Safe from any thread. Lookups are lock-free reads of the current snapshot.
class Keyring {
 public:
  Keyring(store::ConfigStore& store, const Sealer& sealer);

  /// Reads and unseals every realm's keys. Errors: store_unavailable; store_corrupt when a key can't be unsealed (wrong master key).
  Status load(const std::vector<model::Realm>& realms);
  Status reload(model::RealmId realm);
  /// Null when the realm is unknown.
  std::shared_ptr<const RealmKeys> realm(model::RealmId realm) const;

  /// Changes that give a new realm its first keys: a signing key of `alg`, an HS512 one for refresh JWTs, a MAC key for opaque refresh tokens.
  Result<std::vector<store::Change>> first_keys(model::RealmId realm, std::string_view alg, TimePoint now) const;
  /// A new key of `alg`, published for others to fetch but not signing yet.
  Result<store::KeyRecord> make_key(model::RealmId realm, std::string_view alg, store::KeyRecord::State state, TimePoint now) const;
  /// Promotes the newest published key of `alg` (or a fresh one) to signing and the present one to verify-only until `longest_token_s` from now.
  Result<std::vector<store::Change>> rotate(model::RealmId realm, std::string_view alg, std::int64_t verify_until_s, TimePoint now) const;
  /// Takes a verify-only key away. Errors: key_in_use while its tokens may live, unless `compromised` (then with a Revoke of kind key).
  Result<std::vector<store::Change>> remove(model::RealmId realm, std::string_view kid, bool compromised, TimePoint now) const;

 private:
  using Snapshot = std::unordered_map<model::RealmId, std::shared_ptr<const RealmKeys>>;
  Result<std::shared_ptr<const RealmKeys>> build(model::RealmId realm) const;

  store::ConfigStore& store_;
  const Sealer& sealer_;
  std::atomic<std::shared_ptr<const Snapshot>> snapshot_;
};

}  // namespace tessera::keys
