// A dialect file as it was read: every value with its place, nothing compiled yet.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "dialects/dialect.h"

namespace tessera::dialects {

/// "FILE:LINE", for messages.
using Place = std::string;

inline std::unexpected<Error> refuse(const Place& place, const std::string& what) {
  return fail(Reason::dialect_invalid, place + ": " + what);
}

struct NameSpec {
  std::string wire;
  std::string standard;
  Place place;
};

struct FieldSpec {
  OutField field;
  std::optional<std::string> format;  ///< "seconds" or "rfc3339"
  std::optional<std::string> type;    ///< "number" or "string"
  Place place;
};

struct ReasonSpec {
  std::optional<int> status;
  std::optional<std::string> code;
  std::optional<std::string> text;
  Place place;
};
using ReasonSpecs = std::map<Reason, ReasonSpec>;

struct GrantSpec {
  std::string grant_type;
  std::optional<std::vector<FieldSpec>> out;
  ReasonSpecs reasons;
  Place place;
};

struct EndpointSpec {
  std::string name;
  model::EndpointKind kind = model::EndpointKind::token;
  std::vector<std::string> paths;
  std::vector<std::string> root_paths;
  std::vector<std::string> methods;
  std::vector<std::string> body;    ///< form, json
  std::vector<std::string> client;  ///< body, basic
  std::string grant_type;
  std::optional<int> success;
  std::optional<std::vector<NameSpec>> in;
  std::optional<std::vector<NameSpec>> members;
  std::vector<std::string> grant_types;  ///< those of a client that registers without naming any
  std::string update;                    ///< "amend": a PUT says what changes; "": all that there is
  std::optional<std::vector<FieldSpec>> out;
  std::vector<std::string> response;
  std::string errors;  ///< "challenge": what is wrong with a bearer token stands in the header alone; "": in the body too
  std::string cors;    ///< "credentials": pages may send cookies along, which nobody looks at; "": they may not
  ReasonSpecs reasons;
  std::vector<GrantSpec> grants;
  std::map<std::string, Place, std::less<>> places;  ///< of each key
  Place place;

  Place place_of(std::string_view key) const {
    const auto found = places.find(key);
    return found == places.end() ? place : found->second;
  }
  bool takes(std::string_view standard) const;
};

/// One field of an error body: a constant, or text with {code}, {description} and {status}.
struct ErrorFieldSpec {
  std::string name;
  std::string value;  ///< the template; JSON text where `constant`
  bool constant = false;
  Place place;
};

struct EnvelopeSpec {
  std::string name;  ///< of the object that holds the token fields; "" for no envelope
  std::vector<FieldSpec> constants;
  Place place;
};

/// What holds for all reasons of an OAuth code that say nothing themselves.
struct CodeSpec {
  std::optional<int> status;
  std::optional<std::string> text;
  Place place;
};

struct DialectSpec {
  std::string name;
  std::vector<ErrorFieldSpec> error;
  std::map<std::string, CodeSpec, std::less<>> codes;
  EnvelopeSpec envelope;
  ReasonSpecs reasons;
  std::vector<EndpointSpec> endpoints;
  Place place;
};

/// Reads the files, later ones over earlier ones: tables merge, everything else is replaced.
Result<DialectSpec> read_spec(const std::string& name, const std::vector<Dialect::Source>& sources);
/// The `extends` of a file, or "".
Result<std::string> read_extends(const Dialect::Source& source);

/// Holds a spec against the rules that no dialect may relax: an attacker picks the laxest one.
Status check_spec(const DialectSpec& spec);

/// Makes it ready for use. Errors: a map that tells an unknown user, a wrong password and a locked user apart.
Result<std::vector<EndpointLook>> compile_spec(const DialectSpec& spec);

}  // namespace tessera::dialects
