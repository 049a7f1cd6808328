#include "registration/metadata.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "base/control.h"
#include "jose/jwks.h"
#include "policy/redirect_uri.h"

namespace tessera::registration {
namespace {

namespace json = boost::json;

constexpr std::size_t kTextBytesMax = 2'048;
constexpr std::size_t kNameBytesMax = 255;
constexpr std::size_t kItemsMax = 32;
constexpr std::size_t kAboutBytesMax = 8'192;

bool is_text(const json::value& value, std::size_t bytes_max) {
  return value.is_string() && value.get_string().size() <= bytes_max &&
         !base::has_control({value.get_string().data(), value.get_string().size()});
}

/// Reads members, and keeps the first thing that is wrong. A member that is null counts as left out (RFC 7592, 2.2).
class Reader {
 public:
  explicit Reader(const json::object& said) : said_(said) {}

  const json::value* find(std::string_view member) const {
    const auto* const value = said_.if_contains(member);
    return value == nullptr || value->is_null() ? nullptr : value;
  }
  void text(std::string_view member, std::string& out, std::size_t bytes_max = kTextBytesMax) {
    const auto* const value = find(member);
    if (value == nullptr) return;
    if (!is_text(*value, bytes_max)) return refuse(member, "is no text, or too long");
    out.assign(value->get_string());
  }
  void flag(std::string_view member, bool& out) {
    const auto* const value = find(member);
    if (value == nullptr) return;
    if (!value->is_bool()) return refuse(member, "is neither true nor false");
    out = value->get_bool();
  }
  void texts(std::string_view member, std::vector<std::string>& out) {
    const auto* const value = find(member);
    if (value == nullptr) return;
    if (!value->is_array() || value->get_array().size() > kItemsMax) return refuse(member, "is no list, or too long");
    out.clear();
    for (const auto& item : value->get_array()) {
      if (!is_text(item, kTextBytesMax)) return refuse(member, "holds something that is no text, or too long");
      out.emplace_back(item.get_string());
    }
  }
  void refuse(std::string_view member, std::string_view why, Reason reason = Reason::metadata_invalid) {
    if (status_) status_ = refuse_member(member, why, reason);
  }
  const Status& status() const { return status_; }

 private:
  const json::object& said_;
  Status status_;
};

/// Where the server will ask or post.
void read_outbound_uri(Reader& reader, std::string_view member, std::string& uri) {
  reader.text(member, uri);
  if (const auto fault = policy::outbound_uri_fault(uri); !fault.empty()) reader.refuse(member, fault);
}

void read_uris(Reader& reader, Metadata& metadata) {
  reader.texts("redirect_uris", metadata.redirect_uris);
  for (const auto& uri : metadata.redirect_uris)
    if (const auto fault = policy::redirect_uri_fault(uri, false); !fault.empty())
      reader.refuse("redirect_uris", "holds one that " + std::string(fault), Reason::metadata_redirect_uri_invalid);
  reader.texts("post_logout_redirect_uris", metadata.post_logout_redirect_uris);
  for (const auto& uri : metadata.post_logout_redirect_uris)
    if (const auto fault = policy::redirect_uri_fault(uri, false); !fault.empty())
      reader.refuse("post_logout_redirect_uris", "holds one that " + std::string(fault));
  read_outbound_uri(reader, "backchannel_logout_uri", metadata.backchannel_logout_uri);
  reader.flag("backchannel_logout_session_required", metadata.backchannel_logout_session_required);
}

void read_authentication(Reader& reader, Metadata& metadata) {
  reader.text("token_endpoint_auth_method", metadata.auth_method);
  if (metadata.auth_method == "client_secret_jwt")
    reader.refuse("token_endpoint_auth_method",
                  "can't be client_secret_jwt: it needs a secret that can be read back, and secrets are kept as hashes here; ask for "
                  "private_key_jwt");
  read_outbound_uri(reader, "jwks_uri", metadata.jwks_uri);
  if (!metadata.jwks_uri.empty() && !metadata.jwks_uri.starts_with("https://")) reader.refuse("jwks_uri", "is not https");
  const auto* const jwks = reader.find("jwks");
  if (jwks == nullptr) return;
  if (!metadata.jwks_uri.empty()) reader.refuse("jwks_uri", "stands beside jwks: one of the two says what the keys are");
  metadata.jwks = json::serialize(*jwks);
  if (const auto keys = jose::parse_jwks(metadata.jwks); !keys) reader.refuse("jwks", keys.error().context);
}

bool is_contact(const json::value& value) {
  if (is_text(value, kNameBytesMax)) return true;
  const auto* const object = value.if_object();
  return object != nullptr && object->size() <= 8 &&
         std::all_of(object->begin(), object->end(), [](const auto& member) { return is_text(member.value(), kNameBytesMax); });
}

/// Nothing here depends on it, but others show it: a link of it leads to the web.
void read_about(Reader& reader, Metadata& metadata) {
  for (const std::string_view member : {"client_uri", "logo_uri", "tos_uri", "policy_uri"}) {
    std::string uri;
    reader.text(member, uri);
    if (uri.empty()) continue;
    if (policy::origin_of(uri).empty()) reader.refuse(member, "is no web address");
    metadata.about[member] = uri;
  }
  for (const std::string_view member : {"software_id", "software_version", "country", "description"}) {
    std::string text;
    reader.text(member, text);
    if (!text.empty()) metadata.about[member] = text;
  }
  if (const auto* const contacts = reader.find("contacts")) {
    const auto* const list = contacts->if_array();
    if (list == nullptr || list->size() > kItemsMax || !std::all_of(list->begin(), list->end(), is_contact))
      reader.refuse("contacts", "is no list of addresses");
    metadata.about["contacts"] = *contacts;
  }
  if (json::serialize(metadata.about).size() > kAboutBytesMax) reader.refuse("description", "is too long, with all else beside it");
}

}  // namespace

std::unexpected<Error> refuse_member(std::string_view member, std::string_view why, Reason reason) {
  const std::string text = std::string(member) + ' ' + std::string(why);
  return std::unexpected(Error{.reason = reason, .context = text, .limit = text});
}

Result<Metadata> read_metadata(const json::object& said) {
  Metadata metadata;
  Reader reader(said);
  // RFC 7591, 2.3: what it asserts would go before all else, so it is not passed over.
  if (reader.find("software_statement") != nullptr)
    reader.refuse("software_statement", "is not taken: nobody's is trusted here", Reason::software_statement_unapproved);
  read_uris(reader, metadata);
  read_authentication(reader, metadata);
  reader.texts("grant_types", metadata.grant_types);
  if (reader.find("response_types") != nullptr) reader.texts("response_types", metadata.response_types.emplace());
  if (reader.find("scope") != nullptr) reader.text("scope", metadata.scope.emplace());
  reader.text("client_name", metadata.client_name, kNameBytesMax);
  reader.text("id_token_signed_response_alg", metadata.id_token_alg);
  reader.text("userinfo_signed_response_alg", metadata.userinfo_alg);
  reader.text("subject_type", metadata.subject_type);
  read_about(reader, metadata);
  TRY(reader.status());
  return metadata;
}

}  // namespace tessera::registration
