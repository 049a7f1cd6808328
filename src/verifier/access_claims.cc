#include <boost/json/serialize.hpp>
#include <utility>

#include "jose/json.h"
#include "verifier/verifier.h"

namespace tessera::verifier {
namespace {

constexpr jose::JsonLimits kPayloadLimits{.max_bytes = 16'384, .max_depth = 16};
constexpr std::int64_t kMaxNumber = (std::int64_t{1} << 53) - 1;  ///< what JSON carries exactly

std::unexpected<Error> malformed(std::string_view claim) { return fail(Reason::token_malformed, "claim " + std::string(claim)); }

/// The claims of one payload. A claim of the wrong type is never taken for an absent one.
class Claims {
 public:
  explicit Claims(const boost::json::object& members) : members_(members) {}

  const boost::json::value* find(std::string_view name) const { return members_.if_contains(name); }

  /// "" when it is absent.
  Result<std::string> text(std::string_view name) const {
    const auto* const value = find(name);
    if (!value) return std::string();
    if (!value->is_string()) return malformed(name);
    return std::string(value->get_string());
  }

  Result<std::string> required_text(std::string_view name) const {
    std::string value = TRY(text(name));
    if (value.empty()) return malformed(name);
    return value;
  }

  /// From 0 to 2^53 - 1.
  Result<std::int64_t> number(std::string_view name) const {
    const auto* const value = find(name);
    const auto* const number = value ? value->if_int64() : nullptr;
    if (!number || *number < 0 || *number > kMaxNumber) return malformed(name);
    return *number;
  }

  Result<std::int64_t> optional_number(std::string_view name) const { return find(name) ? number(name) : 0; }

  Result<bool> flag(std::string_view name) const {
    const auto* const value = find(name);
    if (value && !value->is_bool()) return malformed(name);
    return value && value->get_bool();
  }

  Result<Handle> handle(std::string_view name) const {
    const auto parsed = Handle::parse(TRY(text(name)));
    if (!parsed || parsed->empty()) return malformed(name);
    return *parsed;
  }

 private:
  const boost::json::object& members_;
};

/// RFC 9068 marks access tokens in the header, Keycloak in the payload. Its ID and refresh tokens bear the same header.
Status require_access_type(const Claims& claims, std::string_view header_typ) {
  const std::string payload_typ = TRY(claims.text("typ"));
  const bool rfc9068 = header_typ == "at+jwt" && (!claims.find("typ") || payload_typ == "Bearer");
  const bool keycloak = header_typ == "JWT" && payload_typ == "Bearer";
  if (!rfc9068 && !keycloak) return fail(Reason::token_type_wrong);
  return {};
}

/// `aud`: a text or a list of texts (RFC 7519, 4.1.3).
Result<std::vector<std::string>> read_audience(const Claims& claims) {
  std::vector<std::string> audience;
  const auto* const value = claims.find("aud");
  if (!value) return audience;
  if (value->is_string()) {
    audience.emplace_back(value->get_string());
    return audience;
  }
  if (!value->is_array()) return malformed("aud");
  for (const auto& member : value->get_array()) {
    if (!member.is_string()) return malformed("aud");
    audience.emplace_back(member.get_string());
  }
  return audience;
}

/// Refuses members that it does not know: whatever they name could not be revoked here.
Result<model::Lineage> read_lineage(const Claims& claims) {
  constexpr std::pair<std::string_view, Handle model::Lineage::*> kMembers[] = {
      {"client", &model::Lineage::client},   {"secret", &model::Lineage::secret}, {"user", &model::Lineage::user},
      {"session", &model::Lineage::session}, {"family", &model::Lineage::family}, {"consent", &model::Lineage::consent}};
  const auto* const value = claims.find("lineage");
  if (!value || !value->is_object()) return malformed("lineage");
  const Claims members(value->get_object());
  model::Lineage lineage;
  std::size_t known = 0;
  for (const auto& [name, member] : kMembers) {
    if (!members.find(name)) continue;
    lineage.*member = TRY(members.handle(name));
    ++known;
  }
  if (known != value->get_object().size() || lineage.client.empty()) return malformed("lineage");
  return lineage;
}

Result<std::string> read_confirmation(const Claims& claims) {
  const auto* const value = claims.find("cnf");
  if (!value) return std::string();
  if (!value->is_object()) return malformed("cnf");
  return boost::json::serialize(*value);
}

}  // namespace

Result<model::AccessToken> read_access_claims(std::string_view payload_json, std::string_view typ) {
  const auto parsed = jose::parse_json(payload_json, kPayloadLimits);
  if (!parsed) return fail(Reason::token_malformed, parsed.error().context);
  if (!parsed->is_object()) return fail(Reason::token_malformed, "the payload is no JSON object");
  const Claims claims(parsed->get_object());
  TRY(require_access_type(claims, typ));

  model::AccessToken token;
  token.issuer = TRY(claims.required_text("iss"));
  token.subject = TRY(claims.text("sub"));
  token.audience = TRY(read_audience(claims));
  token.expires_at_s = TRY(claims.number("exp"));
  token.issued_at_s = TRY(claims.number("iat"));
  token.not_before_s = TRY(claims.optional_number("nbf"));
  token.jti = TRY(claims.handle("jti"));
  token.client_id = TRY(claims.required_text(claims.find("client_id") ? "client_id" : "azp"));
  token.scope = TRY(claims.text("scope"));
  token.username = TRY(claims.text("preferred_username"));
  token.userinfo_claims = TRY(claims.text("userinfo_claims"));
  token.lineage = TRY(read_lineage(claims));
  token.rev = TRY(claims.number("rev"));
  token.extended = TRY(claims.flag("ext"));
  token.confirmation = TRY(read_confirmation(claims));
  token.claims_json = payload_json;
  return token;
}

}  // namespace tessera::verifier
