// What counts once, in memory, for tests.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "store/store.h"

namespace tessera::clients {

class FakeSingleUse final : public store::SingleUseStore {
 public:
  bool down = false;

  Status use(const Turn& turn, const store::Showed& showed) override {
    if (turn.lane == Lane::io) return fail(Reason::would_wait);
    if (down) return fail(Reason::store_unavailable);
    const auto [found, fresh] = shown_by_.try_emplace({showed.kind, showed.digest}, showed.request_id);
    return fresh || found->second == showed.request_id ? Status{} : fail(Reason::assertion_reused);
  }
  Result<int> sweep(TimePoint, int) override { return 0; }
  std::size_t size() const { return shown_by_.size(); }

 private:
  std::map<std::pair<store::SingleUse, std::string>, std::string> shown_by_;
};

}  // namespace tessera::clients
