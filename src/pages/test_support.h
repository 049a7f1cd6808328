// Pages as a server would show them, for the tests beside this and for the browser's (tests/e2e/pages.test.mjs).
#pragma once

#include <string>
#include <vector>

#include "http/message.h"
#include "model/page.h"

namespace tessera::pages {

struct Sample {
  std::string name;
  model::Page page;
  bool has_script() const { return name == "form-post" || name == "session-status" || name == "cookie-probe"; }
};

inline const model::Brand kHarbour{
    .display_name = "Harbour Bank",
    .logo_uri =
        "data:image/svg+xml;base64,"
        "PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHZpZXdCb3g9IjAgMCA0MCA0MCI+PHBhdGggZmlsbD0iIzFmNGU4YyIgZD0iTTIwIDNhNSA1IDAg"
        "MCAxIDIgOS42VjE1aDZ2NGgtNnYxNS41YzUtLjkgOS00LjUgMTAtOS41bC0zIDEgNC03IDUgNi0zLTFDMzQgMzIgMjggMzggMjAgMzhTNiAzMiA1IDI0bC0zIDEgNS02ID"
        "Qg"
        "Ny0zLTFjMSA1IDUgOC42IDEwIDkuNVYxOWgtNnYtNGg2di0yLjRBNSA1IDAgMCAxIDIwIDN6bTAgM2EyIDIgMCAxIDAgMCA0IDIgMiAwIDAgMCAwLTR6Ii8+PC9zdmc+",
    .accent_color = "#1f4e8c"};
inline const model::Brand kSunflower{.display_name = "Sunflower Insurance", .accent_color = "#ffd23f"};
inline const model::Brand kNight{.display_name = "Österreichische Gesellschaft für Vermögensverwaltung", .accent_color = "#1a1a1a"};

/// A long state with what must be escaped: it reaches the client as it came.
inline constexpr const char* kState = "af0ifjsldkj\"><script>";

inline std::vector<Sample> samples(model::Language language) {
  const auto page = [&](int status, model::Brand brand, model::PageContent content) {
    return model::Page{status, std::move(brand), language, std::move(content)};
  };
  const std::string action = "/realms/harbour/sign-in";
  using Login = model::LoginPage::Problem;
  using Fresh = model::NewPasswordPage::Problem;
  const model::LoginPage login{action, "v1.sealed", "", "Tender Portal"};
  const model::ConsentPage consent{action,
                                   "v1.sealed",
                                   "a.lovelace@example.com",
                                   "Budget Planner",
                                   {{"accounts:read", "See your accounts and balances"},
                                    {"transactions:read", "See the last 90 days of transactions"},
                                    {"offline_access", ""}}};
  return {
      {"login", page(200, kHarbour, login)},
      {"login-plain", page(200, {}, model::LoginPage{action, "v1.sealed", "", ""})},
      {"login-wrong",
       page(200, kSunflower, model::LoginPage{action, "v1.sealed", "a.lovelace", "Tender Portal", Login::wrong_credentials})},
      {"login-disabled", page(200, kNight, model::LoginPage{action, "v1.sealed", "a.lovelace", "Tender Portal", Login::disabled})},
      {"new-password", page(200, kHarbour, model::NewPasswordPage{action, "v1.sealed", "a.lovelace"})},
      {"new-password-unlike", page(200, kSunflower, model::NewPasswordPage{action, "v1.sealed", "a.lovelace", Fresh::not_alike})},
      {"new-password-short", page(200, kNight, model::NewPasswordPage{action, "v1.sealed", "a.lovelace", Fresh::too_short})},
      {"consent", page(200, kSunflower, consent)},
      {"consent-nothing", page(200, kHarbour, model::ConsentPage{action, "v1.sealed", "a.lovelace", "Budget Planner", {}})},
      {"logout", page(200, kHarbour, model::LogoutPage{action, "v1.sealed", "Tender Portal"})},
      {"logged-out", page(200, kSunflower, model::LoggedOutPage{"https://portal.example.com/", "Tender Portal"})},
      {"logged-out-nowhere", page(200, kNight, model::LoggedOutPage{"", ""})},
      {"still-signed-in", page(200, kHarbour, model::StillSignedInPage{})},
      {"session-status", page(200, kHarbour, model::SessionStatusPage{"tessera-status-harbour"})},
      {"cookie-probe", page(200, kHarbour, model::CookieProbePage{})},
      {"error",
       page(400, kHarbour, model::ErrorPage{"invalid_request", "redirect_uri is not registered for this client", "7f3a9c1e5b2d4f60"})},
      {"error-unavailable", page(503, {}, model::ErrorPage{"temporarily_unavailable", "", "7f3a9c1e5b2d4f60"})},
      {"expired", page(400, kSunflower, model::ExpiredPage{"/realms/harbour/authorize?client_id=tender&scope=openid"})},
      {"expired-nowhere", page(400, kNight, model::ExpiredPage{""})},
      {"form-post",
       page(200, kHarbour,
            model::FormPostPage{"https://portal.example.com/callback", {{"code", "SplxlOBeZQQYbYS6WxSbIA"}, {"state", kState}}})},
  };
}

inline std::string header_of(const http::Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers)
    if (key == name) return value;
  return {};
}

}  // namespace tessera::pages
