// A dialect: how the standard terms look on the wire. A data file, read and checked once; it translates and never decides.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/exchange.h"

namespace tessera::dialects {

/// What a field of a token response stands for, in the order of model::kTokenFieldNames.
enum class Term : std::uint8_t {
  access_token,
  token_type,
  expires_in,
  expires_at,
  refresh_token,
  refresh_expires_in,
  refresh_expires_at,
  id_token,
  session_state,
  scope,
  not_before_policy,
  custom,    ///< the realm's and the client's own fields, spliced in
  constant,  ///< the dialect's own
};

/// One field of a token response, ready to be written.
struct OutField {
  Term term = Term::constant;
  std::string name;      ///< on the wire
  std::string key;       ///< the name as JSON, with its colon
  bool rfc3339 = false;  ///< an instant as a timestamp; else as seconds since 1970
  bool quoted = false;   ///< a number written as a JSON string
  std::string fallback;  ///< JSON text: the constant, or what stands for an absent term; "" leaves the field out
};
using OutFields = std::vector<OutField>;

/// What a reason looks like. Written when the file is read, so nothing of a request can reach it.
struct Answer {
  int status = 400;
  std::string code;
  std::string text;
  std::string body;
};
/// One for every Reason, by its number.
using Answers = std::vector<Answer>;

/// How one endpoint looks.
struct EndpointLook {
  std::string name;
  model::EndpointKind kind = model::EndpointKind::token;
  std::vector<std::string> paths;       ///< below the mount's base; `{realm}` stands for the realm
  std::vector<std::string> root_paths;  ///< from the root, whatever the base (RFC 8414, 3)
  std::vector<std::string> methods;
  std::string allow;  ///< the Allow header of a 405
  bool takes_form = false;
  bool takes_json = false;
  bool client_in_body = false;
  bool client_in_basic = false;
  std::string implied_grant;                                  ///< "" when the request names it
  std::vector<std::pair<std::string, std::string>> names_in;  ///< wire -> standard, one to one, sorted by the wire's
  int success_status = 200;
  std::string opening;  ///< what goes before and after the token fields: `{` and `}`, or an envelope
  std::string closing;
  OutFields out;
  std::map<std::string, OutFields, std::less<>> out_by_grant;
  std::vector<std::pair<std::string, std::string>>
      members;                              ///< of registration's answer: wire -> standard, in order; none: all, as they are
  std::vector<std::string> implied_grants;  ///< of a client that registers without naming any
  bool amends = false;                      ///< a PUT says what changes, and not all that there is
  std::vector<std::string> response;        ///< the parameters of an authorization response, in order
  bool cors_with_credentials = false;       ///< its clients' pages always send what cookies they have
  Answers answers;
  std::map<std::string, Answers, std::less<>> answers_by_grant;

  /// The standard name of a wire name, or "".
  std::string_view standard_name(std::string_view wire) const;
  bool takes(std::string_view standard) const;
  const OutFields& fields_for(std::string_view grant_type) const;
  const Answer& answer_for(Reason reason, std::string_view grant_type) const;
};

/// Whether its caller shows an access token: userinfo, registration, and a revocation that names no other token.
bool takes_bearer(const EndpointLook& look);

class Library;

/// A parsed, checked and compiled dialect. Immutable; safe from any thread.
class Dialect {
 public:
  struct Source {
    std::string path;
    std::string toml;
  };
  Dialect(std::string name, std::vector<Source> sources, std::vector<EndpointLook> endpoints)
      : name_(std::move(name)), sources_(std::move(sources)), endpoints_(std::move(endpoints)) {}

  /// The file's name without ".toml".
  const std::string& name() const { return name_; }
  const std::vector<EndpointLook>& endpoints() const { return endpoints_; }
  /// Its own file last, those that it extends before.
  const std::vector<Source>& sources() const { return sources_; }

 private:
  std::string name_;
  std::vector<Source> sources_;
  std::vector<EndpointLook> endpoints_;
};

/// Errors: dialect_invalid, the context being "FILE:LINE: what is wrong; what to write".
Result<std::shared_ptr<const Dialect>> parse_dialect(std::string_view toml, const std::string& path, const Library& library);

/// The built-in dialects (oauth2, keycloak, finapi, finlex, flinks), and those of the operator's folders.
class Library {
 public:
  Library();
  /// Adds every *.toml of a folder, in whatever order they extend each other. A name that is taken is refused; on an error nothing is
  /// added.
  Status load_dir(const std::string& path);
  /// Null when there is none of that name.
  std::shared_ptr<const Dialect> find(std::string_view name) const;
  std::vector<std::string_view> names() const;

 private:
  Status add_all(std::vector<Dialect::Source> sources);

  std::map<std::string, std::shared_ptr<const Dialect>, std::less<>> dialects_;
};

}  // namespace tessera::dialects
