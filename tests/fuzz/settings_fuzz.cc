// config/settings.h: a file is refused with its place, or its values are within bounds.
#include "config/settings.h"
#include "fuzz.h"

using namespace tessera;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto settings = config::parse_settings(fuzz::text_of(data, size), "fuzz.toml");
  if (!settings) {
    REQUIRE(settings.error().reason == Reason::config_invalid);
    REQUIRE(settings.error().context.starts_with("fuzz.toml"));
    return 0;
  }
  REQUIRE(settings->threads >= 0 && settings->pool_threads >= 0);
  REQUIRE(settings->throttle_address_per_minute >= 0 && settings->throttle_client_per_minute >= 0);
  REQUIRE(settings->password_passes >= 1 && settings->password_memory_kib >= 1);
  REQUIRE(!settings->base_url.ends_with('/'));
  return 0;
}
