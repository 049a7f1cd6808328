// What every page keeps to, and what hostile values do to it: nothing.
#include "pages/pages.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <thread>

#include "jose/json.h"
#include "pages/test_support.h"

namespace tessera::pages {
namespace {

using model::Language;

constexpr Language kEveryLanguage[] = {Language::en, Language::de, Language::fr};

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size())) ++found;
  return found;
}

/// The value of the first `attribute="..."` behind `before`.
std::string value_after(const std::string& html, std::string_view before, const std::string& attribute) {
  const std::string opening = " " + attribute + "=\"";
  const auto tag = html.find(before);
  const auto begin = tag == std::string::npos ? tag : html.find(opening, tag);
  if (begin == std::string::npos) return "absent";
  const auto from = begin + opening.size();
  return html.substr(from, html.find('"', from) - from);
}

struct PagesTest : testing::Test {
  const Pages pages{""};

  http::Response render(model::PageContent content, model::Brand brand = {}) const {
    return pages.render({200, std::move(brand), Language::en, std::move(content)});
  }
  std::string html(model::PageContent content, model::Brand brand = {}) const { return render(std::move(content), std::move(brand)).body; }
  std::string policy(const model::Brand& brand) const {
    return header_of(render(model::LogoutPage{"/logout", "i", ""}, brand), "Content-Security-Policy");
  }
};

TEST_F(PagesTest, EveryPageHasItsHeaders) {
  for (const Language language : kEveryLanguage)
    for (const Sample& sample : samples(language)) {
      SCOPED_TRACE(sample.name);
      const http::Response response = pages.render(sample.page);
      EXPECT_EQ(response.status, sample.page.status);
      EXPECT_EQ(header_of(response, "Content-Type"), "text/html; charset=utf-8");
      EXPECT_EQ(header_of(response, "Content-Language"), model::kLanguageTags[static_cast<std::size_t>(language)]);
      EXPECT_EQ(header_of(response, "Cache-Control"), "no-store");
      EXPECT_EQ(header_of(response, "Pragma"), "no-cache");
      EXPECT_EQ(header_of(response, "X-Frame-Options"), "DENY");
      EXPECT_EQ(header_of(response, "X-Content-Type-Options"), "nosniff");
      EXPECT_EQ(header_of(response, "Referrer-Policy"), "no-referrer");
      const std::string policy = header_of(response, "Content-Security-Policy");
      EXPECT_TRUE(policy.starts_with("default-src 'none'; style-src 'self'")) << policy;
      EXPECT_TRUE(policy.ends_with("; base-uri 'none'; frame-ancestors 'none'")) << policy;
      EXPECT_FALSE(has(policy, "unsafe")) << policy;
      EXPECT_EQ(has(policy, "script-src 'self'"), sample.has_script()) << policy;
    }
}

TEST_F(PagesTest, EveryPageIsWholeAndInItsLanguage) {
  for (const Language language : kEveryLanguage)
    for (const Sample& sample : samples(language)) {
      SCOPED_TRACE(sample.name);
      const std::string body = pages.render(sample.page).body;
      EXPECT_TRUE(body.starts_with("<!doctype html>")) << body.substr(0, 40);
      EXPECT_TRUE(body.ends_with("</html>"));
      EXPECT_EQ(value_after(body, "<html", "lang"), model::kLanguageTags[static_cast<std::size_t>(language)]);
      EXPECT_EQ(count(body, "<h1>"), 1U);
      EXPECT_EQ(count(body, "<main>"), 1U);
      EXPECT_TRUE(has(body, "name=\"viewport\""));
      EXPECT_FALSE(has(body, "{{") || has(body, "[["));
      EXPECT_EQ(count(body, "<script"), sample.has_script() ? 1U : 0U);
      EXPECT_FALSE(has(body, "style=\"") || has(body, " onload") || has(body, " onclick"));
    }
}

