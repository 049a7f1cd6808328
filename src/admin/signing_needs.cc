#include "admin/signing_needs.h"

#include <algorithm>

#include "admin/ending.h"

namespace tessera::admin {
namespace {

constexpr std::string_view kOpenid = "openid";

bool has_openid(const std::vector<std::string>& scopes) { return std::find(scopes.begin(), scopes.end(), kOpenid) != scopes.end(); }

Result<std::set<std::string>> algs_of_clients(const Services& services, const model::Realm& realm) {
  std::set<std::string> algs;
  for (const auto& policy : TRY(services.config.policies_in_use(realm.id))) add_algs(policy, algs);
  return algs;
}

Status complete_keys_of(const Services& services, const model::Realm& realm) {
  const TimePoint now = services.clock.now();
  const auto missing = missing_algs(TRY(services.config.keys(realm.id)), TRY(algs_of_clients(services, realm)));
  if (missing.empty()) return {};
  for (const auto& alg : missing) {
    auto audit = audit_of(realm.id, now, "key.add", "realm:" + realm.name, {{"alg", alg}});
    audit.actor = "server";
    const auto changes = TRY(services.keyring.rotate(realm.id, alg, base::to_s(now), now));
    TRY(services.revocations.commit(turn_of(services), changes, {audit}));
  }
  return services.keyring.reload(realm);
}

}  // namespace

void add_algs(const model::ClientPolicy& policy, std::set<std::string>& algs) {
  // No ID token, and no userinfo, without that scope.
  if (!has_openid(policy.scopes)) return;
  algs.insert(policy.id_token_signed_response_alg);
  if (!policy.userinfo_signed_response_alg.empty()) algs.insert(policy.userinfo_signed_response_alg);
}

std::vector<std::string> missing_algs(const std::vector<store::KeyRecord>& keys, const std::set<std::string>& algs) {
  std::vector<std::string> missing;
  for (const auto& alg : algs) {
    const auto signs = [&](const auto& key) { return key.alg == alg && key.state == store::KeyRecord::State::signing; };
    if (std::none_of(keys.begin(), keys.end(), signs)) missing.push_back(alg);
  }
  return missing;
}

Status complete_keys(const Services& services) {
  for (const auto& realm : TRY(services.config.realms()))
    if (has_openid(realm.policy.scopes)) TRY(complete_keys_of(services, realm));
  return {};
}

}  // namespace tessera::admin
