// User authentication by password with a guard against guessing: the same for every way in that takes one.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/name_hash.h"
#include "base/result.h"
#include "base/secret.h"
#include "model/realm.h"
#include "model/user.h"
#include "policy/throttle.h"
#include "revocation/revocations.h"
#include "sessions/passwords.h"
#include "store/store.h"

namespace tessera::users {

/// For whom there is a record: the name is its, not what was typed.
std::unexpected<Error> refuse(Reason reason, const model::User& user);

/// Safe from any thread.
class UserGate {
 public:
  UserGate(store::ConfigStore& config, const sessions::Passwords& passwords, policy::Throttle& throttle,
           revocation::Revocations& revocations)
      : config_(config), passwords_(passwords), throttle_(throttle), revocations_(revocations) {}

  /// The user, if the password is right; whether the account may be used is the caller's question, once this was answered. Unknown, wrong
  /// and locked all cost one hash, a locked user's the same as before it was locked, and the attempt is counted before it. Errors:
  /// password_too_long, would_hash on any other lane, user_unknown, user_locked, user_password_wrong; the store's.
  Result<std::shared_ptr<const model::User>> authenticate(const model::Realm& realm, std::string_view username, const Secret& password,
                                                          const Turn& turn) const;

  /// A record made at other parameters is made anew while the password is at hand, unless it was changed meanwhile. A failure is no
  /// reason to refuse the login.
  void rehash_if_outdated(const model::User& user, const Secret& password, const std::string& request_id, const Turn& turn) const;

 private:
  store::ConfigStore& config_;
  const sessions::Passwords& passwords_;
  policy::Throttle& throttle_;
  revocation::Revocations& revocations_;
  base::NameHash names_;
};

}  // namespace tessera::users
