// What pages of other origins may read of an answer (Fetch, 3.2: CORS). What is published is for everyone; what a client is told is for the
// origins that it registered. No cookie of ours is looked at here, so a page gets no more than it brings; that it may send them along is
// said where a dialect's clients always do.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "dialects/dialect.h"
#include "http/message.h"
#include "model/exchange.h"

namespace tessera::dialects {

/// Whether the client that a request names, by its id or by its token, registered this origin. Errors: would_look_up.
using IsWebOrigin = std::function<Result<bool>(const model::EndpointRequest& asked, std::string_view origin, const Turn& turn)>;

/// Who may read an answer beside the caller's own program.
enum class Sharing : std::uint8_t { nobody, anyone, asker };

/// Whether the browser asks if it may ask. It names no client, and is told the same of every origin: what methods and headers there are.
bool is_preflight(const EndpointLook& look, const http::Request& request);
http::Response preflight_answer(const EndpointLook& look);

/// Decided before the endpoint acts, since it may take another lane. Errors: would_look_up.
Result<Sharing> sharing_of(const EndpointLook& look, const http::Request& request, const model::EndpointRequest& asked,
                           const IsWebOrigin& is_web_origin, const Turn& turn);
/// Says so in the headers.
void add_sharing(http::Response& response, const EndpointLook& look, const http::Request& request, Sharing sharing);

}  // namespace tessera::dialects