TEST_F(PagesTest, ScriptsFindEveryFieldAndButton) {
  const std::string login = html(model::LoginPage{"/sign-in", "sealed", "ada", "App"});
  EXPECT_EQ(value_after(login, "<form id=\"login\"", "action"), "/sign-in");
  EXPECT_EQ(value_after(login, "<input type=\"hidden\" name=\"interaction\"", "value"), "sealed");
  EXPECT_EQ(value_after(login, "<input id=\"username\" name=\"username\"", "value"), "ada");
  EXPECT_EQ(value_after(login, "<input id=\"username\"", "autocomplete"), "username");
  EXPECT_EQ(value_after(login, "<input id=\"password\" name=\"password\"", "autocomplete"), "current-password");
  EXPECT_TRUE(has(login, "id=\"sign-in\" name=\"action\" value=\"login\""));

  const std::string fresh = html(model::NewPasswordPage{"/sign-in", "sealed", "ada"});
  EXPECT_EQ(value_after(fresh, "<form id=\"new-password\"", "action"), "/sign-in");
  EXPECT_EQ(value_after(fresh, "name=\"interaction\"", "value"), "sealed");
  EXPECT_EQ(value_after(fresh, "<input id=\"new_password\" name=\"new_password\"", "autocomplete"), "new-password");
  EXPECT_EQ(value_after(fresh, "<input id=\"new_password_again\" name=\"new_password_again\"", "autocomplete"), "new-password");
  EXPECT_TRUE(has(fresh, "id=\"save\" name=\"action\" value=\"save\""));

  const std::string consent = html(model::ConsentPage{"/consent", "sealed", "ada", "App", {{"a", ""}}});
  EXPECT_EQ(value_after(consent, "<form id=\"consent\"", "action"), "/consent");
  EXPECT_EQ(value_after(consent, "name=\"interaction\"", "value"), "sealed");
  EXPECT_TRUE(has(consent, "id=\"allow\" name=\"action\" value=\"allow\""));
  EXPECT_TRUE(has(consent, "id=\"deny\" name=\"action\" value=\"deny\""));
  EXPECT_TRUE(has(consent, "<input id=\"remember\" name=\"remember\" type=\"checkbox\" value=\"on\" checked>"));

  const std::string logout = html(model::LogoutPage{"/logout", "sealed", ""});
  EXPECT_EQ(value_after(logout, "<form id=\"logout\"", "action"), "/logout");
  EXPECT_EQ(value_after(logout, "name=\"interaction\"", "value"), "sealed");
  EXPECT_TRUE(has(logout, "id=\"log-out\" name=\"action\" value=\"logout\""));
  EXPECT_TRUE(has(logout, "id=\"stay\" name=\"action\" value=\"stay\""));

  EXPECT_EQ(value_after(html(model::LoggedOutPage{"https://app.example/", "App"}), "id=\"continue\"", "href"), "https://app.example/");
  EXPECT_EQ(value_after(html(model::ExpiredPage{"/authorize?a=b&c=d:e"}), "id=\"restart\"", "href"), "/authorize?a=b&amp;c=d:e");
  const std::string carried = html(model::FormPostPage{"https://app.example/cb?x=1&y=2", {{"code", "c0de"}}});
  EXPECT_EQ(value_after(carried, "<form id=\"form-post\"", "action"), "https://app.example/cb?x=1&amp;y=2");
  EXPECT_EQ(value_after(carried, "name=\"code\"", "value"), "c0de");
  EXPECT_TRUE(has(carried, "<button class=\"primary\" id=\"continue\">"));
}

TEST_F(PagesTest, AProblemIsTiedToItsField) {
  using Login = model::LoginPage::Problem;
  using Fresh = model::NewPasswordPage::Problem;
  const std::string wrong = html(model::LoginPage{"/", "i", "ada", "", Login::wrong_credentials});
  EXPECT_TRUE(has(wrong, "id=\"problem\" role=\"alert\">The username or password is not correct."));
  EXPECT_EQ(count(wrong, "aria-describedby=\"problem\" aria-invalid=\"true\""), 2U);
  const std::string disabled = html(model::LoginPage{"/", "i", "ada", "", Login::disabled});
  EXPECT_EQ(count(disabled, "aria-describedby=\"problem\""), 2U);
  EXPECT_FALSE(has(disabled, "aria-invalid"));
  EXPECT_FALSE(has(html(model::LoginPage{"/", "i", "ada", ""}), "problem"));

  const std::pair<Fresh, std::string> texts[] = {{Fresh::not_alike, "not the same"},
                                                 {Fresh::too_short, "too short"},
                                                 {Fresh::too_long, "too long"},
                                                 {Fresh::same_as_before, "current password"}};
  for (const auto& [problem, words] : texts) {
    const std::string page = html(model::NewPasswordPage{"/", "i", "ada", problem});
    EXPECT_TRUE(has(page.substr(page.find("role=\"alert\"")), words)) << words;
    EXPECT_EQ(count(page, "aria-invalid=\"true\""), 1U);
    const std::string field = problem == Fresh::not_alike ? "<input id=\"new_password_again\"" : "<input id=\"new_password\"";
    EXPECT_EQ(value_after(page, field, "aria-invalid"), "true");
    EXPECT_TRUE(value_after(page, field, "aria-describedby").starts_with("problem"));
  }
}

