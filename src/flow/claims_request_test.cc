#include "flow/claims_request.h"

#include <gtest/gtest.h>

namespace tessera::flow {
namespace {

Reason refusal(std::string_view text) {
  const auto request = read_claims_request(text);
  return request ? Reason::internal : request.error().reason;
}
constexpr Reason kTaken = Reason::internal;

TEST(ClaimsRequest, SaysWhatIsToBeToldAndWhere) {
  // OpenID Connect Core, 5.5.
  const auto request = read_claims_request(
      R"({"userinfo":{"given_name":{"essential":true},"nickname":null,"email":{"essential":true},"email_verified":{"essential":true},)"
      R"("picture":null,"http://example.info/claims/groups":null},)"
      R"("id_token":{"auth_time":{"essential":true},"acr":{"values":["urn:mace:incommon:iap:silver"]}}})");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->claims, "userinfo:given_name userinfo:nickname userinfo:email userinfo:email_verified userinfo:picture");
  EXPECT_TRUE(request->subjects.empty());
  EXPECT_EQ(read_claims_request(R"({"id_token":{"email":null},"userinfo":{"email":null}})")->claims, "id_token:email userinfo:email");
  EXPECT_EQ(read_claims_request(R"({"else":7,"userinfo":{}})")->claims, "");
}

TEST(ClaimsRequest, SaysWhoIsMeant) {
  EXPECT_EQ(read_claims_request(R"({"id_token":{"sub":{"value":"248289761001"}}})")->subjects, std::vector<std::string>{"248289761001"});
  EXPECT_EQ(read_claims_request(R"({"id_token":{"sub":{"values":["a","b"]}}})")->subjects, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(read_claims_request(R"({"id_token":{"sub":null},"userinfo":{"sub":{"value":"a"}}})")->subjects.empty());
}

TEST(ClaimsRequest, AnEssentialAcrHasToBeToBeHad) {
  const auto acr = [](std::string_view how) { return refusal(R"({"id_token":{"acr":)" + std::string(how) + "}}"); };
  EXPECT_EQ(acr(R"({"essential":true,"values":["2","3"]})"), Reason::acr_unmet);
  EXPECT_EQ(acr(R"({"essential":true,"value":"2"})"), Reason::acr_unmet);
  EXPECT_EQ(acr(R"({"essential":true,"values":["2","1"]})"), kTaken);
  EXPECT_EQ(acr(R"({"essential":true})"), kTaken);
  EXPECT_EQ(acr(R"({"values":["2"]})"), kTaken) << "a wish";
  EXPECT_EQ(refusal(R"({"userinfo":{"acr":{"essential":true,"value":"2"}}})"), kTaken);
}

TEST(ClaimsRequest, RefusesWhatIsNoneAndWhatIsTooMuch) {
  for (const char* text : {"", "[]", "{", "7", R"({"userinfo":[]})", R"({"userinfo":{"email":true}})", R"({"userinfo":{"email":"x"}})",
                           R"({"userinfo":{"email":{"essential":"yes"}}})", R"({"userinfo":{"email":{"values":"x"}}})",
                           R"({"userinfo":{"email":null,"email":null}})", R"({"userinfo":{},"userinfo":{}})"})
    EXPECT_EQ(refusal(text), Reason::claims_invalid) << text;
  const auto padded = [](std::size_t bytes) { return R"({"x":")" + std::string(bytes - 8, 'x') + R"("})"; };
  EXPECT_EQ(refusal(padded(2'048)), kTaken);
  EXPECT_EQ(refusal(padded(2'049)), Reason::claims_invalid);
  EXPECT_EQ(refusal(R"({"a":)" + std::string(20, '[') + std::string(20, ']') + "}"), Reason::claims_invalid);
}

}  // namespace
}  // namespace tessera::flow
