#include "pages/fill.h"

#include <string>
#include <string_view>

#include "pages/texts.h"
#include "pages/uri.h"

namespace tessera::pages {
namespace {

using model::NewPasswordPage;

/// Stands for an address that must not be followed: this page.
constexpr std::string_view kNowhere = "#";

/// One overload for each kind of page.
class Filler {
 public:
  Filler(ctemplate::TemplateDictionary& values, model::Language language, int status)
      : values_(values), language_(language), status_(status) {}

  void operator()(const model::LoginPage& page) {
    form(page.action, page.interaction);
    set("USERNAME", page.username);
    client(page.client_name);
    values_.ShowSection(page.username.empty() ? "USERNAME_FIRST" : "PASSWORD_FIRST");
    using Problem = model::LoginPage::Problem;
    if (page.problem == Problem::none) return;
    const bool wrong = page.problem == Problem::wrong_credentials;
    problem(wrong ? "login.wrong_credentials" : "login.disabled");
    if (wrong) values_.ShowSection("WRONG");
  }

  void operator()(const NewPasswordPage& page) {
    form(page.action, page.interaction);
    set("USERNAME", page.username);
    using Problem = NewPasswordPage::Problem;
    if (page.problem == Problem::none) return;
    problem(key_of(page.problem));
    values_.ShowSection(page.problem == Problem::not_alike ? "AGAIN_WRONG" : "NEW_WRONG");
  }

  void operator()(const model::ConsentPage& page) {
    form(page.action, page.interaction);
    set("USERNAME", page.username);
    client(page.client_name);
    values_.ShowSection(page.scopes.empty() ? "NO_SCOPES" : "WITH_SCOPES");
    for (const model::ConsentPage::Scope& scope : page.scopes) {
      ctemplate::TemplateDictionary& row = *values_.AddSectionDictionary("SCOPES");
      const std::string& shown = scope.text.empty() ? scope.word : scope.text;
      row.SetValueWithoutCopy("SCOPE", {shown.data(), shown.size()});
      row.ShowSection(scope.text.empty() ? "WORD" : "TEXT");
    }
  }

  void operator()(const model::LogoutPage& page) {
    form(page.action, page.interaction);
    client(page.client_name);
  }

  void operator()(const model::LoggedOutPage& page) {
    client(page.client_name);
    link(page.continue_uri);
  }

  void operator()(const model::StillSignedInPage&) {}

  void operator()(const model::SessionStatusPage& page) { set("COOKIE", page.cookie); }

  void operator()(const model::CookieProbePage&) {}

  void operator()(const model::ErrorPage& page) {
    values_.ShowSection(status_ >= 500 ? "UNAVAILABLE" : "REFUSED");
    set("CODE", page.code);
    set_where_given("DESCRIPTION", page.description, "DESCRIBED");
    set_where_given("REQUEST_ID", page.request_id, "TRACED");
  }

  void operator()(const model::ExpiredPage& page) { link(page.restart_uri); }

  void operator()(const model::FormPostPage& page) {
    set("ACTION", is_web_uri(page.action) ? std::string_view(page.action) : kNowhere);
    for (const auto& [name, value] : page.fields) {
      ctemplate::TemplateDictionary& row = *values_.AddSectionDictionary("FIELDS");
      row.SetValueWithoutCopy("NAME", {name.data(), name.size()});
      row.SetValueWithoutCopy("VALUE", {value.data(), value.size()});
    }
  }

 private:
  static std::string_view key_of(NewPasswordPage::Problem problem) {
    switch (problem) {
      case NewPasswordPage::Problem::not_alike:
        return "new_password.not_alike";
      case NewPasswordPage::Problem::too_short:
        return "new_password.too_short";
      case NewPasswordPage::Problem::too_long:
        return "new_password.too_long";
      case NewPasswordPage::Problem::same_as_before:
      case NewPasswordPage::Problem::none:
        break;
    }
    return "new_password.same_as_before";
  }

  void set(const char* name, std::string_view value) { values_.SetValueWithoutCopy(name, {value.data(), value.size()}); }
  void set_where_given(const char* name, std::string_view value, const char* section) {
    if (value.empty()) return;
    set(name, value);
    values_.ShowSection(section);
  }
  void form(std::string_view action, std::string_view interaction) {
    set("ACTION", is_local_path(action) ? action : kNowhere);
    set("INTERACTION", interaction);
  }
  void client(std::string_view name) {
    set("CLIENT_NAME", name);
    values_.ShowSection(name.empty() ? "FOR_NOBODY" : "FOR_CLIENT");
  }
  void problem(std::string_view key) {
    set("PROBLEM_TEXT", text(key, language_));
    values_.ShowSection("PROBLEM");
  }
  void link(std::string_view uri) {
    if (is_web_uri(uri) || is_local_path(uri))
      set_where_given("LINK", uri, "WITH_LINK");
    else
      values_.ShowSection("NO_LINK");
  }

  ctemplate::TemplateDictionary& values_;
  model::Language language_;
  int status_;
};

}  // namespace

void fill(ctemplate::TemplateDictionary& values, const model::PageContent& content, model::Language language, int status) {
  std::visit(Filler(values, language, status), content);
}

}  // namespace tessera::pages
