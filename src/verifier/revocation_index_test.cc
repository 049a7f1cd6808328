#include "verifier/revocation_index.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace tessera::verifier {
namespace {

using model::make_rev;
using model::RevocationKind;

constexpr std::int64_t kEpoch = 3;
constexpr std::int64_t kIssuedAtS = 1'000;

Handle handle(std::uint8_t n) { return Handle{{n, 1, 1, 1, 1, 1, 1, 1, n}}; }

const Handle kJti = handle(1);
const Handle kKid = handle(2);
const model::Lineage kLineage{handle(3), handle(4), handle(5), handle(6), handle(7), handle(8)};

model::RevocationEvent event(std::int64_t number, RevocationKind kind, const Handle& id) {
  return {.realm = 1, .number = number, .kind = kind, .id = id, .prune_after_s = 9'000};
}

Reason judge(const RevocationIndex& index, std::int64_t rev_number, std::int64_t epoch = kEpoch, std::int64_t issued_at_s = kIssuedAtS) {
  const Status status = index.check(kJti, kKid.str(), kLineage, make_rev(epoch, rev_number), issued_at_s);
  return status ? Reason::internal : status.error().reason;
}
constexpr Reason kLives = Reason::internal;

TEST(RevocationIndex, AnEntryKillsWhatItNamesAndWasMintedBefore) {
  const std::pair<RevocationKind, Handle> named[] = {{RevocationKind::token, kJti},
                                                     {RevocationKind::client, kLineage.client},
                                                     {RevocationKind::secret, kLineage.secret},
                                                     {RevocationKind::user, kLineage.user},
                                                     {RevocationKind::session, kLineage.session},
                                                     {RevocationKind::family, kLineage.family},
                                                     {RevocationKind::consent, kLineage.consent},
                                                     {RevocationKind::realm, handle(99)}};
  for (const auto& [kind, id] : named) {
    RevocationIndex index(kEpoch, 4);
    EXPECT_EQ(judge(index, 4), kLives);
    index.publish(event(5, kind, id));
    EXPECT_EQ(judge(index, 4), Reason::token_revoked) << static_cast<int>(kind);
    EXPECT_EQ(judge(index, 5), kLives) << "minted after, " << static_cast<int>(kind);
  }
}

TEST(RevocationIndex, AnEntryOfAnotherKindOrIdKillsNothing) {
  RevocationIndex index(kEpoch);
  index.publish(event(1, RevocationKind::user, kLineage.client));
  index.publish(event(2, RevocationKind::client, kLineage.user));
  index.publish(event(3, RevocationKind::token, handle(77)));
  EXPECT_EQ(judge(index, 0), kLives);
}

TEST(RevocationIndex, AbsentLineageIsNeverNamed) {
  RevocationIndex index(kEpoch);
  index.publish(event(1, RevocationKind::session, Handle{}));
  EXPECT_TRUE(index.check(kJti, kKid.str(), {.client = handle(3)}, make_rev(kEpoch, 0), kIssuedAtS));
}

TEST(RevocationIndex, AKeyKillsWhateverTheRev) {
  RevocationIndex index(kEpoch);
  index.publish(event(1, RevocationKind::key, kKid));
  EXPECT_EQ(judge(index, 1), Reason::token_revoked);
  EXPECT_TRUE(index.check(kJti, handle(50).str(), kLineage, make_rev(kEpoch, 1), kIssuedAtS));
  EXPECT_TRUE(index.check(kJti, "not a handle", kLineage, make_rev(kEpoch, 1), kIssuedAtS));
}

// Keycloak's not-before (security.md, case 41: of two, the later counts).
TEST(RevocationIndex, NotBeforeKillsWhateverTheRevAndOnlyRises) {
  RevocationIndex index(kEpoch);
  auto later = event(1, RevocationKind::client, kLineage.client);
  later.iat_before_s = kIssuedAtS + 1;
  auto earlier = event(2, RevocationKind::client, kLineage.client);
  earlier.iat_before_s = kIssuedAtS - 500;
  index.publish(later);
  index.publish(earlier);
  EXPECT_EQ(judge(index, 2), Reason::token_revoked);
  EXPECT_EQ(judge(index, 2, kEpoch, kIssuedAtS + 1), kLives);
}

TEST(RevocationIndex, TheHeadMovesOnlyOverNumbersWithoutAGap) {
  RevocationIndex index(kEpoch);
  EXPECT_EQ(index.head(), make_rev(kEpoch, 0));
  index.publish(event(3, RevocationKind::token, handle(30)));
  index.publish(event(2, RevocationKind::token, kJti));
  EXPECT_EQ(index.head(), make_rev(kEpoch, 0));
  EXPECT_EQ(judge(index, 0), Reason::token_revoked) << "an entry above a gap kills already";
  index.publish(event(1, RevocationKind::token, handle(10)));
  EXPECT_EQ(index.head(), make_rev(kEpoch, 3));
  index.publish(event(2, RevocationKind::token, kJti));
  EXPECT_EQ(index.head(), make_rev(kEpoch, 3));
  EXPECT_EQ(index.size(), 3u);
  EXPECT_EQ(index.token_entries(), 3u);
}

TEST(RevocationIndex, AnOlderEntryLateDoesNotLowerANewerOne) {
  RevocationIndex index(kEpoch, 9);
  index.publish(event(9, RevocationKind::user, kLineage.user));
  index.publish(event(2, RevocationKind::user, kLineage.user));
  EXPECT_EQ(judge(index, 8), Reason::token_revoked);
  EXPECT_EQ(index.head(), make_rev(kEpoch, 9));
}

TEST(RevocationIndex, ARevAboveTheHeadIsRefused) {
  const RevocationIndex index(kEpoch, 4);
  EXPECT_EQ(judge(index, 4), kLives);
  EXPECT_EQ(judge(index, 5), Reason::token_rev_ahead);
  EXPECT_EQ(judge(index, 0, kEpoch + 1), Reason::token_rev_ahead);
  EXPECT_EQ(index.check(kJti, kKid.str(), kLineage, -1, kIssuedAtS).error().reason, Reason::token_rev_ahead);
}

// security.md, case 96.
TEST(RevocationIndex, AnOlderEpochIsDeadWhateverItsNumber) {
  const RevocationIndex index(kEpoch, 4);
  EXPECT_EQ(judge(index, 4, kEpoch - 1), Reason::token_revoked);
  EXPECT_EQ(judge(index, model::kRevNumberMask, kEpoch - 1), Reason::token_revoked);
}

TEST(RevocationIndex, PruneDropsWhatCanKillNothingAnyMore) {
  RevocationIndex index(kEpoch);
  auto first = event(1, RevocationKind::token, kJti);
  first.prune_after_s = 100;
  auto forever = event(2, RevocationKind::client, handle(42));
  forever.prune_after_s = 0;
  index.publish(first);
  index.publish(forever);
  index.prune(100);
  EXPECT_EQ(judge(index, 0), Reason::token_revoked);
  index.prune(101);
  EXPECT_EQ(judge(index, 0), kLives);
  EXPECT_EQ(index.token_entries(), 0u);
  EXPECT_EQ(index.size(), 1u) << "0 stays";
  EXPECT_EQ(index.head(), make_rev(kEpoch, 2)) << "the head never moves back";
}

TEST(RevocationIndex, TheLongerOfTwoPruneTimesCounts) {
  RevocationIndex index(kEpoch);
  auto first = event(1, RevocationKind::client, kLineage.client);
  auto second = event(2, RevocationKind::client, kLineage.client);
  first.prune_after_s = 500;
  second.prune_after_s = 100;
  index.publish(first);
  index.publish(second);
  index.prune(300);
  EXPECT_EQ(judge(index, 1), Reason::token_revoked);
  auto forever = event(3, RevocationKind::client, kLineage.client);
  forever.prune_after_s = 0;
  index.publish(forever);
  index.publish(second);
  index.prune(1'000'000);
  EXPECT_EQ(judge(index, 2), Reason::token_revoked);
}

TEST(RevocationIndex, ATokensEntryGoesWhenOneOfItsWholeClientIsNewer) {
  RevocationIndex index(kEpoch);
  auto token = event(1, RevocationKind::token, kJti);
  token.client = kLineage.client;
  auto other = event(2, RevocationKind::token, handle(20));
  other.client = handle(21);
  index.publish(token);
  index.publish(other);
  index.publish(event(3, RevocationKind::token, handle(30)));
  index.publish(event(4, RevocationKind::client, kLineage.client));
  auto later = event(5, RevocationKind::token, handle(40));
  later.client = kLineage.client;
  index.publish(later);
  index.drop_covered_tokens();
  EXPECT_EQ(index.token_entries(), 3u) << "of another client, of none that is known, and newer";
  EXPECT_EQ(judge(index, 3), Reason::token_revoked) << "by its client";
}

TEST(RevocationIndex, TheClientOfMostTokensIsFound) {
  RevocationIndex index(kEpoch);
  EXPECT_FALSE(index.client_of_most_tokens());
  std::int64_t number = 0;
  const auto publish = [&](const Handle& client, int times) {
    for (int i = 0; i < times; ++i) {
      auto token = event(++number, RevocationKind::token, Handle::random());
      token.client = client;
      index.publish(token);
    }
  };
  publish(Handle{}, 5);
  EXPECT_FALSE(index.client_of_most_tokens());
  publish(handle(1), 2);
  publish(handle(2), 3);
  EXPECT_EQ(index.client_of_most_tokens(), handle(2));
  publish(handle(1), 1);
  EXPECT_EQ(index.client_of_most_tokens(), handle(1)) << "of as many the one that began first";
}

TEST(RevocationIndex, WhatTheHeadCoversIsIn) {
  RevocationIndex index(kEpoch);
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (std::int64_t n = 1; n <= 5'000; ++n) index.publish(event(n, RevocationKind::user, kLineage.user));
    done = true;
  });
  while (!done) {
    const std::int64_t head = model::rev_number(index.head());
    if (head > 0) {
      EXPECT_EQ(judge(index, head - 1), Reason::token_revoked);
    }
  }
  writer.join();
  EXPECT_EQ(judge(index, 5'000), kLives);
}

}  // namespace
}  // namespace tessera::verifier
