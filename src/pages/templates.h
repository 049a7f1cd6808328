// The parsed templates.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <variant>

#include "model/page.h"
#include "pages/ctemplate.h"
#include "pages/texts.h"

namespace tessera::pages {

/// The names of templates/*.html, in the order of model::PageContent.
inline constexpr std::string_view kPageNames[] = {"login",   "new_password", "consent",         "logout",         "logged_out",  "error",
                                                  "expired", "form_post",    "still_signed_in", "session_status", "cookie_probe"};
static_assert(std::size(kPageNames) == std::variant_size_v<model::PageContent>);

/// A template for each page and language: the texts are put in before it is parsed, so a request pays only for what is its own.
/// Safe to use from any thread.
class Templates {
 public:
  /// Ends the process when a template can't be parsed: they are part of the binary.
  Templates();

  /// `page` is the index of the content's alternative.
  std::string expand(std::size_t page, model::Language language, const ctemplate::TemplateDictionary& values) const;

 private:
  std::array<std::array<std::unique_ptr<const ctemplate::Template>, kLanguages>, std::size(kPageNames)> parsed_;
};

/// The source of one template, whole and in one language. [[key]] stands for a text, [[.key]] for one of the page's own.
/// Apart for its test: "" when it asks for something that does not exist.
std::string template_source(std::string_view page, model::Language language);

}  // namespace tessera::pages
