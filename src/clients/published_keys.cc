#include "clients/published_keys.h"

#include <utility>

namespace tessera::clients {
namespace {

constexpr std::size_t kEntriesMax = 4'096;
constexpr std::int64_t kFreshS = 300;
constexpr std::int64_t kPauseS = 10;
constexpr std::int64_t kGoodS = 3'600;

/// Whether less than that has passed; also not where the clock was set back.
bool is_within(std::int64_t span_s, std::int64_t since_s, std::int64_t now_s) { return now_s >= since_s && now_s - since_s < span_s; }

}  // namespace

PublishedKeys::PublishedKeys(Fetch fetch) : fetch_(std::move(fetch)), entries_(kEntriesMax) {}

Result<PublishedKeys::Keys> PublishedKeys::find(const std::string& uri, const Turn& turn, const Serves& serves) {
  const std::int64_t now_s = base::to_s(turn.now);
  const auto answers = [&](const Entry& entry) { return entry.keys && is_within(kFreshS, entry.had_at_s, now_s) && serves(*entry.keys); };
  const auto was_tried = [&](const Entry& entry) { return is_within(kPauseS, entry.tried_at_s, now_s); };

  Entry known = recall(uri);
  if (!answers(known) && !was_tried(known)) {
    if (turn.lane == Lane::io) return fail(Reason::would_wait);
    const std::lock_guard one_at_a_time(fetching_[std::hash<std::string>()(uri) % fetching_.size()]);
    known = recall(uri);
    if (!was_tried(known)) {
      known = renew(uri, std::move(known), now_s);
      const std::lock_guard lock(mutex_);
      entries_.put(uri, known);
    }
  }
  if (known.keys && is_within(kGoodS, known.had_at_s, now_s)) return known.keys;
  return fail(Reason::assertion_keys_unreachable, uri + ": " + known.fault);
}

PublishedKeys::Entry PublishedKeys::recall(const std::string& uri) {
  const std::lock_guard lock(mutex_);
  const Entry* const known = entries_.find(uri);
  return known == nullptr ? Entry{} : *known;
}

PublishedKeys::Entry PublishedKeys::renew(const std::string& uri, Entry known, std::int64_t now_s) const {
  known.tried_at_s = now_s;
  const auto text = fetch_(uri);
  auto keys = text ? jose::parse_jwks(*text) : std::unexpected(text.error());
  known.fault = keys ? "" : keys.error().context;
  if (!keys) return known;
  known.keys = std::make_shared<const std::vector<jose::VerifyKey>>(*std::move(keys));
  known.had_at_s = now_s;
  return known;
}

}  // namespace tessera::clients
