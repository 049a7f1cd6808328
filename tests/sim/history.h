// One random history: operations on the real server, each held against the model.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "dice.h"
#include "model.h"
#include "world.h"

namespace tessera::sim {

/// The server did what it must not do.
struct Violation : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What an operation must answer.
enum class Expect : std::uint8_t { yes, no, either };
Expect both(Expect a, Expect b);

/// An operation under way.
struct Attempt {
  Tick born;  ///< when it began; run again on another lane, it begins again
  store::Fault fault;
  bool read_fails;
};

class History {
 public:
  History(Disk& disk, const Secrets& secrets, std::uint64_t seed);

  /// Throws Violation.
  void run();
  const std::vector<std::string>& steps() const { return steps_; }

 private:
  using Operation = void (History::*)();

  // set_up.cc
  void set_up();
  void add_client(const std::string& id, model::ClientPolicy policy, std::vector<store::Change>& changes);

  // history.cc: one operation after the other, and sometimes one within another
  void operate(bool nested);
  void interrupt();
  Attempt begin(std::string step);
  /// Holds an answer against what was expected; `reason` is Reason::would_wait for success.
  void conclude(const Attempt& attempt, Expect expected, Reason reason);
  bool disturbed() const { return depth_ > 0 || was_interrupted_; }
  std::string describe(const std::string& step) const;
  void restart();
  void move_clock();

  // issuing.cc
  void issue();
  void open_family();
  void refresh();
  void conclude_refresh(const Attempt& attempt, FamilyState& family, const RefreshState& shown, std::size_t secret,
                        const Result<model::TokenSet>& answer);
  Expect expect_refresh(const FamilyState& family, const RefreshState& shown, std::size_t secret) const;
  void take_successor(FamilyState& family, const RefreshState& shown, std::size_t secret, const std::string& text);
  void note_lost_refresh(FamilyState& family, const RefreshState& shown, std::size_t secret);
  void remember_access(const Attempt& attempt, const model::TokenSet& tokens, const ClientState& client, const SecretState& secret);

  // revoking.cc
  void revoke_access();
  void revoke_self();
  template <class Ask>
  void end_by_refresh_token(const std::string& step, std::string_view parameter, std::size_t ended_by, const Ask& ask);
  void revoke_refresh();
  void log_out();

  // administering.cc
  void toggle_client();
  void toggle_user();
  template <class State, class Change>
  void toggle(State& state, const Attempt& attempt, bool enable, const Change& change);
  void end_sessions();
  void add_secret();
  void delete_secret();
  void regenerate_secret();
  void remove_client();
  void rotate_key();
  void remove_key();
  void prune();
  void sweep();
  void fold();
  void note_secret_ended(ClientState& client, std::size_t secret, bool compromised, Reason reason);

  // checks.cc
  void check_access(AccessState& token);
  void check_access_by_introspection(AccessState& token);
  void check_refresh(const FamilyState& family, const RefreshState& token);
  void check_some();
  void check_all();

  // requests.cc
  model::EndpointRequest request_of(const ClientState& client, const SecretState& secret) const;
  Expect expect_authentic(const ClientState& client, const SecretState& secret) const;
  Expect expect_usable(const FamilyState& family, const RefreshState& token) const;
  std::int64_t now_s() const { return clock_.now_s(); }

  Disk& disk_;
  const Secrets& secrets_;
  Dice dice_;
  FakeClock clock_;
  const std::string realm_;
  std::unique_ptr<Server> server_;
  Model model_;
  std::vector<std::string> steps_;
  int depth_ = 0;
  int interrupt_in_ = 0;  ///< calls to the store until another operation comes in between; 0: none does
  bool was_interrupted_ = false;
  std::int64_t skew_s_ = 0;  ///< of the clock
  std::int64_t skew_to_s_;   ///< where a step takes it: an hour either way
};

}  // namespace tessera::sim
