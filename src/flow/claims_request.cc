#include "flow/claims_request.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "jose/json.h"
#include "policy/claims.h"
#include "tokens/id_claims.h"

namespace tessera::flow {
namespace {

namespace json = boost::json;

constexpr jose::JsonLimits kLimits{.max_bytes = 2'048, .max_depth = 16};

/// How one claim is asked for.
struct Wanted {
  bool essential = false;
  std::vector<std::string> values;  ///< of `value` and `values`; empty: any
};

void take_text(const json::value& value, std::vector<std::string>& texts) {
  if (const auto* text = value.if_string()) texts.emplace_back(*text);
}

/// null, or an object of `essential`, `value` and `values`; other members are none of ours (5.5.1).
Result<Wanted> read_wanted(const json::value& how) {
  Wanted wanted;
  if (how.is_null()) return wanted;
  const auto* const members = how.if_object();
  if (!members) return fail(Reason::claims_invalid);
  if (const auto* essential = members->if_contains("essential")) {
    if (!essential->is_bool()) return fail(Reason::claims_invalid);
    wanted.essential = essential->get_bool();
  }
  if (const auto* value = members->if_contains("value")) take_text(*value, wanted.values);
  if (const auto* values = members->if_contains("values")) {
    if (!values->is_array()) return fail(Reason::claims_invalid);
    for (const auto& value : values->get_array()) take_text(value, wanted.values);
  }
  return wanted;
}

Status take_claim(std::string_view place, std::string_view name, Wanted wanted, ClaimsRequest& request) {
  const bool in_id_token = place == policy::kInIdToken;
  if (policy::find_person_claim(name)) {
    if (!request.claims.empty()) request.claims += ' ';
    request.claims.append(place).append(":").append(name);
  } else if (name == "sub" && in_id_token) {
    request.subjects = std::move(wanted.values);
  } else if (name == "acr" && in_id_token && wanted.essential && !wanted.values.empty()) {
    // 5.5.1.1: one of these, or the sign-in has failed.
    if (std::ranges::find(wanted.values, tokens::kAcr) == wanted.values.end()) return fail(Reason::acr_unmet);
  }
  return {};
}

}  // namespace

Result<ClaimsRequest> read_claims_request(std::string_view text) {
  const auto parsed = jose::parse_json(text, kLimits);
  if (!parsed || !parsed->is_object()) return fail(Reason::claims_invalid);
  ClaimsRequest request;
  for (const std::string_view place : {policy::kInIdToken, policy::kInUserinfo}) {
    const auto* const asked = parsed->get_object().if_contains(place);
    if (!asked) continue;
    if (!asked->is_object()) return fail(Reason::claims_invalid);
    for (const auto& [name, how] : asked->get_object()) {
      Wanted wanted = TRY(read_wanted(how));
      TRY(take_claim(place, name, std::move(wanted), request));
    }
  }
  return request;
}

}  // namespace tessera::flow
