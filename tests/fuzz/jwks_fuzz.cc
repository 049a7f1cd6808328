// jose/jwks.h: what is read holds few keys, each under a name of its own, and shows nobody's private key.
#include <set>

#include "fuzz.h"
#include "jose/jwks.h"

using namespace tessera;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto keys = jose::parse_jwks(fuzz::text_of(data, size));
  if (!keys) {
    REQUIRE(keys.error().reason == Reason::key_missing && !keys.error().context.empty());
    return 0;
  }
  REQUIRE(!keys->empty() && keys->size() <= jose::kJwksKeysMax);
  std::set<std::string> kids;
  for (const auto& key : *keys) {
    REQUIRE(key.alg() != jose::Alg::hs512);
    REQUIRE(key.kid().empty() || kids.insert(key.kid()).second);
    REQUIRE(!key.verify("input", std::string(64, '\1')) || key.alg() != jose::Alg::es256);
  }
  return 0;
}
