// Errors are values: every function that can fail returns a Result.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include "base/handle.h"

namespace tessera::base {

/// Why something was refused or failed. Stable: logs, metrics, audit, dialect files and docs name reasons by these words.
enum class Reason : std::uint16_t {
#define TESSERA_REASON(name, oauth_code, operator_line) name,
#include "base/reasons.def"
#undef TESSERA_REASON
};

/// The reason's stable word, e.g. "client_secret_wrong".
std::string_view reason_name(Reason reason);
/// The OAuth error code that RFC 6749 (or 6750, 7009) gives it, e.g. "invalid_client". "" where there is none.
std::string_view reason_oauth_code(Reason reason);
/// One line for the operator, in plain English.
std::string_view reason_line(Reason reason);
/// The reason of that name, or false: dialect files name reasons as text.
bool find_reason(std::string_view name, Reason& out);

/// A refusal or a failure. `context` is for the log only and never holds a secret.
struct Error {
  Reason reason;
  std::string context = {};
  /// Seconds after which trying again makes sense (Retry-After); 0 where it says nothing.
  int retry_after_s = 0;
  /// The bound that was passed, as the configuration has it, or the rule that was broken, in our words: a dialect may name it as {limit}.
  /// Printable ASCII without quotes and backslashes, and never anything of a request.
  std::string limit = {};
  /// Whom it concerns: a user who exists and whom the request named or proved. For the audit only.
  Handle user = {};
};

template <class T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

inline std::unexpected<Error> fail(Reason reason, std::string context = {}) { return std::unexpected(Error{reason, std::move(context)}); }

}  // namespace tessera::base

namespace tessera {
using base::Error;
using base::fail;
using base::Reason;
using base::Result;
using base::Status;
}  // namespace tessera

/// The value of a Result, or an early return of its error. Not for use inside a coroutine.
#define TRY(expression)                                                       \
  __extension__({                                                             \
    auto&& try_result_ = (expression);                                        \
    if (!try_result_) return std::unexpected(std::move(try_result_).error()); \
    *std::move(try_result_);                                                  \
  })
