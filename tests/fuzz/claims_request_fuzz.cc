// flow/claims_request.h: the `claims` parameter, as any page on the web may send it.
#include "flow/claims_request.h"
#include "fuzz.h"
#include "policy/claims.h"

using namespace tessera;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  const auto request = flow::read_claims_request(text);
  if (!request) {
    REQUIRE(request.error().reason == Reason::claims_invalid || request.error().reason == Reason::acr_unmet);
    return 0;
  }
  REQUIRE(text.size() <= 2'048);
  // What is kept holds nothing of the text but names that we know: each of the two places tells each claim once at most.
  REQUIRE(request->claims.size() <= 2 * policy::person_claims().size() * 32);
  for (const auto place : {policy::kInIdToken, policy::kInUserinfo}) {
    const auto words = policy::split_scope(policy::claims_in(place, request->claims));
    REQUIRE(words && words->size() <= policy::person_claims().size());
    for (const auto& word : *words) REQUIRE(policy::find_person_claim(word));
  }
  return 0;
}
