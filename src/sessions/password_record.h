// What is kept of a password: "$SCHEME$PARAMETERS$SALT$HASH" (the PHC string format; salt and hash in base64 without padding). Its start up
// to the salt says what hashing by it costs.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tessera::sessions {

/// One of ours may cost as much as the configuration ever allowed. One from elsewhere may not take so much of the hashing pool, whose size
/// goes by our own.
enum class RecordOrigin : unsigned char { ours, imported };

struct Scheme;

/// A record in its parts. The views are of the text that was read.
struct PasswordRecord {
  const Scheme* scheme = nullptr;  ///< never null in one that was read; lives as long as the program
  std::string_view text;
  std::string_view cost;        ///< "$pbkdf2-sha256$i=27500,l=32$"
  std::string_view parameters;  ///< "i=27500,l=32"
  std::string salt;             ///< 8 to 64 bytes
  std::string hash;             ///< 16 to 64 bytes
};

/// Errors: config_invalid, with a context that says what is wrong and holds nothing of the record but numbers.
Result<PasswordRecord> read_record(std::string_view text, RecordOrigin origin);

/// The part of a record that says what hashing by it costs: algorithm and parameters, "$argon2id$v=19$m=19456,t=2,p=1$". "" for a record
/// that no password is hashed by: none, of another algorithm, or out of bounds (an imported record must not take a gigabyte for each
/// login).
std::string_view cost_of(std::string_view record);

/// The one spelling of a record. `cost` as cost_of() gives it.
std::string spell_record(std::string_view cost, std::string_view salt, std::string_view hash);

/// A record of that cost that was made from no password: of `random` (80 bytes) the first 16 are its salt, and as many as it needs of the
/// rest its hash.
std::string dummy_record(std::string_view cost, std::string_view random);
inline constexpr std::size_t kDummyBytes = 80;

/// Takes as long as the record's cost says, whatever the password. False at once for a record that has none.
bool record_matches(std::string_view record, std::string_view password);

}  // namespace tessera::sessions