TEST_F(PagesTest, FocusStandsWhereTypingBegins) {
  EXPECT_GT(html(model::LoginPage{"/", "i", "", ""}).find("id=\"password\""), html(model::LoginPage{"/", "i", "", ""}).find("autofocus"));
  EXPECT_LT(html(model::LoginPage{"/", "i", "ada", ""}).find("id=\"password\""),
            html(model::LoginPage{"/", "i", "ada", ""}).find("autofocus"));
}

/// Closes whatever it stands in, and names each way to run a script.
constexpr std::string_view kHostile =
    "'\"></title></textarea></style></script><script>alert(1)</script><img src=x onerror=alert(1)>{{ACTION}}&lt;";

/// Wherever the value stands, what could leave its place is gone.
void expect_harmless(const std::string& body, const std::string& where) {
  SCOPED_TRACE(where);
  EXPECT_TRUE(has(body, "alert(1)")) << "the value is not on the page";
  EXPECT_FALSE(has(body, "<script>") || has(body, "<img src=x")) << body;
  EXPECT_FALSE(has(body, "'\">")) << body;
  EXPECT_EQ(count(body, "</title>"), 1U);
  EXPECT_EQ(count(body, "</form>"), count(body, "<form "));
}

TEST_F(PagesTest, HostileTextIsEscapedInEveryField) {
  const std::string bad(kHostile);
  expect_harmless(html(model::LoginPage{"/", bad, "", ""}), "login interaction");
  expect_harmless(html(model::LoginPage{"/", "", bad, ""}), "login username");
  expect_harmless(html(model::LoginPage{"/", "", "", bad}), "login client");
  expect_harmless(html(model::NewPasswordPage{"/", bad, ""}), "new password interaction");
  expect_harmless(html(model::NewPasswordPage{"/", "", bad}), "new password username");
  expect_harmless(html(model::ConsentPage{"/", bad, "", "", {}}), "consent interaction");
  expect_harmless(html(model::ConsentPage{"/", "", bad, "", {}}), "consent username");
  expect_harmless(html(model::ConsentPage{"/", "", "", bad, {}}), "consent client, no scopes");
  expect_harmless(html(model::ConsentPage{"/", "", "", bad, {{"a", "b"}}}), "consent client");
  expect_harmless(html(model::ConsentPage{"/", "", "", "", {{bad, ""}}}), "consent word");
  expect_harmless(html(model::ConsentPage{"/", "", "", "", {{"a", bad}}}), "consent text");
  expect_harmless(html(model::LogoutPage{"/", bad, ""}), "logout interaction");
  expect_harmless(html(model::LogoutPage{"/", "", bad}), "logout client");
  expect_harmless(html(model::LoggedOutPage{"https://a.example/", bad}), "logged out client");
  expect_harmless(html(model::ErrorPage{bad, "", ""}), "error code");
  expect_harmless(html(model::ErrorPage{"", bad, ""}), "error description");
  expect_harmless(html(model::ErrorPage{"", "", bad}), "error request id");
  expect_harmless(html(model::FormPostPage{"https://a.example/", {{bad, ""}}}), "form_post name");
  expect_harmless(html(model::FormPostPage{"https://a.example/", {{"state", bad}}}), "form_post value");
  expect_harmless(html(model::LogoutPage{"/", "", ""}, {.display_name = bad}), "display name");
}

