// The passwords of a Keycloak realm export.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tessera::sessions {

/// Our record (password_record.h) of one element of a user's "credentials", as a realm export has it:
/// {"type":"password","secretData":"{\"value\":..,\"salt\":..}","credentialData":"{\"hashIterations\":..,\"algorithm\":..}"}. It was read
/// within the bounds for imported ones. Errors: config_invalid with a context that says what is wrong and holds nothing secret.
Result<std::string> record_of_keycloak_credential(std::string_view credential_json);

}  // namespace tessera::sessions
