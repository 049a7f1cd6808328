#include "store/db.h"

#include <exception>

namespace tessera::store {
namespace {

/// Length of the well-formed sequence at `at` (Unicode 15, table 3-7), or 0.
std::size_t sequence_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U; };
  const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return lead == 0 ? 0 : 1;
  if (lead >= 0xC2 && lead <= 0xDF) return tail(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const bool overlong = lead == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = lead == 0xED && byte(1) > 0x9F;
    return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const bool overlong = lead == 0xF0 && byte(1) < 0x90;
    const bool beyond = lead == 0xF4 && byte(1) > 0x8F;
    return tail(1) && tail(2) && tail(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}

}  // namespace

Status run_guarded(const Work& work, Connection& connection) {
  try {
    return work(connection);
  } catch (const std::exception& defect) {
    return fail(Reason::internal, defect.what());
  }
}

bool is_clean_text(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto length = sequence_length(text, at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

Status require_clean_text(Params params) {
  for (const auto& param : params) {
    const auto* text = std::get_if<std::string_view>(&param.value);
    if (text && !is_clean_text(*text)) return fail(Reason::parameter_invalid, std::string(param.name) + " is not UTF-8, or holds a NUL");
  }
  return {};
}

std::string expand_script(std::string_view ddl, std::initializer_list<std::pair<std::string_view, std::string_view>> words) {
  std::string script(ddl);
  for (const auto& [word, meaning] : words)
    for (auto at = script.find(word); at != std::string::npos; at = script.find(word, at + meaning.size()))
      script.replace(at, word.size(), meaning);
  return script;
}

}  // namespace tessera::store
