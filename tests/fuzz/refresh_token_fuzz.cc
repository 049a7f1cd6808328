// sessions/refresh_token.h: one spelling for a token, and nobody guesses a MAC.
#include "base/base64url.h"
#include "fuzz.h"
#include "sessions/refresh_token.h"

using namespace tessera;

namespace {

std::string spell(const sessions::RefreshTokenParts& parts) {
  const auto kid = Handle::parse(parts.kid);
  REQUIRE(kid);
  std::string bytes(kid->bytes.begin(), kid->bytes.end());
  bytes.append(parts.family.bytes.begin(), parts.family.bytes.end());
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(parts.generation >> shift);
  bytes += parts.mac;
  return "tsr_" + base::base64url_encode(bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Secret key(std::string(32, 'k'));
  const auto text = fuzz::text_of(data, size);
  const auto parts = sessions::parse_refresh_token(text);
  if (!parts) {
    REQUIRE(parts.error().reason == Reason::refresh_malformed);
    return 0;
  }
  REQUIRE(parts->generation >= 0 && parts->mac.size() == 32);
  REQUIRE(spell(*parts) == text);

  const model::Family family{.handle = parts->family, .realm = 1, .generation = parts->generation};
  const std::string ours = sessions::mint_refresh_token(parts->kid, key, family);
  REQUIRE(sessions::refresh_mac_matches(*parts, key, family) == (ours == text));
  return 0;
}
