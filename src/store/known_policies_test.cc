#include "store/known_policies.h"

#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>
#include <string>

#include "model/policy_json.h"

namespace tessera::store {
namespace {

std::string document(int access_ttl_s) {
  model::ClientPolicy policy;
  policy.access_ttl_s = access_ttl_s;
  return boost::json::serialize(model::to_json(policy));
}

TEST(KnownPolicies, ReadsADocument) {
  KnownPolicies known;
  const auto policy = known.read(1, document(77));
  ASSERT_TRUE(policy);
  EXPECT_EQ((*policy)->access_ttl_s, 77);
}

TEST(KnownPolicies, UnderAKnownIdIsOneObjectAndTheDocumentIsNotReadAgain) {
  KnownPolicies known;
  const auto first = known.read(1, document(77));
  const auto again = known.read(1, "no JSON at all");
  ASSERT_TRUE(first && again);
  EXPECT_EQ(&**first, &**again);
}

TEST(KnownPolicies, AnotherIdIsAnotherPolicy) {
  KnownPolicies known;
  const auto first = known.read(1, document(77));
  const auto second = known.read(2, document(78));
  ASSERT_TRUE(first && second);
  EXPECT_EQ((*first)->access_ttl_s, 77);
  EXPECT_EQ((*second)->access_ttl_s, 78);
}

TEST(KnownPolicies, WhatCannotBeReadIsCorruptAndNotKept) {
  KnownPolicies known;
  for (const char* bad : {"", "no JSON at all", "[]"}) {
    const auto refused = known.read(1, bad);
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().reason, Reason::store_corrupt) << bad;
  }
  EXPECT_TRUE(known.read(1, document(77)));
}

TEST(KnownPolicies, IsBounded) {
  KnownPolicies known;
  for (int id = 0; id < 5'000; ++id) ASSERT_TRUE(known.read(id, document(id + 1)));
  int kept = 0;
  for (int id = 0; id < 5'000; ++id) kept += known.read(id, "no JSON at all").has_value();
  EXPECT_EQ(kept, 1'024);
}

}  // namespace
}  // namespace tessera::store
