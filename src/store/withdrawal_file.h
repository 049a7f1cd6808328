// What operators took back, kept outside the database: a restored backup would bring it again.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/handle.h"
#include "base/result.h"
#include "store/data_dir.h"

namespace tessera::store {

/// One thing taken back from the side of the operator, or given again.
struct Withdrawal {
  enum class Kind : std::uint8_t {
    secret_deleted = 1,
    client_removed = 2,
    client_disabled = 3,
    client_enabled = 4,
    user_removed = 5,
    user_disabled = 6,
    user_enabled = 7,
    password_changed = 8,  ///< the one before is no longer one
    realm_disabled = 9,
    realm_enabled = 10,
    key_removed = 11,
    consent_ended = 12,
    client_narrowed = 13,  ///< took out of itself what an older copy has still, by RFC 7592
    initial_access_token_withdrawn = 14,
  };
  std::int64_t number = 0;  ///< from 1, in commit order, without gaps
  Kind kind = Kind::secret_deleted;
  Handle id;  ///< of the secret, client, user, realm, token; a key's kid
  bool operator==(const Withdrawal&) const = default;
};

/// What `tessera restore` found in the database and withdrew once more.
struct WithdrawnAgain {
  Withdrawal::Kind kind;
  std::string object;  ///< as the audit names it: "client:acme", for a secret too
};

/// As in the file, the audit and the output of `tessera restore`: "secret.deleted".
std::string_view withdrawal_name(Withdrawal::Kind kind);

/// `<data>/withdrawals`: a line each, all of one width. Made with the first. Its owner locks.
class WithdrawalFile {
 public:
  /// A last line that a crash cut off, or left blank in part, is dropped: it was never said to be there.
  /// Errors: store_unavailable; store_corrupt when it is not one of ours.
  static Result<std::unique_ptr<WithdrawalFile>> open(const std::string& path);

  /// The number of the last line; 0 without one.
  std::int64_t last() const { return last_; }
  /// The last line; undefined without one.
  const Withdrawal& newest() const { return newest_; }
  /// Adds lines whose numbers follow the last, durably, all or none. Errors: commit_unknown.
  Status append(const std::vector<Withdrawal>& withdrawals);
  /// The lines after that number. Errors: store_unavailable, store_corrupt.
  Result<std::vector<Withdrawal>> after(std::int64_t number) const;
  const std::string& path() const { return path_; }

 private:
  WithdrawalFile(std::string path, Fd file) : path_(std::move(path)), file_(std::move(file)) {}

  bool is_torn(std::int64_t number) const;

  const std::string path_;
  Fd file_;
  std::int64_t last_ = 0;
  Withdrawal newest_;
};

}  // namespace tessera::store
