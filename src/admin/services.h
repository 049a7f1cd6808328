#pragma once

#include <functional>
#include <string>

#include "base/clock.h"
#include "clients/directory.h"
#include "clients/secrets.h"
#include "keys/keyring.h"
#include "keys/sealer.h"
#include "revocation/revocations.h"
#include "sessions/passwords.h"
#include "store/store.h"

namespace tessera::admin {

/// What the operations are carried out on; whoever builds them owns it all.
struct Services {
  store::ConfigStore& config;
  store::SessionStore& sessions;
  store::AuthorizationStore& authorizations;
  store::RegistrationStore& registrations;
  revocation::Revocations& revocations;
  clients::Directory& directory;
  keys::Keyring& keyring;
  const keys::Sealer& sealer;
  const clients::SecretHasher& hasher;
  const sessions::Passwords& passwords;
  const Clock& clock;
  std::string base_url;  ///< issuers are made from it
  /// config_invalid while the first master key, where it is kept, is another than was read at the start.
  std::function<Status()> require_first_key_read;
  /// Whether what takes long should end at its next resting place.
  std::function<bool()> is_stopping = [] { return false; };
};

/// What was read may be another by the commit: a client manages itself, a user chooses a password. Then it is read again, a few times.
template <class Attempt>
Status repeat_on_conflict(const Attempt& attempt) {
  constexpr int kTries = 3;
  for (int tries = 1;; ++tries) {
    Status done = attempt();
    if (done || done.error().reason != Reason::record_conflict || tries == kTries) return done;
  }
}

/// Administration runs on a worker that may hash.
inline Turn turn_of(const Services& services) { return {services.clock.now(), Lane::hash}; }

}  // namespace tessera::admin
