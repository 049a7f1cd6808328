// jose/jwt.h and verifier/verifier.h: a token has one spelling, and nothing but what the key signed is accepted.
#include "base/base64url.h"
#include "fuzz.h"
#include "jose/jwt.h"
#include "verifier/verifier.h"

using namespace tessera;

namespace {

constexpr std::string_view kIssuer = "https://t.example/realms/r";
const TimePoint kNow = base::from_s(1'800'000'000);

/// The key of RFC 8410, 10.3: public, so that the corpus can hold a token of it.
const jose::SigningKey& key() {
  static const auto made = jose::SigningKey::from_private(
      jose::Alg::eddsa, "fuzz", *base::base64url_decode("MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp-K06_nwoy_HU--CXqI9EdVhC"));
  REQUIRE(made.has_value());
  return *made;
}

/// The one token that lives.
const std::string& good_token() {
  static const std::string token = [] {
    const std::string claims =
        R"({"iss":"https://t.example/realms/r","sub":"a","aud":"b","client_id":"a","iat":1799999000,"exp":1800003000,)"
        R"("jti":"AAAAAAAAQACAAAAAAAAAAQ","lineage":{"client":"AAAAAAAAQACAAAAAAAAAAg"},"rev":1099511627776})";
    const auto signed_token = jose::JwtBuilder(key(), "at+jwt").sign(claims);
    REQUIRE(signed_token.has_value());
    return *signed_token;
  }();
  return token;
}

void check_verifier(std::string_view token) {
  static const verifier::RevocationIndex revocations(1);
  static const jose::VerifyKey verify_key = jose::VerifyKey::of(key());
  static const verifier::Verifier verifier(16);
  static const verifier::Trust trust{.issuer = std::string(kIssuer),
                                     .key = [](std::string_view kid) { return kid == "fuzz" ? &verify_key : nullptr; },
                                     .revocations = &revocations};
  const auto accepted = verifier.verify(token, trust, kNow);
  REQUIRE(accepted.has_value() == (token == good_token()));
}

void check_claims(std::string_view payload, std::string_view typ) {
  const auto claims = verifier::read_access_claims(payload, typ);
  if (!claims) return;
  REQUIRE(claims->jti && !claims->issuer.empty() && !claims->client_id.empty());
  REQUIRE(claims->lineage.client && claims->claims_json == payload);
  REQUIRE(claims->rev >= 0 && claims->rev < (std::int64_t{1} << 53));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  check_claims(text, "at+jwt");
  check_claims(text, "JWT");
  check_verifier(text);
  check_verifier(good_token());

  const auto jwt = jose::parse_jwt(text);
  if (!jwt) {
    REQUIRE(jwt.error().reason == Reason::token_malformed);
    return 0;
  }
  jose::Alg alg;
  REQUIRE(text.size() <= 16'384 && jwt->kid.size() <= 128 && jose::find_alg(jwt->alg, alg));
  REQUIRE(std::string(jwt->signing_input) + '.' + base::base64url_encode(jwt->signature) == text);
  REQUIRE(jwt->signing_input.ends_with('.' + base::base64url_encode(jwt->payload)));
  check_claims(jwt->payload, jwt->typ);
  return 0;
}
