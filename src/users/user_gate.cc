#include "users/user_gate.h"

namespace tessera::users {

std::unexpected<Error> refuse(Reason reason, const model::User& user) {
  return std::unexpected(Error{.reason = reason, .context = user.username, .user = user.handle});
}

Result<std::shared_ptr<const model::User>> UserGate::authenticate(const model::Realm& realm, std::string_view username,
                                                                  const Secret& password, const Turn& turn) const {
  if (password.size() > sessions::kPasswordBytesMax) return fail(Reason::password_too_long);
  if (turn.lane != Lane::hash) return fail(Reason::would_hash);
  const std::string who = realm.name + '/' + model::username_key(username);
  // Read from the store each time: from memory, who exists would be told by coming sooner.
  auto user = config_.find_user(turn, realm.id, username);
  if (!user && user.error().reason != Reason::record_missing) return std::unexpected(user.error());
  const bool locked = throttle_.wait_s(policy::Guessed::user, who, turn.now) > 0;
  // An attempt during the wait is refused unseen; it must not lengthen the wait, or anyone could lock a user out for good.
  if (!locked) throttle_.count_failure(who, turn.now);
  const std::string_view record = user ? std::string_view(user->password_record) : std::string_view();
  const bool right = passwords_.verify(record, {realm.id, username}, password);
  // Never the name itself: people type passwords into the field beside.
  if (!user) return fail(Reason::user_unknown, names_.unknown(who));
  if (locked) return refuse(Reason::user_locked, *user);
  if (!right) return refuse(Reason::user_password_wrong, *user);
  throttle_.clear_failures(policy::Guessed::user, who);
  return std::make_shared<const model::User>(std::move(*user));
}

void UserGate::rehash_if_outdated(const model::User& user, const Secret& password, const std::string& request_id, const Turn& turn) const {
  if (!passwords_.outdated(user.password_record)) return;
  auto record = passwords_.hash(password);
  if (!record) return;
  const store::AuditRecord audit{.realm = user.realm,
                                 .at = turn.now,
                                 .actor = "server",
                                 .action = "user.rehash",
                                 .object = "user:" + user.username,
                                 .request_id = request_id,
                                 .detail = "{}"};
  (void)revocations_.commit(turn, {store::ReplacePasswordRecord{user.handle, user.password_record, std::move(*record)}}, {audit});
}

}  // namespace tessera::users
