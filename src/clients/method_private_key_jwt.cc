// RFC 7523, 2.2 and 3, as its successor draft-ietf-oauth-rfc7523bis has it: a JWT that the client signed, meant for the issuer alone, used
// once.
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/digest.h"
#include "clients/method.h"
#include "jose/json.h"
#include "jose/jwt.h"

namespace tessera::clients {
namespace {

constexpr std::string_view kAssertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
constexpr std::int64_t kLifetimeMaxS = 600;
/// How far a client's clock may be ahead of ours.
constexpr std::int64_t kClockSkewS = 60;
constexpr std::size_t kJtiBytesMax = 255;
constexpr jose::JsonLimits kClaimLimits{.max_bytes = 16'384, .max_depth = 16};

struct AssertionClaims {
  std::string issuer;
  std::string subject;
  std::string id;
  std::vector<std::string> audience;
  std::int64_t expires_at_s = 0;
  std::int64_t not_before_s = 0;  ///< the later of nbf and iat; 0 for neither
};

std::unexpected<Error> malformed(std::string_view what) { return fail(Reason::assertion_malformed, std::string(what)); }

Result<std::string> text_claim(const boost::json::object& claims, std::string_view name) {
  const auto* const value = claims.if_contains(name);
  if (value == nullptr || !value->is_string() || value->get_string().empty()) return malformed(name);
  return std::string(value->get_string());
}

/// A NumericDate (RFC 7519, 2), which may have a fraction. Absent: 0.
Result<std::int64_t> time_claim(const boost::json::object& claims, std::string_view name) {
  const auto* const value = claims.if_contains(name);
  if (value == nullptr) return 0;
  constexpr double kLatestS = 253'402'300'799.0;  // the year 9999
  double seconds = -1;
  if (value->is_int64()) seconds = static_cast<double>(value->get_int64());
  if (value->is_double()) seconds = value->get_double();
  if (!(seconds >= 0 && seconds <= kLatestS)) return malformed(name);
  return static_cast<std::int64_t>(seconds);
}

Result<std::vector<std::string>> audience_claim(const boost::json::object& claims) {
  const auto* const value = claims.if_contains("aud");
  std::vector<std::string> audience;
  if (value != nullptr && value->is_string()) audience.emplace_back(value->get_string());
  if (value != nullptr && value->is_array())
    for (const auto& item : value->get_array()) {
      if (!item.is_string()) return malformed("aud");
      audience.emplace_back(item.get_string());
    }
  if (audience.empty()) return malformed("aud");
  return audience;
}

Result<AssertionClaims> read_claims(std::string_view payload) {
  const auto parsed = jose::parse_json(payload, kClaimLimits);
  if (!parsed || !parsed->is_object()) return malformed("the claims are no JSON object, or one stands there twice");
  const auto& members = parsed->get_object();
  AssertionClaims claims;
  claims.issuer = TRY(text_claim(members, "iss"));
  claims.subject = TRY(text_claim(members, "sub"));
  claims.id = TRY(text_claim(members, "jti"));
  if (claims.id.size() > kJtiBytesMax) return malformed("jti");
  claims.audience = TRY(audience_claim(members));
  if (!members.contains("exp")) return malformed("exp");
  claims.expires_at_s = TRY(time_claim(members, "exp"));
  claims.not_before_s = std::max(TRY(time_claim(members, "nbf")), TRY(time_claim(members, "iat")));
  return claims;
}

/// The one key that the header names; without a kid, the only one of its algorithm. The algorithm is the key's: the header has to agree.
const jose::VerifyKey* find_key(const std::vector<jose::VerifyKey>& keys, const jose::ParsedJwt& jwt) {
  const jose::VerifyKey* found = nullptr;
  for (const auto& key : keys) {
    if (!jose::is_alg_name(jwt.alg, key.alg()) || (!jwt.kid.empty() && key.kid() != jwt.kid)) continue;
    if (found != nullptr) return nullptr;
    found = &key;
  }
  return found;
}

Result<ClientKeys::Keys> keys_of(const Attempt& attempt, const jose::ParsedJwt& jwt) {
  const model::ClientPolicy& policy = *attempt.entry.client.policy;
  if (!policy.jwks_uri.empty() && !attempt.entry.client.enabled) return fail(Reason::client_disabled);
  if (!policy.jwks_uri.empty())
    return attempt.assertions.published.find(policy.jwks_uri, attempt.turn,
                                             [&](const auto& keys) { return find_key(keys, jwt) != nullptr; });
  if (policy.jwks.empty()) return fail(Reason::assertion_key_unknown, "the client has no keys");
  auto keys = attempt.keys.of(policy.jwks);
  return keys ? keys : fail(Reason::assertion_key_unknown, "the client's jwks " + keys.error().context);
}

Status verify(const Attempt& attempt, const jose::ParsedJwt& jwt) {
  const auto keys = TRY(keys_of(attempt, jwt));
  const auto* const key = find_key(*keys, jwt);
  if (key == nullptr) return fail(Reason::assertion_key_unknown);
  return key->verify(jwt.signing_input, jwt.signature) ? Status{} : fail(Reason::assertion_signature_wrong);
}

/// Types are kept apart (RFC 8725, 3.11): no token of another kind passes for an assertion.
Status require_type(const jose::ParsedJwt& jwt) {
  if (jwt.typ.empty() || jwt.typ == "JWT" || jwt.typ == "client-authentication+jwt") return {};
  return fail(Reason::assertion_type_wrong);
}

/// The issuer and nobody else: one that also names another server could be shown to us by that server. The token endpoint, which the
/// earlier specifications recommended, only for a client that is known to do so.
Status require_audience(const Attempt& attempt, const std::vector<std::string>& audience) {
  const std::string issuer = attempt.assertions.issuer_of(attempt.realm);
  if (audience.size() == 1 && audience.front() == issuer) return {};
  if (!attempt.entry.client.policy->token_endpoint_audience) return fail(Reason::assertion_audience_wrong);
  const std::string endpoint = attempt.assertions.token_endpoint_of(attempt.request);
  const bool ours = std::all_of(audience.begin(), audience.end(),
                                [&](const std::string& name) { return name == issuer || (!endpoint.empty() && name == endpoint); });
  return ours ? Status{} : fail(Reason::assertion_audience_wrong);
}

Status require_valid_now(const AssertionClaims& claims, std::int64_t now_s) {
  if (claims.expires_at_s <= now_s) return fail(Reason::assertion_expired);
  if (claims.expires_at_s > now_s + kLifetimeMaxS) return fail(Reason::assertion_too_long);
  if (claims.not_before_s > now_s + kClockSkewS) return fail(Reason::assertion_not_yet_valid);
  return {};
}

/// Of one client: two may choose the same jti.
std::string use_of(const model::Client& client, const std::string& jti) {
  std::string name(client.handle.bytes.begin(), client.handle.bytes.end());
  return base::sha256(name + jti);
}

}  // namespace

Proof authenticate_by_private_key_jwt(const Attempt& attempt) {
  const model::Client& client = attempt.entry.client;
  if (attempt.credential().assertion_type != kAssertionType) return fail(Reason::assertion_type_unknown);
  const auto jwt = jose::parse_jwt(attempt.credential().assertion.reveal());
  if (!jwt) return malformed(jwt.error().context);
  TRY(require_type(*jwt));
  // What costs nothing to judge comes before the keys, which may have to be fetched.
  const auto claims = TRY(read_claims(jwt->payload));
  if (claims.issuer != client.client_id || claims.subject != client.client_id) return fail(Reason::assertion_issuer_wrong);
  TRY(require_audience(attempt, claims.audience));
  TRY(require_valid_now(claims, base::to_s(attempt.turn.now)));
  TRY(verify(attempt, *jwt));
  // Last, and durable before anything comes of it. A request that is run again on another lane is the same showing.
  const auto spent = attempt.assertions.used.use(
      attempt.turn, {store::SingleUse::client_assertion, use_of(client, claims.id), claims.expires_at_s, attempt.request.request_id});
  if (!spent) return std::unexpected(spent.error());
  return nullptr;
}

}  // namespace tessera::clients
