#include "admin/views.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value_from.hpp>

#include "admin/policy_fields.h"
#include "base/timestamp.h"
#include "jose/json.h"

namespace tessera::admin {
namespace {

namespace json = boost::json;

/// An instant in seconds; null for 0, "none".
json::value instant(std::int64_t at_s) {
  if (at_s == 0) return nullptr;
  return json::value(base::format_timestamp(base::from_s(at_s)));
}
json::value instant(TimePoint at) { return json::value(base::format_timestamp(at)); }

template <class Policy>
void add_fields(json::object& shown, const Policy& policy) {
  for (const auto& field : fields_of<Policy>()) shown[field.name] = field.show(policy);
}

constexpr std::string_view kKeyStates[] = {"", "published", "signing", "verify-only", "gone"};

}  // namespace

json::value view_of(const model::Realm& realm) {
  json::object shown{{"name", realm.name}, {"enabled", realm.enabled}, {"not_before", instant(realm.not_before_s)}};
  add_fields(shown, realm.policy);
  json::array roles;
  for (const auto& role : realm.policy.roles) {
    json::object one{{"name", role.name}, {"permissions", json::value_from(role.permissions)}};
    if (!role.client.empty()) one["client"] = role.client;
    roles.push_back(std::move(one));
  }
  shown["roles"] = std::move(roles);
  return shown;
}

json::value view_of(const model::Client& client) {
  json::object shown{{"id", client.client_id},
                     {"enabled", client.enabled},
                     {"public", client.is_public},
                     {"not_before", instant(client.not_before_s)},
                     {"longest_expiry", instant(client.max_expiry_s)}};
  add_fields(shown, *client.policy);
  return shown;
}

json::value view_of(const model::ClientSecret& secret) {
  return {{"id", secret.handle.str()},
          {"hint", secret.hint},
          {"imported", secret.scheme == model::ClientSecret::Scheme::hmac_pepper},
          {"created_at", instant(secret.created_at)},
          {"expires_at", instant(secret.expires_at_s)},
          {"last_used_at", instant(secret.last_used_at_s)}};
}

json::value view_of(const model::InitialAccessToken& token) {
  return json::object{{"id", token.handle.str()},
                      {"uses_left", token.uses_left},
                      {"created_at", instant(token.created_at)},
                      {"expires_at", instant(token.expires_at_s)}};
}

json::value view_of(const model::User& user) {
  json::object shown{{"username", user.username},
                     {"sub", user.handle.uuid()},
                     {"enabled", user.enabled},
                     {"has_password", !user.password_record.empty()},
                     {"not_before", instant(user.not_before_s)}};
  add_fields(shown, user.profile);
  return shown;
}

json::value view_of(const model::Session& session) {
  return {{"id", session.handle.uuid()},
          {"created_at", instant(session.created_at)},
          {"last_used_at", instant(session.last_used_at)},
          {"expires_at", instant(session.expires_at_s)},
          {"ended", session.ended}};
}

json::value view_of(const ConsentView& view) {
  return {{"id", view.consent.handle.uuid()},
          {"client_id", view.client_id},
          {"scope", view.consent.scope},
          {"remembered", view.consent.remembered_scope},
          {"granted_at", instant(view.consent.granted_at)}};
}

json::value view_of(const KeyView& view) {
  const auto& key = view.key;
  return {{"id", key.kid},
          {"alg", key.alg},
          {"use", key.use},
          {"state", kKeyStates[static_cast<std::size_t>(key.state)]},
          {"created_at", instant(key.created_at)},
          {"verifies_until", instant(key.verify_until_s)},
          {"next_state_at", instant(view.next_state_at_s)}};
}

json::value view_of(const Resealed& resealed) {
  const auto next = [&]() -> std::string_view {
    // With one key it was no rotation: nothing may be removed.
    if (resealed.master_keys == 1)
      return "all are sealed under the one master key that there is; to rotate it, put a new one before it, restart, and reseal again";
    if (resealed.resealed == 0)
      return "all were sealed under the first master key before: if that is the old one, put the new one above it, restart, and reseal "
             "again; "
             "else remove the others, and restart";
    return "all are sealed under the first master key: remove the others, and restart; backups from before still need them";
  };
  return {{"resealed", resealed.resealed}, {"values", resealed.values}, {"next", next()}};
}

json::value view_of(const TokenReport& report) {
  json::object shown{{"kind", report.kind},
                     {"lives", report.lives},
                     {"reason", report.reason.empty() ? json::value(nullptr) : json::value(report.reason)},
                     {"explanation", report.lives ? "It is in force." : std::string_view(report.explanation)},
                     {"realm", report.realm.empty() ? json::value(nullptr) : json::value(report.realm)},
                     {"expires_at", instant(report.expires_at_s)}};
  if (auto claims = jose::parse_json(report.claims_json); !report.claims_json.empty() && claims) shown["claims"] = std::move(*claims);
  return shown;
}

json::value view_of(const HealthFinding& finding) { return {{"level", finding.level}, {"what", finding.what}, {"todo", finding.todo}}; }

json::value view_of(const RealmPlan& plan) {
  json::array lines;
  for (const auto& line : plan.lines) lines.push_back({{"sign", std::string(1, line.sign)}, {"text", line.text}});
  return {{"realm", plan.realm.name}, {"lines", std::move(lines)}};
}

}  // namespace tessera::admin