TEST_F(PagesTest, AHostileAddressLeadsNowhere) {
  const std::string bad[] = {"javascript:alert(1)",
                             "JaVaScRiPt:alert(1)",
                             " javascript:alert(1)",
                             "java\nscript:alert(1)",
                             "data:text/html,<script>alert(1)</script>",
                             "vbscript:alert(1)",
                             "//evil.example/alert(1)",
                             "/\\evil.example/alert(1)",
                             "https:alert(1)",
                             "/\"><script>alert(1)</script>",
                             std::string(kHostile)};
  for (const std::string& uri : bad) {
    SCOPED_TRACE(uri);
    for (const model::PageContent& content : std::vector<model::PageContent>{
             model::LoginPage{uri, "", "", ""}, model::NewPasswordPage{uri, "", ""}, model::ConsentPage{uri, "", "", "", {}},
             model::LogoutPage{uri, "", ""}, model::LoggedOutPage{uri, ""}, model::ExpiredPage{uri}, model::FormPostPage{uri, {}}})
      EXPECT_FALSE(has(html(content), "alert(1)"));
    EXPECT_FALSE(has(html(model::LoggedOutPage{uri, ""}), "id=\"continue\""));
    EXPECT_FALSE(has(html(model::ExpiredPage{uri}), "id=\"restart\""));
    const http::Response refused = render(model::FormPostPage{uri, {{"code", "s3cret"}}});
    EXPECT_EQ(refused.status, 400);
    EXPECT_FALSE(has(refused.body, "s3cret"));
    EXPECT_FALSE(has(html(model::LogoutPage{"/", "", ""}, {.logo_uri = uri, .accent_color = uri}), "alert(1)"));
    EXPECT_EQ(policy({.logo_uri = uri, .accent_color = uri}),
              "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'");
  }
  // Another site's address is no place to post a password to, however harmless it looks.
  EXPECT_EQ(value_after(html(model::LoginPage{"https://evil.example/", "", "", ""}), "<form", "action"), "#");
}

TEST_F(PagesTest, ThePolicyAllowsWhatTheBrandNeeds) {
  EXPECT_EQ(policy({.logo_uri = "https://cdn.example.com:8443/a/logo.png?v=2"}),
            "default-src 'none'; style-src 'self'; img-src https://cdn.example.com:8443; base-uri 'none'; frame-ancestors 'none'");
  EXPECT_EQ(policy({.logo_uri = "data:image/png;base64,iVBORw0KGgo="}),
            "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'");
  const std::string body = html(model::LogoutPage{"/", "", ""}, {.logo_uri = "https://cdn.example.com/a.png?x=1&y=2"});
  EXPECT_EQ(value_after(body, "<img", "src"), "https://cdn.example.com/a.png?x=1&amp;y=2");
}

TEST_F(PagesTest, OnlyThoseMayFrameAPageWhomItNames) {
  const auto framed = [&](std::vector<std::string> by) {
    return pages.render({.content = model::SessionStatusPage{"tessera-status-harbour"}, .framed_by = std::move(by)});
  };
  const http::Response two = framed({"https://app.example", "http://127.0.0.1:9000"});
  EXPECT_EQ(header_of(two, "Content-Security-Policy"),
            "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; "
            "frame-ancestors https://app.example http://127.0.0.1:9000");
  EXPECT_EQ(header_of(two, "X-Frame-Options"), "");
  EXPECT_EQ(value_after(two.body, "<p id=\"session-status\"", "data-cookie"), "tessera-status-harbour");
  for (const char* bad : {"https://app.example; script-src *", "https://*.example", "*", "https://a.example,https://b.example"}) {
    const std::string policy = header_of(framed({bad}), "Content-Security-Policy");
    EXPECT_TRUE(policy.ends_with("; frame-ancestors 'none'")) << policy;
  }
  expect_harmless(html(model::SessionStatusPage{std::string(kHostile)}), "cookie name");
}

TEST_F(PagesTest, TheAccentComesWithANonceOfItsOwn) {
  const model::Brand brand{.accent_color = "#FFD23f"};
  const http::Response response = render(model::LogoutPage{"/", "", ""}, brand);
  const std::string nonce = value_after(response.body, "<style", "nonce");
  EXPECT_EQ(nonce.size(), 22U);
  EXPECT_TRUE(has(header_of(response, "Content-Security-Policy"), "style-src 'self' 'nonce-" + nonce + "';"));
  EXPECT_TRUE(has(response.body, "--accent:#ffd23f;--on-accent:#000000;"));
  EXPECT_NE(value_after(html(model::LogoutPage{"/", "", ""}, brand), "<style", "nonce"), nonce);
  EXPECT_FALSE(has(html(model::LogoutPage{"/", "", ""}), "<style"));
}

TEST_F(PagesTest, ABrandWithoutALogoShowsItsInitial) {
  EXPECT_TRUE(has(html(model::LogoutPage{"/", "", ""}, {.display_name = "Österreich"}), ">Ö</span>"));
  EXPECT_FALSE(has(html(model::LogoutPage{"/", "", ""}, kHarbour), "class=\"initial\""));
  EXPECT_FALSE(has(html(model::LogoutPage{"/", "", ""}), "class=\"brand\""));
}

