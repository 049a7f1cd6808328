// What a form of ours carries back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/handle.h"
#include "base/result.h"
#include "base/secret.h"
#include "model/exchange.h"

namespace tessera::flow {

/// Where a person stands between two requests. Nothing of it is stored: whoever opens a thousand login pages costs no memory.
struct Interaction {
  enum class Stage : std::uint8_t { login = 1, new_password = 2, consent = 3, logout = 4 };
  Stage stage = Stage::login;
  Handle subject;  ///< new_password: the user, who has shown the present one; consent and logout: the session
  std::vector<std::pair<std::string, std::string>> parameters;  ///< the request that began it, by its standard names
  std::int64_t shown_at_s = 0;
  std::string premise =
      {};  ///< what has to be so still: new_password: the user's ended_seq; consent: covers what is asked (the scope shown)
};

inline constexpr std::int64_t kInteractionTtlS = 1'800;

/// Seals interactions (XChaCha20-Poly1305) for one browser, realm and mount. Safe from any thread.
class Interactions {
 public:
  /// 32 bytes.
  explicit Interactions(Secret key) : key_(std::move(key)) {}

  /// `bound_to`: the browser's own cookie and where the form is posted.
  std::string seal(const Interaction& interaction, std::string_view bound_to) const;
  /// What was sealed, however old. Errors: interaction_invalid when it was not sealed here, or for another browser or place.
  Result<Interaction> open(std::string_view sealed, std::string_view bound_to) const;

 private:
  Secret key_;
};

/// The request that began it.
model::Parameters parameters_of(const Interaction& interaction);
/// Errors: interaction_expired.
Status require_fresh(const Interaction& interaction, TimePoint now);

}  // namespace tessera::flow
