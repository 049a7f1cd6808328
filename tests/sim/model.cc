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
  Verdict verdict = Verdict::lives;
  for (const Ending& ending : endings_) {
    if ((only_ends && !ending.ends) || std::find(ids.begin(), ids.end(), ending.id) == ids.end()) continue;
    if (born < ending.at && ending.settled != kNever) return Verdict::dead;
    if (born < ending.settled && (born >= ending.at || ending.settled == kNever)) verdict = Verdict::unsure;
  }
  return verdict;
}

}  // namespace tessera::sim
