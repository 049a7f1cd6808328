// Every word that a page says by itself, in each language.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "model/page.h"

namespace tessera::pages {

inline constexpr std::size_t kLanguages = std::size(model::kLanguageTags);

/// One text. It becomes part of a template before that is parsed: it may name the template's variables, as {{CLIENT_NAME}}, and has neither
/// markup nor entities. A key that begins with a page's name belongs to that page.
struct Text {
  std::string_view key;
  std::array<std::string_view, kLanguages> words;  ///< in the order of model::Language
};

std::span<const Text> texts();

/// "" when there is no such key.
std::string_view text(std::string_view key, model::Language language);

}  // namespace tessera::pages
