#include "sessions/cost_survey.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace tessera::sessions {
namespace {

constexpr int kPageUsers = 100;
/// Of one realm in one round: the mix of so many hardly differs from that of all.
constexpr int kSampleUsers = 1'000'000;

bool changes_a_record(const store::Change& change) {
  return std::holds_alternative<store::PutUser>(change) || std::holds_alternative<store::RemoveUser>(change) ||
         std::holds_alternative<store::ReplacePasswordRecord>(change);
}

}  // namespace

Status CostSurvey::advance(int pages_max) {
  for (int pages = 0; pages < pages_max; ++pages) {
    if (realms_left_.empty()) TRY(begin());
    if (realms_left_.empty()) return {};
    TRY(read_page(realms_left_.back()));
  }
  return {};
}

void CostSurvey::on_committed(const std::vector<store::Change>& changes) {
  if (std::any_of(changes.begin(), changes.end(), changes_a_record)) set_due();
}

Status CostSurvey::begin() {
  if (!due_.exchange(false)) return {};
  const auto realms = store_.realms();
  if (!realms) {
    set_due();
    return std::unexpected(realms.error());
  }
  for (const auto& realm : *realms) realms_left_.push_back(realm.id);
  return {};
}

Status CostSurvey::read_page(model::RealmId realm) {
  const auto users = TRY(store_.list_users(realm, {.after = after_, .limit = kPageUsers}));
  for (const auto& user : users) counted_.add(user.password_record);
  read_ += static_cast<int>(users.size());
  const bool complete = users.size() < kPageUsers || read_ >= kSampleUsers;
  // Until a realm was read once, its first users are the best that is known of it.
  if (complete || first_round_) passwords_.learn(realm, counted_);
  if (!complete) {
    after_ = users.back().username;
    return {};
  }
  after_.clear();
  read_ = 0;
  counted_ = {};
  realms_left_.pop_back();
  if (realms_left_.empty()) first_round_ = false;
  return {};
}

}  // namespace tessera::sessions
