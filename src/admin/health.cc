#include "admin/health.h"

#include <fmt/format.h>

#include <algorithm>

#include "admin/signing_needs.h"
#include "base/timestamp.h"
#include "jose/jwk.h"
#include "keys/rotation.h"
#include "keys/sealed_values.h"

namespace tessera::admin {
namespace {

using Findings = std::vector<HealthFinding>;
using State = store::KeyRecord::State;

constexpr std::int64_t kKeyAgeMaxS = 366 * 86'400LL;
constexpr std::int64_t kClockSlackS = 60;
/// Enough to tell of what is unsafe; nobody reads more lines.
constexpr int kClientsMax = 10'000;
constexpr int kPageRows = 500;

void add(Findings& findings, std::string_view level, std::string what, std::string todo = "") {
  findings.push_back({level, std::move(what), std::move(todo)});
}

void check_keys(Findings& findings, const model::Realm& realm, const std::vector<store::KeyRecord>& keys, TimePoint now) {
  if (!keys::newest(keys, realm.policy.signing_alg, State::signing))
    add(findings, "fail", fmt::format("realm {} has no {} key to sign with", realm.name, realm.policy.signing_alg),
        fmt::format("`tessera key rotate {}` makes one", realm.name));
  for (const auto alg : jose::kPublicAlgs) {
    const auto* const signing = keys::newest(keys, alg, State::signing);
    if (!signing) continue;
    if (base::to_s(now) - base::to_s(signing->created_at) <= kKeyAgeMaxS)
      add(findings, "ok", fmt::format("realm {} signs with {} ({})", realm.name, signing->kid, alg));
    else
      add(findings, "warn",
          fmt::format("realm {} signs with a key from {} ({})", realm.name, base::format_timestamp(signing->created_at), alg),
          fmt::format("`tessera key rotate {} --alg {}`, or a key_rotation_every for the realm", realm.name, alg));
  }
}

/// When anything that is on record happened last.
Result<TimePoint> newest_record(const Services& services, const std::vector<model::Realm>& realms) {
  TimePoint newest{};
  for (const auto& realm : realms) {
    for (const auto& record : TRY(services.config.audit_tail(realm.id, 1))) newest = std::max(newest, record.at);
    for (const auto& key : TRY(services.config.keys(realm.id))) newest = std::max(newest, key.created_at);
  }
  return newest;
}

/// A clock that runs behind the store's own records would give tokens and records times that have passed.
void check_clock(Findings& findings, TimePoint newest, TimePoint now) {
  const std::string says = fmt::format("the clock says {}", base::format_timestamp(now));
  if (base::to_s(newest) <= base::to_s(now) + kClockSlackS) return add(findings, "ok", says + ", and the store has seen nothing later");
  add(findings, "fail", fmt::format("{}, but the store was changed at {}", says, base::format_timestamp(newest)),
      "set the clock (chrony or systemd-timesyncd) before you serve");
}

Status check_sealing(Findings& findings, const Services& services) {
  if (const auto read = services.require_first_key_read(); !read)
    add(findings, "warn", read.error().context, "`tessera key reseal` is refused until then");
  const auto count = TRY(keys::count_sealed(services.config, services.sealer));
  if (count.outdated > 0)
    add(findings, "warn",
        fmt::format("{} of {} sealed values need a master key that is not the first: it can't be removed yet", count.outdated,
                    count.values),
        "`tessera key reseal`");
  else if (services.sealer.master_keys() > 1)
    add(findings, "ok", fmt::format("all {} sealed values are under the first master key; the others may be removed", count.values));
  else
    add(findings, "ok", fmt::format("all {} sealed values are under the master key", count.values));
  return {};
}

void check_client(Findings& findings, const model::Realm& realm, const model::Client& client, const std::vector<store::KeyRecord>& keys) {
  const auto name = fmt::format("client {} of realm {}", client.client_id, realm.name);
  std::set<std::string> algs;
  add_algs(*client.policy, algs);
  for (const auto& alg : missing_algs(keys, algs))
    add(findings, "fail", fmt::format("{} is given what {} signs, and the realm has no such key", name, alg),
        fmt::format("`tessera key rotate {} --alg {}` makes one", realm.name, alg));
  if (client.is_public && client.policy->public_refresh_without_rotation && client.policy->refresh_mode != model::RefreshMode::rotate)
    add(findings, "warn", name + " is public and refreshes without rotation: a stolen refresh token works until its session ends",
        "set refresh_mode = \"rotate\" once its apps keep the new token");
  if (client.policy->redirect_trailing_star)
    add(findings, "warn", name + " may be sent to any path behind a trailing *: whoever can put a page there gets its codes",
        "list each redirect URI, and set redirect_trailing_star = false");
  if (client.policy->pkce_plain)
    add(findings, "warn", name + " takes the challenge method plain, which shows the verifier to whoever sees the request",
        "set pkce_plain = false once its library uses S256");
  if (client.policy->token_in_query)
    add(findings, "warn", name + " may send tokens in URLs, which proxies and browsers keep",
        "set token_in_query = false where the header can be set");
  const auto& grants = client.policy->grants;
  if (std::find(grants.begin(), grants.end(), "password") != grants.end())
    add(findings, "warn", name + " uses the password grant: the app sees its users' passwords",
        "remove \"password\" from its grants once it can do without");
}

Status check_realm(Findings& findings, const Services& services, const model::Realm& realm, TimePoint now) {
  const auto keys = TRY(services.config.keys(realm.id));
  check_keys(findings, realm, keys, now);
  store::Page page{.limit = kPageRows};
  for (int seen = 0; seen < kClientsMax; seen += kPageRows) {
    const auto clients = TRY(services.config.list_clients(realm.id, page));
    for (const auto& client : clients) check_client(findings, realm, client, keys);
    if (clients.size() < kPageRows) return {};
    page.after = clients.back().client_id;
  }
  return {};
}

}  // namespace

Result<Findings> examine_store(const Services& services) {
  Findings findings;
  const auto realms = TRY(services.config.realms());
  if (realms.empty()) add(findings, "warn", "there is no realm yet", "declare one in a file and `tessera apply` it");
  check_clock(findings, TRY(newest_record(services, realms)), services.clock.now());
  TRY(check_sealing(findings, services));
  for (const auto& realm : realms) TRY(check_realm(findings, services, realm, services.clock.now()));
  return findings;
}

}  // namespace tessera::admin
