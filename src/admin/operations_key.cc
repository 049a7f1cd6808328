// Signing keys: published -> signing -> verify-only -> gone.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "admin/ending.h"
#include "admin/operations.h"
#include "keys/sealed_values.h"
#include "keys/server_secrets.h"
#include "store/each.h"

namespace tessera::admin {
namespace {

/// Refresh tokens may live until they are revoked: what proves them is kept, and goes only by hand.
constexpr std::int64_t kRefreshKeyS = 100 * 31'536'000LL;

/// Of one transaction: no other write waits long.
constexpr std::size_t kResealBatch = 1'000;

bool signs_refresh_tokens(std::string_view alg) { return alg == "HS512" || alg == "refresh"; }

Status require_alg(std::string_view alg) {
  if (jose::is_public_alg(alg) || signs_refresh_tokens(alg)) return {};
  return fail(Reason::config_invalid, fmt::format("no algorithm \"{}\"; write {}, or for refresh tokens HS512 or refresh", alg,
                                                  fmt::join(jose::kPublicAlgs, ", ")));
}

}  // namespace

Result<std::int64_t> Operations::verify_until_s(const model::Realm& realm) {
  const TimePoint now = services_.clock.now();
  std::int64_t longest_s = base::to_s(now) + realm.policy.session_max_s;
  TRY(store::for_each_client(services_.config, realm.id,
                             [&](const model::Client& client) { longest_s = std::max(longest_s, last_expiry_s(client, now)); }));
  return longest_s;
}

Result<std::vector<KeyView>> Operations::list_keys(std::string_view name) {
  const auto realm = TRY(find_realm(name));
  const auto keys = TRY(services_.config.keys(realm.id));
  std::vector<KeyView> views;
  for (const auto& key : keys) views.push_back({key, keys::next_state_at_s(realm.policy, keys, key)});
  return views;
}

Result<std::string> Operations::add_key(std::string_view realm_name, std::string_view alg) {
  const auto realm = TRY(find_realm(realm_name));
  TRY(require_alg(alg));
  const TimePoint now = services_.clock.now();
  const auto key = TRY(services_.keyring.make_key(realm.id, alg, store::KeyRecord::State::published, now));
  TRY(commit({store::PutKey{key}}, audit_of(realm.id, now, "key.add", "key:" + key.kid, {{"alg", alg}})));
  TRY(services_.keyring.reload(realm));
  return key.kid;
}

Status Operations::rotate_key(std::string_view realm_name, std::string_view alg) {
  const auto realm = TRY(find_realm(realm_name));
  const std::string_view rotated = alg.empty() ? std::string_view(realm.policy.signing_alg) : alg;
  TRY(require_alg(rotated));
  const TimePoint now = services_.clock.now();
  const std::int64_t verify_until_s = signs_refresh_tokens(rotated) ? base::to_s(now) + kRefreshKeyS : TRY(this->verify_until_s(realm));
  const auto changes = TRY(services_.keyring.rotate(realm.id, rotated, verify_until_s, now));
  TRY(commit(changes, audit_of(realm.id, now, "key.rotate", "realm:" + realm.name, {{"alg", rotated}})));
  return services_.keyring.reload(realm);
}

Status Operations::remove_key(std::string_view realm_name, std::string_view kid, bool compromised) {
  const auto realm = TRY(find_realm(realm_name));
  const auto keys = TRY(services_.config.keys(realm.id));
  if (std::none_of(keys.begin(), keys.end(), [&](const auto& key) { return key.kid == kid; }))
    return fail(Reason::record_missing,
                fmt::format("no key \"{}\" in realm {}; `tessera key list {}` shows the ids", kid, realm.name, realm.name));
  const TimePoint now = services_.clock.now();
  const auto changes = services_.keyring.remove(realm.id, kid, compromised, now);
  if (!changes && changes.error().reason == Reason::key_in_use)
    return fail(Reason::key_in_use, fmt::format("key {} is still needed: {}; with --compromised it goes at once, and its tokens die", kid,
                                                changes.error().context));
  if (!changes) return std::unexpected(changes.error());
  TRY(commit(*changes, audit_of(realm.id, now, "key.remove", "key:" + std::string(kid), {{"compromised", compromised}})));
  return services_.keyring.reload(realm);
}

Result<int> Operations::rotate_due_keys(TimePoint now, int limit) {
  int taken = 0;
  for (const auto& realm : TRY(services_.config.realms())) {
    if (realm.policy.key_rotation_every_s == 0) continue;
    for (const auto& step : keys::due_steps(realm.policy, TRY(services_.config.keys(realm.id)), base::to_s(now))) {
      if (taken == limit) return taken;
      TRY(take_step(realm, step, now));
      ++taken;
    }
  }
  return taken;
}

Status Operations::take_step(const model::Realm& realm, const keys::RotationStep& step, TimePoint now) {
  using What = keys::RotationStep::What;
  auto audit = audit_of(realm.id, services_.clock.now(), "key.rotate", "realm:" + realm.name, {{"alg", step.alg}});
  audit.actor = "server";
  std::vector<store::Change> changes;
  if (step.what == What::promote) {
    const std::int64_t until_s = TRY(verify_until_s(realm));
    changes = TRY(services_.keyring.rotate(realm.id, step.alg, until_s, now));
  } else if (step.what == What::publish) {
    auto key = TRY(services_.keyring.make_key(realm.id, step.alg, store::KeyRecord::State::published, now));
    audit.action = "key.add";
    audit.object = "key:" + key.kid;
    changes.push_back(store::PutKey{std::move(key)});
  } else {
    changes = TRY(services_.keyring.remove(realm.id, step.kid, false, now));
    audit.action = "key.remove";
    audit.object = "key:" + step.kid;
  }
  TRY(commit(changes, audit));
  return services_.keyring.reload(realm);
}

Result<Resealed> Operations::reseal() {
  // Under a key that is not the first any more it would be done for nothing, and be taken for done.
  TRY(services_.require_first_key_read());
  const auto changes = TRY(keys::reseal(services_.config, services_.sealer));
  for (std::size_t first = 0; first < changes.size(); first += kResealBatch) {
    const auto count = std::min(kResealBatch, changes.size() - first);
    const auto from = changes.begin() + static_cast<std::ptrdiff_t>(first);
    TRY(commit({from, from + static_cast<std::ptrdiff_t>(count)},
               audit_of(keys::kServerRealm, services_.clock.now(), "key.reseal", "server", {{"values", count}})));
  }
  // Counted as it is stored, not as it was meant: by this the old key is thrown away.
  const auto count = TRY(keys::count_sealed(services_.config, services_.sealer));
  if (count.outdated > 0) return fail(Reason::internal, fmt::format("{} values are still sealed under another master key", count.outdated));
  return Resealed{.resealed = changes.size(), .values = count.values, .master_keys = services_.sealer.master_keys()};
}

}  // namespace tessera::admin
