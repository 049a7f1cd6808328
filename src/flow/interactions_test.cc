#include "flow/interactions.h"

#include <gtest/gtest.h>

namespace tessera::flow {
namespace {

const TimePoint kNow = base::from_s(1'800'000'000);

Interaction made() {
  return {.stage = Interaction::Stage::consent,
          .subject = Handle::random(),
          .parameters = {{"client_id", "web"}, {"state", "\"\n\xC3\xA9"}, {"scope", ""}},
          .shown_at_s = base::to_s(kNow)};
}

class InteractionsTest : public testing::Test {
 protected:
  const Interactions interactions{Secret(std::string(32, 'k'))};
};

TEST_F(InteractionsTest, WhatWasSealedIsOpened) {
  const auto sealed = made();
  const auto opened = interactions.open(interactions.seal(sealed, "browser realm"), "browser realm");
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->stage, sealed.stage);
  EXPECT_EQ(opened->subject, sealed.subject);
  EXPECT_EQ(opened->parameters, sealed.parameters);
  EXPECT_EQ(opened->shown_at_s, sealed.shown_at_s);
}

TEST_F(InteractionsTest, NothingElseIs) {
  const auto text = interactions.seal(made(), "browser realm");
  EXPECT_FALSE(interactions.open(text, "another realm"));
  EXPECT_FALSE(Interactions(Secret(std::string(32, 'x'))).open(text, "browser realm"));
  for (std::size_t at = 0; at < text.size(); ++at) {
    auto changed = text;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(interactions.open(changed, "browser realm")) << at;
  }
  for (const std::string& other :
       {std::string(), std::string("x"), std::string(60, 'A'), text.substr(1), text + "A", std::string(40'000, 'A')})
    EXPECT_EQ(interactions.open(other, "browser realm").error().reason, Reason::interaction_invalid);
}

TEST_F(InteractionsTest, TheSameIsSealedAnewEachTime) {
  const auto interaction = made();
  EXPECT_NE(interactions.seal(interaction, ""), interactions.seal(interaction, ""));
}

TEST(RequireFresh, HalfAnHour) {
  const auto interaction = made();
  EXPECT_TRUE(require_fresh(interaction, kNow + std::chrono::minutes(30)));
  EXPECT_FALSE(require_fresh(interaction, kNow + std::chrono::minutes(31)));
  EXPECT_FALSE(require_fresh(interaction, kNow - std::chrono::seconds(1))) << "91: a clock that was set back";
}

}  // namespace
}  // namespace tessera::flow
