// The keys of every realm: published -> signing -> verify-only -> gone.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
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

/// Lets a map of texts be asked with a view.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
template <class T>
using ByText = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;

/// The alg of the secret that pairwise subjects are made with. It is for life: with another, clients would know their users no more.
inline constexpr std::string_view kPairwise = "pairwise";

/// What one realm needs to mint and verify, as of one moment. Immutable.
struct RealmKeys {
  struct Signing {
    jose::JwtBuilder access;  ///< typ "at+jwt"
    jose::JwtBuilder plain;   ///< typ "JWT": Keycloak's access, ID and HS512 refresh tokens
  };
  /// What signs by `alg` now, valid while these keys are held. Errors: key_missing, with the realm's name.
  Result<const Signing*> signing_by(std::string_view alg) const;

  std::string realm;                                  ///< the realm's name
  ByText<std::shared_ptr<const Signing>> signing;     ///< by alg name
  ByText<jose::VerifyKey> verify;                     ///< by kid: published, signing, verify-only; HS512 among them
  ByText<std::shared_ptr<const Secret>> refresh_mac;  ///< by kid: master secrets of opaque refresh tokens
  std::string refresh_mac_kid;                        ///< the one in use
  std::shared_ptr<const Secret> pairwise;             ///< what pairwise subjects are made with; null where no client has them
  std::string jwks;                                   ///< the JWK Set as served (RFC 7517, 5): never HS512, never `gone`
  std::string certified_jwks;                         ///< the same with a certificate for each RSA key, as Keycloak serves it
};

/// Safe from any thread. A lookup copies one pointer; what it points to never changes.
class Keyring {
 public:
  Keyring(store::ConfigStore& store, const Sealer& sealer);

  /// Reads and unseals every realm's keys. Errors: store_unavailable; config_invalid when the master key of one is not here; store_corrupt
  /// when one was changed.
  Status load(const std::vector<model::Realm>& realms);
  Status reload(const model::Realm& realm);
  /// Null when the realm is unknown.
  std::shared_ptr<const RealmKeys> realm(model::RealmId realm) const;
  /// The same for a realm that has to have some. Errors: key_missing.
  Result<std::shared_ptr<const RealmKeys>> require(const model::Realm& realm) const;

  /// Changes that give a new realm its first keys: a signing key of `alg`, an HS512 one for refresh JWTs, a MAC key for opaque refresh
  /// tokens.
  Result<std::vector<store::Change>> first_keys(model::RealmId realm, std::string_view alg, TimePoint now) const;
  /// A new key of `alg`, kPairwise among them, in that state; `published` is for others to fetch but not signing yet.
  Result<store::KeyRecord> make_key(model::RealmId realm, std::string_view alg, store::KeyRecord::State state, TimePoint now) const;
  /// Promotes the newest published key of `alg` (or a fresh one) to signing and the present one to verify-only until
  /// `verify_until_s`, when the last token that it signed has expired.
  Result<std::vector<store::Change>> rotate(model::RealmId realm, std::string_view alg, std::int64_t verify_until_s, TimePoint now) const;
  /// After a restore: a signing key for each kind of which every key has gone since the backup.
  Result<std::vector<store::Change>> replace_gone(model::RealmId realm, TimePoint now) const;
  /// Takes a key away and its private part with it. A compromised one goes at once, with a Revoke of kind key, and a signing one has its
  /// successor in the same changes. Errors: record_missing; key_in_use for one that signs, or whose tokens may live (the context says
  /// which), unless `compromised`, and always for that of pairwise subjects.
  Result<std::vector<store::Change>> remove(model::RealmId realm, std::string_view kid, bool compromised, TimePoint now) const;

 private:
  Result<std::shared_ptr<const RealmKeys>> build(const model::Realm& realm) const;

  store::ConfigStore& store_;
  const Sealer& sealer_;
  std::mutex loading_;  ///< one at a time: what was read earlier never replaces what was read later
  mutable std::shared_mutex mutex_;
  std::unordered_map<model::RealmId, std::shared_ptr<const RealmKeys>> realms_;
};

}  // namespace tessera::keys
