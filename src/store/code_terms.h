#pragma once

#include <boost/json/object.hpp>
#include <string_view>

#include "base/result.h"
#include "model/authorization_code.h"

namespace tessera::store {

/// As they are stored.
boost::json::object to_json(const model::CodeTerms& terms);
/// Errors: store_corrupt.
Result<model::CodeTerms> code_terms_of(std::string_view document);

}  // namespace tessera::store
