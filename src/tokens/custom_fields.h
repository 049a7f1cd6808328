// Custom claims and response fields: constants of realm or client, or attributes of the user.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "jose/json.h"
#include "model/token.h"

namespace tessera::tokens {

using CustomValues = std::vector<std::pair<std::string, model::FieldValue>>;

/// The realm's, then the client's; an attribute that the user lacks is left out; the client's field replaces the realm's of that name.
CustomValues custom_claims(const model::Authorization& authorization);
CustomValues custom_response_fields(const model::Authorization& authorization);

/// A name that a custom claim may not take: what the core writes and what verifiers decide by.
bool is_reserved_claim(std::string_view name);

void write_custom(jose::JsonWriter& json, std::string_view name, const model::FieldValue& value);

}  // namespace tessera::tokens
