// The clients of the systems that Tessera speaks for, as those systems run them. A preset is what a file would say.
#include <iterator>

#include "admin/realm_file.h"

namespace tessera::admin {
namespace {

struct Preset {
  std::string_view name;
  std::string_view text;
};

constexpr Preset kPresets[] = {
    {"finlex", R"(
grants = ["client_credentials"]
dialects = ["finlex"]
access_ttl = "60m"
)"},
    {"finapi", R"(
public = true
grants = ["password", "refresh_token"]
dialects = ["finapi"]
access_ttl = "900s"
refresh_idle = "1800s"
refresh_ttl = "10h"
refresh_mode = "reissue"
refresh_format = "jwt"
claims_profile = "keycloak"
public_refresh_without_rotation = true
)"},
    {"flinks", R"(
grants = ["authorization_code", "client_credentials", "refresh_token"]
dialects = ["flinks"]
access_ttl = "299s"
refresh_mode = "static"
refresh_idle = "30d"
refresh_ttl = "0s"
claims_profile = "flinks"
)"},
    // A confidential client with a service account. The password grant is off until a file asks for it.
    {"keycloak", R"(
grants = ["client_credentials", "refresh_token"]
dialects = ["keycloak"]
access_ttl = "5m"
refresh_idle = "30m"
refresh_ttl = "10h"
refresh_mode = "reissue"
refresh_format = "jwt"
claims_profile = "keycloak"
)"},
};

}  // namespace

std::vector<std::string_view> preset_names() {
  std::vector<std::string_view> names;
  for (const auto& preset : kPresets) names.push_back(preset.name);
  return names;
}

std::string_view preset_text(std::string_view name) {
  for (const auto& preset : kPresets)
    if (preset.name == name) return preset.text;
  return {};
}

}  // namespace tessera::admin
