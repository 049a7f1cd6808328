#include "endpoints/framing.h"

#include "policy/redirect_uri.h"
#include "policy/web_origins.h"
#include "store/each.h"

namespace tessera::endpoints {
namespace {

/// All of them stand in one header, which proxies bound to 4 or 8 KB, and anybody may read it.
constexpr std::size_t kListedMax = 50;

}  // namespace

Framing::Framing(store::ConfigStore& store, std::string_view base_url) : store_(store), own_origin_(policy::origin_of(base_url)) {}

Result<std::vector<std::string>> Framing::ancestors(const model::Realm& realm, std::string_view referer, const Turn& turn) {
  const auto origins = TRY(origins_of(realm.id, turn));
  const std::string framed_from = policy::origin_of(referer);
  if (!framed_from.empty()) {
    const bool known = framed_from == own_origin_ || origins->contains(framed_from);
    return known ? std::vector{framed_from} : std::vector<std::string>{};
  }
  if (origins->size() > kListedMax) return std::vector<std::string>{};
  std::vector<std::string> all(origins->begin(), origins->end());
  if (!own_origin_.empty() && !origins->contains(own_origin_)) all.push_back(own_origin_);
  return all;
}

void Framing::on_committed(const std::vector<store::Change>& changes) {
  const std::lock_guard lock(mutex_);
  for (const store::Change& change : changes) {
    if (const auto* put = std::get_if<store::PutClient>(&change)) {
      known_.erase(put->client.realm);
    } else if (std::holds_alternative<store::RemoveClient>(change)) {
      known_.clear();  // it does not say whose
    } else {
      continue;
    }
    ++changes_;
  }
}

std::shared_ptr<const Framing::Origins> Framing::find(model::RealmId realm, std::uint64_t& changes) const {
  const std::lock_guard lock(mutex_);
  changes = changes_;
  const auto found = known_.find(realm);
  return found == known_.end() ? nullptr : found->second;
}

Result<std::shared_ptr<const Framing::Origins>> Framing::origins_of(model::RealmId realm, const Turn& turn) {
  std::uint64_t read_at = 0;
  if (auto known = find(realm, read_at)) return known;
  if (turn.lane == Lane::io) return fail(Reason::would_wait);
  const std::lock_guard one_reader(reader_);
  if (auto known = find(realm, read_at)) return known;
  auto origins = TRY(read(realm));
  const std::lock_guard lock(mutex_);
  // What changed while it was read is not in it, or not all of it.
  if (changes_ == read_at) known_[realm] = origins;
  return origins;
}

Result<std::shared_ptr<const Framing::Origins>> Framing::read(model::RealmId realm) const {
  auto origins = std::make_shared<Origins>();
  TRY(store::for_each_client(store_, realm, [&](const model::Client& client) {
    const auto& own = policy::web_origins_of(*client.policy);
    if (client.enabled) origins->insert(own.begin(), own.end());
  }));
  return origins;
}

}  // namespace tessera::endpoints
