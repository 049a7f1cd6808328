#include "http/message.h"

#include <algorithm>

#include "http/chars.h"

namespace tessera::http {

std::optional<std::string_view> Request::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (equal_without_case(key, name)) return value;
  return std::nullopt;
}

int Request::count(std::string_view name) const {
  return static_cast<int>(
      std::count_if(headers.begin(), headers.end(), [&](const Header& field) { return equal_without_case(field.first, name); }));
}

}  // namespace tessera::http
