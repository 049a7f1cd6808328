// base/base64url.h and base/handle.h: a value has one spelling.
#include "base/base64url.h"
#include "base/handle.h"
#include "fuzz.h"

using namespace tessera;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  if (const auto bytes = base::base64url_decode(text)) REQUIRE(base::base64url_encode(*bytes) == text);
  REQUIRE(base::base64url_decode(base::base64url_encode(text)) == text);
  if (const auto handle = Handle::parse(text)) {
    REQUIRE(handle->str() == text || handle->uuid() == text);
    REQUIRE(Handle::parse(handle->str()) == handle && Handle::parse(handle->uuid()) == handle);
  }
  return 0;
}
