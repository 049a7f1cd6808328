// What a person is shown and asked, without how it looks: flow/ decides it, pages/ renders it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "model/realm.h"

namespace tessera::model {

enum class Language : std::uint8_t { en, de, fr };
inline constexpr std::string_view kLanguageTags[] = {"en", "de", "fr"};

/// Who signs in, and for which client. `interaction` is the sealed request that the form carries back.
struct LoginPage {
  enum class Problem : std::uint8_t { none, wrong_credentials, disabled };
  std::string action;       ///< where the form is posted, as an absolute path
  std::string interaction;  ///< hidden field
  std::string username;     ///< filled in: login_hint, or what was typed before
  std::string client_name;
  Problem problem = Problem::none;
};

/// The user has to choose another password before going on.
struct NewPasswordPage {
  enum class Problem : std::uint8_t { none, not_alike, too_short, too_long, same_as_before };
  std::string action;
  std::string interaction;
  std::string username;
  Problem problem = Problem::none;
};

struct ConsentPage {
  struct Scope {
    std::string word;
    std::string text;  ///< the realm's own words in the page's language; "": show the word
  };
  std::string action;
  std::string interaction;
  std::string username;
  std::string client_name;
  std::vector<Scope> scopes;
};

/// Asks whether to end the session: the request to log out did not prove itself.
struct LogoutPage {
  std::string action;
  std::string interaction;
  std::string client_name;  ///< "" when no client asked
};

/// The session has ended, and there is nowhere to go back to.
struct LoggedOutPage {
  std::string continue_uri;  ///< "" for none
  std::string client_name;
};

/// In a frame of an app's: its script compares what the app knows with the cookie.
struct SessionStatusPage {
  std::string cookie;  ///< its name
};

/// In a frame of an app's: its script tries whether a cookie is kept.
struct CookieProbePage {};

/// The user was asked, and did not log out.
struct StillSignedInPage {};

/// A request that can't be answered by a redirect.
struct ErrorPage {
  std::string code;         ///< OAuth's, for developers
  std::string description;  ///< the dialect's words; "" for none
  std::string request_id;
};

/// The page's time is over, or it was opened in another browser.
struct ExpiredPage {
  std::string restart_uri;  ///< the authorization request once more; "" for none
};

/// Carries an authorization response to the client (OAuth 2.0 Form Post Response Mode).
struct FormPostPage {
  std::string action;
  std::vector<std::pair<std::string, std::string>> fields;
};

using PageContent = std::variant<LoginPage, NewPasswordPage, ConsentPage, LogoutPage, LoggedOutPage, ErrorPage, ExpiredPage, FormPostPage,
                                 StillSignedInPage, SessionStatusPage, CookieProbePage>;

struct Page {
  int status = 200;
  Brand brand;
  Language language = Language::en;
  PageContent content;
  std::vector<std::string> framed_by = {};  ///< the origins whose pages may frame it; empty: none
};

}  // namespace tessera::model