TEST_F(PagesTest, ThreadsRenderAtTheSameTime) {
  const auto all = samples(Language::fr);
  std::vector<std::size_t> bytes(4);
  {
    std::vector<std::jthread> threads;
    for (std::size_t& sum : bytes)
      threads.emplace_back([&] {
        for (int round = 0; round < 20; ++round)
          for (const Sample& sample : all) sum += pages.render(sample.page).body.size();
      });
  }
  EXPECT_GT(bytes[0], 0U);
  EXPECT_EQ(bytes, std::vector<std::size_t>(4, bytes[0]));
}

TEST_F(PagesTest, AnErrorSaysNoMoreThanItWasGiven) {
  const std::string body = html(model::ErrorPage{"invalid_request", "", ""});
  EXPECT_TRUE(has(body, "<dd id=\"error-code\" lang=\"en\">invalid_request</dd>"));
  EXPECT_FALSE(has(body, "error-description") || has(body, "request-id"));
}

TEST_F(PagesTest, AssetsAreServedUnderTheNamesThatPagesUse) {
  const Pages below("/auth");
  const model::Page page{.content = model::FormPostPage{"https://a.example/", {}}};
  for (const Pages* const some : {&pages, &below}) {
    const std::string body = some->render(page).body;
    const std::string sheet = value_after(body, "<link", "href");
    const std::string script = value_after(body, "<script", "src");
    EXPECT_TRUE(sheet.starts_with(some == &below ? "/auth/pages/page-" : "/pages/page-")) << sheet;
    ASSERT_TRUE(some->asset(sheet) && some->asset(script));
    EXPECT_EQ(header_of(*some->asset(sheet), "Content-Type"), "text/css; charset=utf-8");
    EXPECT_EQ(header_of(*some->asset(script), "Content-Type"), "text/javascript; charset=utf-8");
    for (const std::string& path : {sheet, script}) {
      EXPECT_EQ(header_of(*some->asset(path), "Cache-Control"), "public, max-age=3600");
      EXPECT_EQ(header_of(*some->asset(path), "X-Content-Type-Options"), "nosniff");
      EXPECT_FALSE(some->asset(path)->body.empty());
    }
  }
  const std::string sheet = value_after(below.render(page).body, "<link", "href");
  EXPECT_TRUE(below.asset(sheet.substr(5))) << "behind a proxy that takes the base path off";
}

TEST_F(PagesTest, AnotherVersionsNameIsAnsweredButNotCached) {
  const auto other = pages.asset("/pages/page-000000000000.css");
  ASSERT_TRUE(other);
  EXPECT_EQ(header_of(*other, "Cache-Control"), "no-store");
  for (const auto* const path :
       {"/pages/", "/pages/page.css", "/pages/login.html", "/pages/page-000000000000.js", "/page-000000000000.css", ""})
    EXPECT_FALSE(pages.asset(path)) << path;
}

/// Not a test of its own: hands every page to tests/e2e/pages.test.mjs, which names the file.
TEST_F(PagesTest, SamplesForTheBrowser) {
  const char* const file = std::getenv("TESSERA_PAGES_OUT");
  if (!file) GTEST_SKIP() << "TESSERA_PAGES_OUT names no file";
  std::string json = "[";
  const auto append = [&](const std::string& path, const http::Response& response) {
    json += json.size() > 1 ? ",{\"path\":" : "{\"path\":";
    jose::append_json_string(json, path);
    json += ",\"status\":" + std::to_string(response.status) + ",\"headers\":{";
    for (const auto& [name, value] : response.headers) {
      if (!json.ends_with('{')) json += ',';
      jose::append_json_string(json, name);
      json += ':';
      jose::append_json_string(json, value);
    }
    json += "},\"body\":";
    jose::append_json_string(json, response.body);
    json += '}';
  };
  for (const Language language : kEveryLanguage)
    for (const Sample& sample : samples(language))
      append("/" + std::string(model::kLanguageTags[static_cast<std::size_t>(language)]) + "/" + sample.name, pages.render(sample.page));
  const std::string body = pages.render(samples(Language::en).back().page).body;
  for (const std::string& path : {value_after(body, "<link", "href"), value_after(body, "<script", "src")})
    append(path, *pages.asset(path));
  std::ofstream(file) << json << ']';
}

}  // namespace
}  // namespace tessera::pages
