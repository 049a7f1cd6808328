#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/handle.h"
#include "model/realm.h"

namespace tessera::model {

struct UserProfile {
  std::string email;
  bool email_verified = false;
  std::string given_name;
  std::string family_name;
  std::vector<std::string> roles;
  std::map<std::string, FieldValue> attributes;
  bool must_act = false;       ///< has to change a password or the like before a password grant works
  bool second_factor = false;  ///< the password grant refuses
  friend bool operator==(const UserProfile&, const UserProfile&) = default;
};

/// The form in which usernames are compared, looked up and counted: ASCII letters in lower case.
inline std::string username_key(std::string_view username) {
  std::string key(username);
  for (char& letter : key)
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  return key;
}

struct User {
  Handle handle;  ///< sub, in UUID form
  RealmId realm = 0;
  std::string username;  ///< unique in the realm; compared in lower case
  bool enabled = true;
  std::string password_record;  ///< argon2id with its parameters (libsodium's $argon2id$ string); "" for none
  std::int64_t not_before_s = 0;
  std::int64_t revoked_seq = 0;
  std::int64_t ended_seq = 0;
  UserProfile profile;
};

}  // namespace tessera::model
