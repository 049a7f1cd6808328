// What must hold, in plain lists: whom tokens descend from, and what was ended when.
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "base/handle.h"
#include "model/client.h"
#include "model/token.h"

namespace tessera::sim {

/// The order of the history: it moves with every operation that begins and every ending that is acknowledged.
using Tick = int;
inline constexpr Tick kNever = std::numeric_limits<Tick>::max();

enum class Verdict : std::uint8_t { lives, dead, unsure };

/// Something was revoked or suspended, by the id that lineage carries (a handle or a kid).
struct Ending {
  std::string id;
  bool ends = true;       ///< families and sessions too
  Tick at = 0;            ///< what began before and names it is dead
  Tick settled = kNever;  ///< when the server is sure to know; kNever: it may not
  bool happened = true;   ///< false: perhaps it never did, whatever a new server finds
};

/// What the one who asked for an ending was told.
enum class Answer : std::uint8_t {
  done,
  outcome_unknown,  ///< it was committed, but the answer was lost: true once a new server has read the journal
  ambiguous,        ///< done, or found superfluous
};

struct SecretState {
  Handle handle;
  std::string text;
  bool lives = true;
};

struct ClientState {
  Handle handle;
  std::string id;
  model::ClientPolicy policy;
  std::vector<SecretState> secrets;
  bool enabled = true;  ///< as the database has it
  bool removed = false;
  bool certain = true;  ///< false after an unknown outcome: the server may still see it as it was
  int toggles = 0;      ///< how often it was enabled or disabled
  int toggles_under_way = 0;
};

struct UserState {
  Handle handle;
  std::string name;
  bool enabled = true;
  bool certain = true;
  int toggles = 0;
  int toggles_under_way = 0;
};

struct AccessState {
  std::string text;
  std::vector<std::string> ids;  ///< jti, kid and lineage
  std::int64_t issued_at_s = 0;
  std::int64_t expires_at_s = 0;
  Tick born = 0;
  bool seen_dead = false;

  /// A token that was issued later than now had perhaps expired before the clock was set back.
  bool is_out_of_time(std::int64_t now_s) const { return now_s >= expires_at_s || issued_at_s > now_s + base::kClockLeewayS; }
};

struct RefreshState {
  std::string text;
  std::int64_t generation = 0;
  std::int64_t expires_at_s = 0;  ///< of the JWT form; 0: the family's row decides
};

struct FamilyState {
  Handle handle;
  std::size_t client = 0;
  std::size_t user = 0;
  std::vector<std::string> ids;  ///< client, secret, user, session, family
  Tick born = 0;
  std::int64_t generation = 0;
  std::int64_t expires_at_s = 0;
  std::int64_t used_min_s = 0;  ///< the latest use that was acknowledged
  std::int64_t used_max_s = 0;  ///< the latest that may have been recorded
  std::size_t moved_by = 0;     ///< the secret that the token before the present one came with
  std::vector<RefreshState> tokens;
  std::map<std::pair<std::int64_t, std::string>, std::string> by_generation;  ///< opaque tokens: one text for a generation and key
};

class Model {
 public:
  Tick tick() { return ++now_; }
  void end(std::string id, bool ends, Answer answer);
  /// Whoever begins to end something may be overtaken: another's change can make the server see it before it is acknowledged.
  void begin_ending(std::string id) { under_way_.push_back(std::move(id)); }
  void finish_ending() { under_way_.pop_back(); }
  /// A new server has read the journal: what was unsure is in force.
  void restart();

  Verdict judge(const std::vector<std::string>& ids, Tick born, bool only_ends) const;
  Verdict judge(const AccessState& token) const { return judge(token.ids, token.born, false); }
  Verdict judge(const FamilyState& family) const { return judge(family.ids, family.born, true); }

  // Deques: what one operation holds stays where it is while another, in its middle, adds.
  std::deque<ClientState> clients;
  std::deque<UserState> users;
  std::deque<AccessState> access;
  std::deque<FamilyState> families;

 private:
  std::vector<Ending> endings_;
  std::vector<std::string> under_way_;
  Tick now_ = 0;
};

}  // namespace tessera::sim
