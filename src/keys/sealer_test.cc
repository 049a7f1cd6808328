#include "keys/sealer.h"

#include <gtest/gtest.h>

#include <set>

namespace tessera::keys {
namespace {

std::vector<Secret> masters(std::string_view letters) {
  std::vector<Secret> keys;
  for (const char letter : letters) keys.emplace_back(std::string(32, letter));
  return keys;
}

TEST(Sealer, OpensWhatItSealed) {
  const Sealer sealer(masters("a"));
  for (const std::size_t size : {0u, 1u, 64u, 5'000u}) {
    const std::string plain(size, 'p');
    const auto opened = sealer.open(sealer.seal(plain, "1/kid/ES256/sig"), "1/kid/ES256/sig");
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->reveal(), plain);
  }
}

TEST(Sealer, SealedBytesHideThePlainOnesAndNeverRepeat) {
  const Sealer sealer(masters("a"));
  const std::string first = sealer.seal("the private key", "c");
  EXPECT_EQ(first.find("private"), std::string::npos);
  EXPECT_NE(first, sealer.seal("the private key", "c"));
}

TEST(Sealer, AnotherContextOpensNothing) {
  const Sealer sealer(masters("a"));
  const std::string sealed = sealer.seal("secret", "1/kid/ES256/sig");
  for (const std::string_view context : {"2/kid/ES256/sig", "1/kid/HS512/refresh", "1/kid/ES256/sig ", ""})
    EXPECT_EQ(sealer.open(sealed, context).error().reason, Reason::store_corrupt) << context;
}

TEST(Sealer, AChangedByteAnywhereOpensNothing) {
  const Sealer sealer(masters("a"));
  const std::string sealed = sealer.seal("secret", "c");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(sealer.open(changed, "c")) << i;
    EXPECT_FALSE(sealer.open(sealed.substr(0, i), "c")) << i;
  }
}

TEST(Sealer, TheMasterKeyRotates) {
  const Sealer old(masters("a")), both(masters("ba")), fresh(masters("b"));
  const std::string sealed = old.seal("secret", "c");
  EXPECT_EQ(both.open(sealed, "c")->reveal(), "secret");
  EXPECT_EQ(fresh.open(sealed, "c").error().reason, Reason::config_invalid) << "no damage, so nothing to restore";
  EXPECT_EQ(fresh.open(both.seal("secret", "c"), "c")->reveal(), "secret");
  EXPECT_EQ(both.derive("pepper").reveal(), old.derive("pepper").reveal());
}

TEST(Sealer, KnowsWhatTheFirstMasterKeySealed) {
  const Sealer old(masters("a")), both(masters("ba"));
  EXPECT_TRUE(old.is_under_first(old.seal("secret", "c")));
  EXPECT_FALSE(both.is_under_first(old.seal("secret", "c")));
  EXPECT_TRUE(both.is_under_first(both.seal("secret", "c")));
  EXPECT_FALSE(both.is_under_first(""));
  EXPECT_TRUE(both.is_first(masters("b")[0]));
  EXPECT_FALSE(both.is_first(masters("a")[0]));
  EXPECT_EQ(both.master_keys(), 2u);
}

TEST(Sealer, DerivedKeysDifferByPurposeAndMaster) {
  std::set<std::string> seen;
  for (const char* const letters : {"a", "b"})
    for (const char* const purpose : {"pepper", "other"}) {
      const Secret derived = Sealer(masters(letters)).derive(purpose);
      EXPECT_EQ(derived.size(), 32u);
      EXPECT_TRUE(seen.insert(std::string(derived.reveal())).second);
    }
}

}  // namespace
}  // namespace tessera::keys
