#include "flow/browser.h"

#include <fmt/format.h>

#include "base/base64url.h"
#include "base/digest.h"

namespace tessera::flow {
namespace {

constexpr std::string_view kBrowserCookie = "tessera-browser";
constexpr std::size_t kHandleChars = 22;

std::string session_cookie(const model::Realm& realm) { return "tessera-session-" + realm.name; }

}  // namespace

std::optional<std::string_view> find_cookie(const model::EndpointRequest& request, std::string_view name) {
  for (const auto& [given, value] : request.cookies)
    if (given == name && !value.empty()) return value;
  return std::nullopt;
}

BrowserName BrowserName::of(const model::EndpointRequest& request) {
  const auto kept = find_cookie(request, kBrowserCookie);
  if (kept && Handle::parse(*kept)) return {std::string(*kept), false};
  return {Handle::random().str(), true};
}

std::optional<model::Cookie> BrowserName::cookie() const {
  if (!is_new_) return std::nullopt;
  return model::Cookie{std::string(kBrowserCookie), text_};
}

std::string SessionCookies::mac(const model::Realm& realm, const Handle& session) const {
  return base::base64url_encode(
      base::hmac_sha256(key_.reveal(), fmt::format("session/{}/{}/{}", realm.handle.str(), epoch_, session.str())));
}

model::Cookie SessionCookies::make(const model::Realm& realm, const Handle& session) const {
  return {session_cookie(realm), session.str() + '.' + mac(realm, session)};
}

std::string SessionCookies::status_name(const model::Realm& realm) { return "tessera-status-" + realm.name; }

model::Cookie SessionCookies::make_status(const model::Realm& realm, const Handle& session) {
  return {status_name(realm), session.uuid(), true};
}

model::Cookie SessionCookies::drop_status(const model::Realm& realm) { return {status_name(realm), "", true}; }

model::Cookie SessionCookies::drop(const model::Realm& realm) { return {session_cookie(realm), ""}; }

Handle SessionCookies::read(const model::EndpointRequest& request, const model::Realm& realm) const {
  const auto value = find_cookie(request, session_cookie(realm));
  if (!value || value->size() <= kHandleChars || (*value)[kHandleChars] != '.') return {};
  const auto session = Handle::parse(value->substr(0, kHandleChars));
  if (!session || !base::equal_constant_time(value->substr(kHandleChars + 1), mac(realm, *session))) return {};
  return *session;
}

}  // namespace tessera::flow
