// What a browser keeps for us: a name of its own, and for each realm the session that is signed in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/handle.h"
#include "base/secret.h"
#include "model/exchange.h"

namespace tessera::flow {

/// The value of one of our cookies; nothing when it is absent or empty.
std::optional<std::string_view> find_cookie(const model::EndpointRequest& request, std::string_view name);

/// The browser's own name: random, and what its forms are bound to. The session's would not do, for a form is shown before there is one.
class BrowserName {
 public:
  /// The one that it has, or a new one.
  static BrowserName of(const model::EndpointRequest& request);
  const std::string& text() const { return text_; }
  /// To be set, where it is new.
  std::optional<model::Cookie> cookie() const;
  bool is_new() const { return is_new_; }

 private:
  BrowserName(std::string text, bool is_new) : text_(std::move(text)), is_new_(is_new) {}
  std::string text_;
  bool is_new_;
};

/// The session of a browser in a realm. The id alone, which tokens show as `sid`, is worth nothing: the cookie holds a MAC over it. Safe
/// from any thread.
class SessionCookies {
 public:
  /// `key`: 32 bytes. A new restore epoch ends all sessions.
  SessionCookies(Secret key, std::int64_t epoch) : key_(std::move(key)), epoch_(epoch) {}

  model::Cookie make(const model::Realm& realm, const Handle& session) const;
  static model::Cookie drop(const model::Realm& realm);
  /// The session's id for Keycloak's login status iframe, whose script compares it with what an app knows. It opens nothing.
  static model::Cookie make_status(const model::Realm& realm, const Handle& session);
  static model::Cookie drop_status(const model::Realm& realm);
  static std::string status_name(const model::Realm& realm);
  /// Empty when there is none, or it was not made here.
  Handle read(const model::EndpointRequest& request, const model::Realm& realm) const;

 private:
  std::string mac(const model::Realm& realm, const Handle& session) const;

  Secret key_;
  std::int64_t epoch_;
};

}  // namespace tessera::flow
