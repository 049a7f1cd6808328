// admin/keycloak_import.h: an export is refused with its place, or what it comes to is a realm that `apply` takes.
#include <algorithm>

#include "admin/keycloak_import.h"
#include "admin/realm_file.h"
#include "base/utf8.h"
#include "fuzz.h"
#include "sessions/password_record.h"

using namespace tessera;

namespace {

void check_taken(const admin::KeycloakImport& import) {
  std::vector<admin::NamedText> files;
  for (auto& text : import.files()) files.push_back({"fuzz.toml", std::move(text)});
  const auto declared = admin::read_realm_files(files);
  if (!declared) {
    // Roles that clients without full scope pass on are scope words, of which a client may have so many.
    REQUIRE(declared.error().context.find("has more than 1,000 words") != std::string::npos);
    return;
  }
  REQUIRE(declared->size() == 1);
  REQUIRE(declared->front().clients.size() == import.clients.size());
  REQUIRE(declared->front().users.size() == import.users.size());
  REQUIRE(base::is_utf8(import.file()));
  for (const auto& password : import.passwords) {
    REQUIRE(std::ranges::count(import.users, password.username, &model::User::username) == 1);
    REQUIRE(sessions::read_record(password.record.reveal(), sessions::RecordOrigin::imported).has_value());
  }
  for (const auto& secret : import.secrets) {
    const auto client = std::ranges::find(import.clients, secret.client_id, &model::Client::client_id);
    REQUIRE(client != import.clients.end() && !client->is_public && !secret.text.empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto import = admin::read_keycloak_realm(fuzz::text_of(data, size), "fuzz.json", "");
  if (import) {
    check_taken(*import);
    return 0;
  }
  REQUIRE(import.error().reason == Reason::config_invalid);
  REQUIRE(import.error().context.starts_with("fuzz.json: "));
  return 0;
}
