#pragma once

#include <string_view>

#include "model/page.h"

namespace tessera::flow {

/// The first language that we have: of `ui_locales` (OpenID Connect Core, 3.1.2.1), then of the Accept-Language header by its weights
/// (RFC 9110, 12.5.4), else English.
model::Language choose_language(std::string_view ui_locales, std::string_view accept_language);

}  // namespace tessera::flow
