// What a way of hashing passwords is asked for: a file each, registered in schemes.def.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "sessions/password_record.h"

namespace tessera::sessions {

/// What a record's parameters say beside the work itself.
struct SchemeCost {
  std::size_t hash_bytes = 0;  ///< of the hash; 0: the parameters leave it open
};

struct Scheme {
  std::string_view name;  ///< as records begin: "$argon2id$"
  /// Reads what stands between name and salt, "v=19$m=19456,t=2,p=1". Errors: config_invalid for what is misspelled or beyond the bounds
  /// for records of that origin.
  Result<SchemeCost> (*read)(std::string_view parameters, RecordOrigin origin);
  /// `record` was read and is within the bounds. Takes the same time for every password and hash.
  bool (*matches)(const PasswordRecord& record, std::string_view password);
};

#define TESSERA_PASSWORD_SCHEME(name) Scheme scheme_##name();
#include "sessions/schemes.def"
#undef TESSERA_PASSWORD_SCHEME

/// Takes "m=19456" for `name` "m=" off the front of `text`. A number has one spelling: nothing for a sign, a leading zero, no digit or too
/// many.
std::optional<std::uint64_t> take_number(std::string_view& text, std::string_view name);

struct Range {
  std::uint64_t min = 0;
  std::uint64_t max = 0;
};

/// Errors: config_invalid with the bounds.
Status require_within(std::string_view what, std::uint64_t value, Range range);
/// The error of parameters that are not spelled as `form` says.
std::unexpected<Error> misspelled(std::string_view form);

}  // namespace tessera::sessions
