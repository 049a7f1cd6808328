#include "jose/jwt.h"

#include "base/base64url.h"
#include "jose/json.h"

namespace tessera::jose {
namespace {

constexpr std::size_t kMaxTokenBytes = 16'384;
constexpr std::size_t kMaxKidBytes = 128;
constexpr JsonLimits kHeaderLimits{.max_bytes = 1'024, .max_depth = 1};

/// Members that name a key, change how the rest is read, or ask for work before anything is verified (RFC 8725, 3.10 and on).
constexpr std::string_view kForbidden[] = {"crit", "jwk", "jku", "x5u", "x5c", "zip", "b64", "enc", "p2c"};

std::unexpected<Error> malformed(const char* what) { return fail(Reason::token_malformed, what); }

/// A member's text; "" when it is absent. Errors: token_malformed when it is no string.
Result<std::string> header_text(const boost::json::object& header, std::string_view name) {
  const auto* const value = header.if_contains(name);
  if (!value) return std::string();
  if (!value->is_string()) return malformed("a header member of the wrong type");
  return std::string(value->get_string());
}

Status read_header(std::string_view json, ParsedJwt& jwt) {
  const auto parsed = parse_json(json, kHeaderLimits);
  if (!parsed || !parsed->is_object()) return malformed("the header is no flat JSON object");
  const auto& header = parsed->get_object();
  for (const std::string_view name : kForbidden)
    if (header.contains(name)) return malformed("a header member that is not accepted");
  jwt.alg = TRY(header_text(header, "alg"));
  jwt.kid = TRY(header_text(header, "kid"));
  jwt.typ = TRY(header_text(header, "typ"));
  // What no key of ours can have, "none" among it, is refused here already.
  if (Alg known; !find_alg(jwt.alg, known) && !is_alg_name(jwt.alg, Alg::eddsa)) return malformed("the header's alg is not supported");
  if (jwt.kid.size() > kMaxKidBytes) return malformed("the kid is too long");
  return {};
}

}  // namespace

Result<ParsedJwt> parse_jwt(std::string_view token) {
  if (token.size() > kMaxTokenBytes) return malformed("the token is too long");
  const std::size_t first = token.find('.');
  const std::size_t second = first == token.npos ? token.npos : token.find('.', first + 1);
  if (second == token.npos || token.find('.', second + 1) != token.npos) return malformed("the token has not three parts");

  const auto header = base::base64url_decode(token.substr(0, first));
  auto payload = base::base64url_decode(token.substr(first + 1, second - first - 1));
  auto signature = base::base64url_decode(token.substr(second + 1));
  if (!header || !payload || !signature) return malformed("a part is not canonical base64url");
  if (signature->empty()) return malformed("the token is not signed");

  ParsedJwt jwt;
  TRY(read_header(*header, jwt));
  jwt.signing_input = token.substr(0, second);
  jwt.payload = *std::move(payload);
  jwt.signature = *std::move(signature);
  return jwt;
}

JwtBuilder::JwtBuilder(SigningKey key, std::string_view typ) : key_(std::move(key)) {
  JsonWriter header;
  header.field("alg", alg_name(key_.alg())).field("typ", typ).field("kid", key_.kid());
  header_ = base::base64url_encode(std::move(header).finish());
  header_ += '.';
}

Result<std::string> JwtBuilder::sign(std::string_view payload_json) const {
  constexpr std::size_t kRoomForSignature = 700;
  std::string token;
  token.reserve(header_.size() + payload_json.size() * 4 / 3 + kRoomForSignature);
  token += header_;
  base::base64url_append(token, payload_json);
  std::string signature;
  TRY(key_.sign(token, signature));
  token += '.';
  base::base64url_append(token, signature);
  return token;
}

}  // namespace tessera::jose
