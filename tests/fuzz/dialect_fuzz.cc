// dialects/dialect.h: a file is refused with its place, or is whole.
#include "dialects/dialect.h"
#include "fuzz.h"
#include "jose/json.h"

using namespace tessera;

namespace {

void check_answers(const dialects::Answers& answers) {
  for (const auto& answer : answers) {
    REQUIRE(answer.status >= 200 && answer.status <= 599);
    if (!answer.body.empty()) REQUIRE(jose::parse_json(answer.body, {.max_bytes = answer.body.size()}).has_value());
  }
}

void check_endpoint(const dialects::EndpointLook& endpoint) {
  REQUIRE(!endpoint.paths.empty() || !endpoint.root_paths.empty());
  REQUIRE(!endpoint.methods.empty() && endpoint.success_status >= 200 && endpoint.success_status <= 299);
  for (const auto& path : endpoint.paths) REQUIRE(path.starts_with('/'));
  for (const auto& [wire, standard] : endpoint.names_in) REQUIRE(endpoint.standard_name(wire) == standard && endpoint.takes(standard));
  check_answers(endpoint.answers);
  for (const auto& [grant, answers] : endpoint.answers_by_grant) check_answers(answers);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const dialects::Library library;
  const auto text = fuzz::text_of(data, size);
  const auto dialect = dialects::parse_dialect(text, "folder/fuzz.toml", library);
  if (!dialect) {
    REQUIRE(dialect.error().reason == Reason::dialect_invalid);
    // The place is a line of the file, or of one that it extends.
    REQUIRE(dialect.error().context.find(".toml:") != std::string::npos);
    return 0;
  }
  REQUIRE((*dialect)->name() == "fuzz");
  for (const auto& endpoint : (*dialect)->endpoints()) check_endpoint(endpoint);
  return 0;
}
