#include "pages/pages.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "base/base64url.h"
#include "base/random.h"
#include "base/utf8.h"
#include "pages/brand.h"
#include "pages/fill.h"
#include "pages/templates.h"
#include "pages/uri.h"

namespace tessera::pages {
namespace {

constexpr const char* kScriptType = "text/javascript; charset=utf-8";

std::string make_nonce() {
  std::array<std::uint8_t, 16> bytes{};
  base::random_bytes(bytes);
  return base::base64url_encode(bytes);
}

/// What the head of a page, and with it the policy, depends on.
struct Look {
  std::optional<Logo> logo;
  std::optional<Accent> accent;
  std::string nonce;  ///< of the accent's <style>
  const Asset* script = nullptr;
  bool asks = false;  ///< its script asks us something
  std::string frame_ancestors;
};

/// What stands in a header came from outside once: no more than an origin has.
bool is_plain_origin(std::string_view origin) {
  return std::ranges::all_of(origin, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || std::string_view(".:/-_[]").find(c) != std::string_view::npos;
  });
}

std::string ancestors_of(const model::Page& page) {
  std::string ancestors;
  for (const std::string& origin : page.framed_by)
    if (is_plain_origin(origin)) ancestors.append(" ").append(origin);
  return ancestors.empty() ? " 'none'" : ancestors;
}

Look look_of(const model::Page& page, const Asset* script) {
  Look look{.logo = parse_logo(page.brand.logo_uri),
            .script = script,
            .asks = std::holds_alternative<model::SessionStatusPage>(page.content),
            .frame_ancestors = ancestors_of(page)};
  if (const auto fill_colour = parse_colour(page.brand.accent_color)) {
    look.accent = accent_of(*fill_colour);
    look.nonce = make_nonce();
  }
  return look;
}

/// No form-action on purpose: Chrome holds it against the redirects that follow a form as well, and the last one leads to the client's
/// callback, which may be anywhere. What a form's action may be is decided where it is filled in.
std::string policy_of(const Look& look) {
  std::string policy = "default-src 'none'; style-src 'self'";
  if (look.accent) policy.append(" 'nonce-").append(look.nonce).append("'");
  if (look.logo) policy.append("; img-src ").append(look.logo->csp_source);
  if (look.script != nullptr) policy += "; script-src 'self'";
  if (look.asks) policy += "; connect-src 'self'";
  return policy += "; base-uri 'none'; frame-ancestors" + look.frame_ancestors;
}

ctemplate::TemplateString view(std::string_view text) { return {text.data(), text.size()}; }

void fill_brand(ctemplate::TemplateDictionary& values, const model::Brand& brand, const Look& look) {
  if (look.logo) {
    values.SetValueWithoutCopy("LOGO_URI", view(look.logo->uri));
    values.ShowSection("WITH_LOGO");
  }
  if (!brand.display_name.empty()) {
    values.SetValueWithoutCopy("DISPLAY_NAME", view(brand.display_name));
    values.ShowSection("NAMED");
    const std::string_view initial = std::string_view(brand.display_name).substr(0, base::utf8_sequence_length(brand.display_name));
    if (!look.logo && !initial.empty()) {
      values.SetValueWithoutCopy("INITIAL", view(initial));
      values.ShowSection("WITH_INITIAL");
    }
  }
  if (look.logo || !brand.display_name.empty()) values.ShowSection("BRANDED");
  if (!look.accent) return;
  values.SetValueWithoutCopy("NONCE", view(look.nonce));
  values.SetValue("ACCENT", format_colour(look.accent->fill));
  values.SetValue("ON_ACCENT", format_colour(look.accent->on_fill));
  values.SetValue("INK_ON_LIGHT", format_colour(look.accent->ink_on_light));
  values.SetValue("INK_ON_DARK", format_colour(look.accent->ink_on_dark));
  values.ShowSection("ACCENTED");
}

/// A browser can't post a form to an app's own scheme; what it would do with javascript: is worse.
bool leads_nowhere(const model::Page& page) {
  const auto* const form_post = std::get_if<model::FormPostPage>(&page.content);
  return form_post && !is_web_uri(form_post->action);
}

}  // namespace

Pages::Pages(std::string_view base_path)
    : base_path_(base_path),
      stylesheet_(base_path, "page.css", "text/css; charset=utf-8"),
      submit_(base_path, "submit.js", kScriptType),
      session_status_(base_path, "session-status.js", kScriptType),
      cookie_probe_(base_path, "cookie-probe.js", kScriptType),
      templates_(std::make_unique<const Templates>()) {}

Pages::~Pages() = default;

const Asset* Pages::script_of(const model::PageContent& content) const {
  if (std::holds_alternative<model::FormPostPage>(content)) return &submit_;
  if (std::holds_alternative<model::SessionStatusPage>(content)) return &session_status_;
  return std::holds_alternative<model::CookieProbePage>(content) ? &cookie_probe_ : nullptr;
}

http::Response Pages::render(const model::Page& page) const {
  if (leads_nowhere(page)) {
    const model::ErrorPage error{.code = "invalid_request", .description = "form_post needs an http or https redirect_uri"};
    return render({.status = 400, .brand = page.brand, .language = page.language, .content = error});
  }
  const Look look = look_of(page, script_of(page.content));
  ctemplate::TemplateDictionary values("page");
  values.SetValueWithoutCopy("STYLESHEET", view(stylesheet_.path()));
  if (look.script != nullptr) {
    values.SetValueWithoutCopy("SCRIPT", view(look.script->path()));
    values.ShowSection("SCRIPTED");
  }
  fill_brand(values, page.brand, look);
  fill(values, page.content, page.language, page.status);
  http::Response response{page.status,
                          {{"Content-Type", "text/html; charset=utf-8"},
                           {"Content-Language", std::string(model::kLanguageTags[static_cast<std::size_t>(page.language)])},
                           {"Cache-Control", "no-store"},
                           {"Pragma", "no-cache"},
                           {"Content-Security-Policy", policy_of(look)},
                           {"X-Content-Type-Options", "nosniff"},
                           {"Referrer-Policy", "no-referrer"}},
                          templates_->expand(page.content.index(), page.language, values)};
  // It can't name origins, and browsers that read frame-ancestors pass it over.
  if (page.framed_by.empty()) response.headers.emplace_back("X-Frame-Options", "DENY");
  return response;
}

std::optional<http::Response> Pages::asset(std::string_view path) const {
  const std::string full = path.starts_with(base_path_) ? std::string(path) : base_path_ + std::string(path);
  for (const Asset* asset : {&stylesheet_, &submit_, &session_status_, &cookie_probe_})
    if (auto answer = asset->answer(full)) return answer;
  return std::nullopt;
}

}  // namespace tessera::pages
