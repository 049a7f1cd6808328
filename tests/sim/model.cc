#include "model.h"

#include <algorithm>

namespace tessera::sim {

void Model::end(std::string id, bool ends, Answer answer) {
  const Tick at = tick();
  endings_.push_back({std::move(id), ends, at, answer == Answer::done ? at : kNever, answer != Answer::ambiguous});
}

void Model::restart() {
  const Tick at = tick();
  for (Ending& ending : endings_)
    if (ending.happened) ending.settled = std::min(ending.settled, at);
  for (ClientState& client : clients) client.certain = true;
  for (UserState& user : users) user.certain = true;
}

Verdict Model::judge(const std::vector<std::string>& ids, Tick born, bool only_ends) const {
  const auto names = [&](const std::string& id) { return std::find(ids.begin(), ids.end(), id) != ids.end(); };
  Verdict verdict = std::any_of(under_way_.begin(), under_way_.end(), names) ? Verdict::unsure : Verdict::lives;
  for (const Ending& ending : endings_) {
    if ((only_ends && !ending.ends) || !names(ending.id)) continue;
    if (born < ending.at && ending.settled != kNever) return Verdict::dead;
    if (born < ending.settled && (born >= ending.at || ending.settled == kNever)) verdict = Verdict::unsure;
  }
  return verdict;
}

}  // namespace tessera::sim
