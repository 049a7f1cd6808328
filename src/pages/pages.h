// The one place that knows how a page looks: model::Page in, HTML out.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"
#include "model/page.h"
#include "pages/assets.h"

namespace tessera::pages {

class Templates;

/// Renders pages and answers for the files that they name. Safe to use from any thread; made once, it parses every template.
class Pages {
 public:
  /// `base_path` is the path of base_url: "", or "/auth".
  explicit Pages(std::string_view base_path);
  ~Pages();

  /// The whole response. Everything in the page may come from outside: it is escaped, and an address that is none of http:, https: or a
  /// path of ours is never linked. A form_post to another scheme can't be carried by a browser: an error page stands for it.
  http::Response render(const model::Page& page) const;

  /// What "/pages/..." below the base path holds; nothing where that is no file of ours. `path` is as the browser asked, with the base path
  /// or (behind a proxy that takes it off) without.
  std::optional<http::Response> asset(std::string_view path) const;

 private:
  const Asset* script_of(const model::PageContent& content) const;

  std::string base_path_;
  Asset stylesheet_;
  Asset submit_;
  Asset session_status_;
  Asset cookie_probe_;
  std::unique_ptr<const Templates> templates_;
};

}  // namespace tessera::pages
