// Users and their sessions.
#include <fmt/format.h>

#include <algorithm>

#include "admin/ending.h"
#include "admin/operations.h"
#include "base/base64url.h"
#include "base/random.h"
#include "sessions/keycloak_credential.h"
#include "sessions/password_record.h"

namespace tessera::admin {
namespace {

using model::RevocationKind;

/// 144 random bits.
Secret make_password() { return Secret(base::base64url_encode(base::random_secret(18).reveal())); }

/// A record as we keep it, of either form that is taken.
Result<std::string> record_of(std::string_view text) {
  const auto start = text.find_first_not_of(" \t\r\n");
  if (start != std::string_view::npos && text[start] == '{') return sessions::record_of_keycloak_credential(text);
  TRY(sessions::read_record(text, sessions::RecordOrigin::imported));
  return std::string(text);
}

std::string object_of(const model::User& user) { return "user:" + user.username; }

}  // namespace

Result<std::vector<model::User>> Operations::list_users(std::string_view realm, const store::Page& page) {
  const auto found = TRY(find_realm(realm));
  return services_.config.list_users(found.id, page);
}

Result<model::User> Operations::show_user(std::string_view realm, std::string_view username) {
  return find_user(TRY(find_realm(realm)), username);
}

Status Operations::add_user(std::string_view realm_name, std::string_view username, const model::UserProfile& profile) {
  const auto realm = TRY(find_realm(realm_name));
  if (!is_username(username))
    return fail(Reason::config_invalid,
                fmt::format("\"{}\" is no user name: write 1 to 255 of lower-case letters, digits, . _ ~ - @ +", username));
  for (const auto& name : profile.roles) {
    const auto& roles = realm.policy.roles;
    if (std::none_of(roles.begin(), roles.end(), [&](const auto& role) { return role.name == name; }))
      return fail(Reason::config_invalid,
                  fmt::format("no role \"{}\" in realm {}; `tessera realm show {}` lists them", name, realm.name, realm.name));
  }
  const auto existing = services_.config.find_user(turn_of(services_), realm.id, username);
  if (existing)
    return fail(Reason::record_conflict, fmt::format("user {} exists already; `tessera user set-password {} {}` gives a new password",
                                                     username, realm.name, username));
  if (existing.error().reason != Reason::record_missing) return std::unexpected(existing.error());
  const model::User user{.handle = Handle::random(), .realm = realm.id, .username = std::string(username), .profile = profile};
  return commit({store::PutUser{user}}, audit_of(realm.id, services_.clock.now(), "user.add", object_of(user)));
}

Result<std::optional<Secret>> Operations::set_password(std::string_view realm_name, std::string_view username,
                                                       std::optional<Secret> password) {
  const auto realm = TRY(find_realm(realm_name));
  auto user = TRY(find_user(realm, username));
  const bool generated = !password;
  if (generated) password = make_password();
  if (password->empty() || password->size() > sessions::kPasswordBytesMax)
    return fail(Reason::config_invalid, fmt::format("the password must have 1 to {} bytes", sessions::kPasswordBytesMax));
  const bool replaces = !user.password_record.empty();
  user.password_record = TRY(services_.passwords.hash(*password));
  const TimePoint now = services_.clock.now();
  std::vector<store::Change> changes{store::PutUser{user}};
  if (replaces) changes.push_back(revoke(RevocationKind::user, user.handle, last_expiry_s(realm, now)));
  TRY(commit(changes, audit_of(realm.id, now, "user.set_password", object_of(user), {{"generated", generated}})));
  return generated ? std::move(password) : std::nullopt;
}

Status Operations::import_password(std::string_view realm_name, std::string_view username, const Secret& text) {
  const auto realm = TRY(find_realm(realm_name));
  auto user = TRY(find_user(realm, username));
  auto record = record_of(text.reveal());
  if (!record)
    return fail(Reason::config_invalid, fmt::format("{}; pipe in a record or Keycloak's credential, or make a new password: `tessera user "
                                                    "set-password {} {}`",
                                                    record.error().context, realm.name, user.username));
  if (user.password_record == *record) return {};
  const bool replaces = !user.password_record.empty();
  user.password_record = *std::move(record);
  const TimePoint now = services_.clock.now();
  std::vector<store::Change> changes{store::PutUser{user}};
  if (replaces) changes.push_back(revoke(RevocationKind::user, user.handle, last_expiry_s(realm, now)));
  return commit(changes,
                audit_of(realm.id, now, "user.import_password", object_of(user), {{"cost", sessions::cost_of(user.password_record)}}));
}

Status Operations::enable_user(std::string_view realm_name, std::string_view username, bool enabled) {
  const auto realm = TRY(find_realm(realm_name));
  return repeat_on_conflict([&]() -> Status {
    const auto before = TRY(find_user(realm, username));
    if (before.enabled == enabled) return {};
    auto user = before;
    user.enabled = enabled;
    const TimePoint now = services_.clock.now();
    std::vector<store::Change> changes{store::PutUser{.user = user, .was = before, .keeps_password = true}};
    if (!enabled) changes.push_back(suspend(RevocationKind::user, user.handle, last_expiry_s(realm, now)));
    return commit(changes, audit_of(realm.id, now, enabled ? "user.enable" : "user.disable", object_of(user)));
  });
}

Status Operations::end_sessions(std::string_view realm_name, std::string_view username) {
  const auto realm = TRY(find_realm(realm_name));
  const auto user = TRY(find_user(realm, username));
  const TimePoint now = services_.clock.now();
  return commit({revoke(RevocationKind::user, user.handle, last_expiry_s(realm, now))},
                audit_of(realm.id, now, "user.end_sessions", object_of(user)));
}

Status Operations::remove_user(std::string_view realm_name, std::string_view username) {
  const auto realm = TRY(find_realm(realm_name));
  const auto user = TRY(find_user(realm, username));
  const TimePoint now = services_.clock.now();
  return commit({revoke(RevocationKind::user, user.handle, last_expiry_s(realm, now)), store::RemoveUser{user.handle}},
                audit_of(realm.id, now, "user.remove", object_of(user)));
}

Result<std::vector<model::Session>> Operations::list_sessions(std::string_view realm_name, std::string_view username) {
  const auto realm = TRY(find_realm(realm_name));
  const auto user = TRY(find_user(realm, username));
  return services_.sessions.sessions_of(user.handle);
}

Status Operations::end_session(std::string_view realm_name, std::string_view id) {
  const auto realm = TRY(find_realm(realm_name));
  const auto missing = [&] {
    return fail(Reason::record_missing,
                fmt::format("no session \"{}\" in realm {}; `tessera session list {} USER` shows the ids", id, realm.name, realm.name));
  };
  const auto handle = Handle::parse(id);
  if (!handle) return missing();
  const auto session = services_.sessions.find_session(turn_of(services_), *handle);
  if (!session && session.error().reason != Reason::record_missing && session.error().reason != Reason::session_ended)
    return std::unexpected(session.error());
  if (!session || session->realm != realm.id) return missing();
  const TimePoint now = services_.clock.now();
  return commit({revoke(RevocationKind::session, session->handle, base::to_s(now))},
                audit_of(realm.id, now, "session.end", "session:" + session->handle.uuid()));
}

Result<std::vector<ConsentView>> Operations::list_consents(std::string_view realm_name, std::string_view username) {
  const auto realm = TRY(find_realm(realm_name));
  const auto user = TRY(find_user(realm, username));
  std::vector<ConsentView> views;
  for (auto& consent : TRY(services_.authorizations.consents_of(user.handle))) {
    const auto client = TRY(services_.config.find_client(turn_of(services_), consent.client));
    views.push_back({std::move(consent), client.client_id});
  }
  return views;
}

Status Operations::withdraw_consent(std::string_view realm_name, std::string_view username, std::string_view id) {
  const auto realm = TRY(find_realm(realm_name));
  const auto user = TRY(find_user(realm, username));
  const auto handle = Handle::parse(id);
  const auto consents = TRY(services_.authorizations.consents_of(user.handle));
  if (!handle || std::ranges::find(consents, *handle, &model::Consent::handle) == consents.end())
    return fail(Reason::record_missing, fmt::format("no consent \"{}\" of user {}; `tessera consent list {} {}` shows the ids", id,
                                                    user.username, realm.name, user.username));
  return commit({revoke(RevocationKind::consent, *handle, base::to_s(services_.clock.now()))},
                audit_of(realm.id, services_.clock.now(), "consent.withdraw", "consent:" + handle->uuid()));
}

}  // namespace tessera::admin
