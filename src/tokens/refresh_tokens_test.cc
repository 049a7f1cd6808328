#include "tokens/refresh_tokens.h"

#include <gtest/gtest.h>

#include "store/sql_store.h"

namespace tessera::tokens {
namespace {

// A backup that is restored brings family rows back to life (docs/security.md, case 96): in the new epoch none of them counts, in
// whatever form their token is.
TEST(RefreshTokens, AFamilyOfAnOlderEpochIsNotAuthentic) {
  const auto store = store::open_store_in_memory();
  ASSERT_TRUE(store);
  std::vector<Secret> master;
  master.emplace_back(std::string(32, 'k'));
  const keys::Sealer sealer(std::move(master));
  const keys::Keyring keyring((*store)->config(), sealer);
  const ShownRefreshToken jwt{.family = Handle::random(), .generation = 0, .opaque = std::nullopt};
  model::Family family;
  family.handle = jwt.family;
  family.rev = model::make_rev(1, 7);
  EXPECT_TRUE(RefreshTokens(keyring, 1).authentic(jwt, family));
  EXPECT_FALSE(RefreshTokens(keyring, 2).authentic(jwt, family));
}

}  // namespace
}  // namespace tessera::tokens
