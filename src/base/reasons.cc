#include <iterator>

#include "base/result.h"

namespace tessera::base {
namespace {

struct Entry {
  std::string_view name;
  std::string_view oauth_code;
  std::string_view line;
};

constexpr Entry kCatalogue[] = {
#define TESSERA_REASON(name, oauth_code, operator_line) {#name, oauth_code, operator_line},
#include "base/reasons.def"
#undef TESSERA_REASON
};

const Entry& entry(Reason reason) { return kCatalogue[static_cast<std::size_t>(reason)]; }

}  // namespace

std::string_view reason_name(Reason reason) { return entry(reason).name; }
std::string_view reason_oauth_code(Reason reason) { return entry(reason).oauth_code; }
std::string_view reason_line(Reason reason) { return entry(reason).line; }

bool find_reason(std::string_view name, Reason& out) {
  for (std::size_t i = 0; i < std::size(kCatalogue); ++i) {
    if (kCatalogue[i].name != name) continue;
    out = static_cast<Reason>(i);
    return true;
  }
  return false;
}

}  // namespace tessera::base
