// Credentials that people and clients have from elsewhere, on their way in.
#pragma once

#include <string>

#include "base/secret.h"

namespace tessera::admin {

struct ForeignPassword {
  std::string username;
  Secret record;  ///< sessions/password_record.h
};

struct ForeignSecret {
  std::string client_id;
  Secret text;
};

}  // namespace tessera::admin
