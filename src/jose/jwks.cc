#include "jose/jwks.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "jose/json.h"

namespace tessera::jose {
namespace {

constexpr JsonLimits kSetLimits{.max_bytes = 65'536, .max_depth = 8};

bool shows_private_key(const boost::json::object& jwk) {
  return std::any_of(std::begin(kPrivateJwkMembers), std::end(kPrivateJwkMembers),
                     [&](std::string_view member) { return jwk.contains(member); });
}

bool holds_kid(const std::vector<VerifyKey>& keys, const std::string& kid) {
  return !kid.empty() && std::any_of(keys.begin(), keys.end(), [&](const VerifyKey& key) { return key.kid() == kid; });
}

}  // namespace

Result<std::vector<VerifyKey>> parse_jwks(std::string_view json) {
  const auto parsed = parse_json(json, kSetLimits);
  if (!parsed || !parsed->is_object()) return fail(Reason::key_missing, "is no JSON object");
  const auto* const listed = parsed->get_object().if_contains("keys");
  if (listed == nullptr || !listed->is_array()) return fail(Reason::key_missing, "has no list `keys`");
  if (listed->get_array().size() > kJwksKeysMax) return fail(Reason::key_missing, "has more than ten keys");

  std::vector<VerifyKey> keys;
  std::string why = "has no keys";
  for (const auto& jwk : listed->get_array()) {
    if (!jwk.is_object()) return fail(Reason::key_missing, "holds a key that is no JSON object");
    if (shows_private_key(jwk.get_object())) return fail(Reason::key_missing, "holds a private key; remove it here, and use it no more");
    auto key = VerifyKey::from_jwk(boost::json::serialize(jwk));
    if (!key) {
      why = "has no key that can be used: " + key.error().context;
      continue;
    }
    if (holds_kid(keys, key->kid())) return fail(Reason::key_missing, "has two keys of one kid");
    keys.push_back(*std::move(key));
  }
  if (keys.empty()) return fail(Reason::key_missing, why);
  return keys;
}

}  // namespace tessera::jose
