// Finds out what the password records of each realm cost.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "base/result.h"
#include "sessions/passwords.h"
#include "store/store.h"

namespace tessera::sessions {

/// Reads the users of all realms, again and again but never on a request's path, and tells Passwords of each realm's records. One thread at
/// a time; on_committed() from any.
class CostSurvey final : public store::ChangeListener {
 public:
  CostSurvey(store::ConfigStore& store, Passwords& passwords) : store_(store), passwords_(passwords) {}

  /// Goes on by at most `pages_max` pages of 100 users. Where all have been read it does nothing until a user changes or set_due() is
  /// called. Errors: store_unavailable; the next call tries the same page again.
  Status advance(int pages_max);
  /// All are to be read again.
  void set_due() { due_ = true; }
  void on_committed(const std::vector<store::Change>& changes) override;

 private:
  Status begin();
  Status read_page(model::RealmId realm);

  store::ConfigStore& store_;
  Passwords& passwords_;
  std::atomic<bool> due_ = true;
  bool first_round_ = true;
  std::vector<model::RealmId> realms_left_;
  // Of the last of these:
  std::string after_;
  int read_ = 0;
  CostMix counted_;
};

}  // namespace tessera::sessions
