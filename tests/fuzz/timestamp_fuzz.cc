// base/timestamp.h: what is read is written again, to the second.
#include "base/timestamp.h"
#include "fuzz.h"

using namespace tessera;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  const auto at = base::parse_timestamp(text);
  if (!at) {
    REQUIRE(at.error().reason == Reason::expiry_malformed);
    return 0;
  }
  const std::string written = base::format_timestamp(*at);
  REQUIRE(written.size() == 20 && text.starts_with(written.substr(0, 19)) && text.ends_with('Z'));
  const auto again = base::parse_timestamp(written);
  REQUIRE(again && base::to_s(*again) == base::to_s(*at));
  REQUIRE(base::to_s(*at) >= 0 && base::to_s(*at) <= 253'402'300'799);
  return 0;
}
