#include "tokens/claims.h"

#include <array>

#include "policy/claims.h"
#include "tokens/custom_fields.h"

namespace tessera::tokens {

#define TESSERA_CLAIMS_PROFILE(name) extern const ClaimsProfile claims_##name;
#include "tokens/profiles.def"
#undef TESSERA_CLAIMS_PROFILE

const ClaimsProfile* find_profile(std::string_view name) {
  static const std::array profiles{
#define TESSERA_CLAIMS_PROFILE(profile) &claims_##profile,
#include "tokens/profiles.def"
#undef TESSERA_CLAIMS_PROFILE
  };
  for (const ClaimsProfile* profile : profiles)
    if (profile->name == name) return profile;
  return nullptr;
}

std::string client_id_of(const model::Client& client) { return client.client_id; }

std::string string_array(const std::vector<std::string>& items) {
  std::string out = "[";
  for (const auto& item : items) {
    if (out.size() > 1) out += ',';
    jose::append_json_string(out, item);
  }
  return out += ']';
}

void write_audience(jose::JsonWriter& claims, const std::vector<std::string>& audience) {
  if (audience.size() == 1)
    claims.field("aud", audience.front());
  else if (!audience.empty())
    claims.raw("aud", string_array(audience));
}

namespace {

std::string lineage_json(const model::Lineage& lineage) {
  jose::JsonWriter json;
  const auto add = [&json](std::string_view name, const Handle& handle) {
    if (handle) json.field(name, handle.str());
  };
  add("client", lineage.client);
  add("secret", lineage.secret);
  add("user", lineage.user);
  add("session", lineage.session);
  add("family", lineage.family);
  add("consent", lineage.consent);
  return std::move(json).finish();
}

}  // namespace

std::string access_claims(const ClaimsProfile& profile, const ClaimsInput& input) {
  const model::Authorization& authorization = input.authorization;
  jose::JsonWriter claims;
  profile.write(claims, input);
  for (const auto& [name, value] : custom_claims(authorization)) write_custom(claims, name, value);
  if (const auto told = policy::claims_in(policy::kInUserinfo, authorization.claims); !told.empty()) claims.field("userinfo_claims", told);
  if (authorization.extended) claims.field("ext", true);
  claims.raw("lineage", lineage_json(authorization.lineage));
  claims.field("rev", input.rev);
  return std::move(claims).finish();
}

}  // namespace tessera::tokens
