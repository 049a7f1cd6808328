// sessions/password_record.h and sessions/keycloak_credential.h: a record has one spelling, and none beyond the bounds is hashed by.
// Nothing is hashed here.
#include "fuzz.h"
#include "sessions/keycloak_credential.h"
#include "sessions/password_record.h"

using namespace tessera;

namespace {

void check_record(std::string_view text) {
  const auto imported = sessions::read_record(text, sessions::RecordOrigin::imported);
  const auto ours = sessions::read_record(text, sessions::RecordOrigin::ours);
  REQUIRE(!imported || ours);
  if (!ours) {
    REQUIRE(ours.error().reason == Reason::config_invalid && !ours.error().context.empty());
    REQUIRE(sessions::cost_of(text).empty());
    return;
  }
  REQUIRE(ours->salt.size() >= 8 && ours->salt.size() <= 64);
  REQUIRE(ours->hash.size() >= 16 && ours->hash.size() <= 64);
  REQUIRE(sessions::cost_of(text) == ours->cost && text.starts_with(ours->cost));
  REQUIRE(sessions::spell_record(ours->cost, ours->salt, ours->hash) == text);
  const std::string dummy = sessions::dummy_record(ours->cost, std::string(sessions::kDummyBytes, 'd'));
  REQUIRE(sessions::cost_of(dummy) == ours->cost);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  check_record(text);
  const auto record = sessions::record_of_keycloak_credential(text);
  if (!record) {
    REQUIRE(record.error().reason == Reason::config_invalid && !record.error().context.empty());
    return 0;
  }
  REQUIRE(sessions::read_record(*record, sessions::RecordOrigin::imported).has_value());
  check_record(*record);
  return 0;
}
