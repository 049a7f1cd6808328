// What lets clients register themselves (RFC 7591, 1.2).
#include <fmt/format.h>

#include <algorithm>

#include "admin/ending.h"
#include "admin/operations.h"
#include "base/digest.h"
#include "clients/secret_text.h"

namespace tessera::admin {
namespace {

constexpr std::int64_t kUsesMax = 10'000;
constexpr std::int64_t kUsualLifeS = 86'400;

std::string object_of(const model::InitialAccessToken& token) { return "initial-access-token:" + token.handle.str(); }

}  // namespace

Result<std::vector<model::InitialAccessToken>> Operations::list_initial_access_tokens(std::string_view realm_name) {
  const auto realm = TRY(find_realm(realm_name));
  return services_.registrations.initial_access_tokens(turn_of(services_), realm.id);
}

Result<IssuedInitialAccessToken> Operations::add_initial_access_token(std::string_view realm_name, std::int64_t expires_at_s,
                                                                      std::int64_t uses) {
  const auto realm = TRY(find_realm(realm_name));
  const TimePoint now = services_.clock.now();
  if (realm.policy.registration_template.empty())
    return fail(Reason::config_invalid,
                fmt::format("realm {} lets no client register itself; set registration_template in its file and apply it", realm.name));
  if (uses < 1 || uses > kUsesMax) return fail(Reason::config_invalid, "a token is good for 1 to 10,000 uses; give another --uses");
  if (expires_at_s == 0) expires_at_s = base::to_s(now) + kUsualLifeS;
  if (expires_at_s <= base::to_s(now)) return fail(Reason::config_invalid, "the token would expire in the past; give a later --expires");
  IssuedInitialAccessToken made{.record = {}, .text = clients::new_secret_text(clients::kInitialAccessTokenPrefix)};
  made.record = {.handle = Handle::random(),
                 .realm = realm.id,
                 .digest = base::sha256(made.text.reveal()),
                 .created_at = now,
                 .expires_at_s = expires_at_s,
                 .uses_left = uses};
  TRY(commit({store::AddInitialAccessToken{made.record}},
             audit_of(realm.id, now, "initial-access-token.add", object_of(made.record), {{"uses", uses}})));
  return made;
}

Status Operations::withdraw_initial_access_token(std::string_view realm_name, std::string_view id) {
  const auto tokens = TRY(list_initial_access_tokens(realm_name));
  const auto found = std::find_if(tokens.begin(), tokens.end(), [&](const auto& token) { return token.handle.str() == id; });
  if (found == tokens.end())
    return fail(Reason::record_missing, fmt::format("realm {} has no initial access token \"{}\" that could be spent; `tessera "
                                                    "initial-access-token list {}` shows the ids",
                                                    realm_name, id, realm_name));
  return commit({store::WithdrawInitialAccessToken{found->handle}},
                audit_of(found->realm, services_.clock.now(), "initial-access-token.withdraw", object_of(*found)));
}

}  // namespace tessera::admin
