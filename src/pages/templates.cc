#include "pages/templates.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "pages/embedded.h"

namespace tessera::pages {
namespace {

/// More than any page needs without a logo of its own.
constexpr std::size_t kPageBytes = 4096;

std::string_view embedded(const std::string& name) {
  const auto files = embedded_files();
  const auto found = std::find_if(files.begin(), files.end(), [&](const base::EmbeddedFile& file) { return file.name == name; });
  return found == files.end() ? std::string_view() : found->text;
}

/// What stands for "[[key]]".
std::string_view replacement(std::string_view key, std::string_view page, model::Language language) {
  if (key == "language") return model::kLanguageTags[static_cast<std::size_t>(language)];
  if (key == "content") return embedded(std::string(page) + ".html");
  return key.starts_with('.') ? text(std::string(page).append(key), language) : text(key, language);
}

}  // namespace

std::string template_source(std::string_view page, model::Language language) {
  std::string source(embedded("layout.html"));
  // The content has places of its own: what was put in is read again.
  for (auto begin = source.find("[["); begin != std::string::npos; begin = source.find("[[", begin)) {
    const auto end = source.find("]]", begin);
    if (end == std::string::npos) return {};
    const auto words = replacement(std::string_view(source).substr(begin + 2, end - begin - 2), page, language);
    if (words.empty()) return {};
    source.replace(begin, end + 2 - begin, words);
  }
  return source;
}

Templates::Templates() {
  for (std::size_t page = 0; page < parsed_.size(); ++page) {
    for (std::size_t language = 0; language < kLanguages; ++language) {
      const std::string source = template_source(kPageNames[page], static_cast<model::Language>(language));
      parsed_[page][language].reset(ctemplate::Template::StringToTemplate(source, ctemplate::STRIP_WHITESPACE));
      if (!source.empty() && parsed_[page][language]) continue;
      std::fprintf(stderr, "built-in page: %s can't be parsed\n", std::string(kPageNames[page]).c_str());
      std::abort();
    }
  }
}

std::string Templates::expand(std::size_t page, model::Language language, const ctemplate::TemplateDictionary& values) const {
  std::string html;
  html.reserve(kPageBytes);
  parsed_[page][static_cast<std::size_t>(language)]->Expand(&html, &values);
  return html;
}

}  // namespace tessera::pages
