#include "tokens/access_tokens.h"

#include "tokens/issuer.h"

namespace tessera::tokens {

Result<std::shared_ptr<const model::AccessToken>> AccessTokens::judge(const model::Realm& realm, std::string_view token,
                                                                      std::optional<TimePoint> now, std::string_view audience) const {
  const auto keys = keyring_.realm(realm.id);
  const verifier::RevocationIndex* index = revocations_.index(realm.id);
  if (!keys || index == nullptr) return fail(Reason::store_unavailable, "realm " + realm.name + " has no keys or no journal loaded");
  const verifier::Trust trust{.issuer = issuer_of(base_url_, realm.name),
                              .key = [ring = keys.get()](std::string_view kid) -> const jose::VerifyKey* {
                                const auto found = ring->verify.find(std::string(kid));
                                // Symmetric keys sign refresh tokens only: none of them proves an access token.
                                return found == ring->verify.end() || found->second.alg() == jose::Alg::hs512 ? nullptr : &found->second;
                              },
                              .revocations = index};
  return verifier_.verify(token, trust, now, audience);
}

}  // namespace tessera::tokens
