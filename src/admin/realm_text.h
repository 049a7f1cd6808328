// Records as realm files spell them: the way back from realm_file.h. What stands at its default is left out.
#pragma once

#include <string>

#include "model/client.h"
#include "model/realm.h"
#include "model/user.h"

namespace tessera::admin {

/// [realm] with its fields, then [[role]] for each of its roles.
std::string text_of(const model::Realm& realm);
/// [[client]]. Never a secret.
std::string text_of(const model::Client& client);
/// [[user]], with the `sub` that tokens know them by unless it is empty. Never a password or its record.
std::string text_of(const model::User& user);

/// A TOML string. What TOML can't hold as it is stands escaped.
std::string toml_string(std::string_view text);

}  // namespace tessera::admin
