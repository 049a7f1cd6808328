// From standard terms to the wire.
#pragma once

#include <string>
#include <string_view>

#include "dialects/dialect.h"
#include "http/message.h"
#include "model/exchange.h"

namespace tessera::dialects {

/// The body of a token response, appended field by field to one string.
std::string encode_tokens(const EndpointLook& look, std::string_view grant_type, const model::TokenSet& tokens);

http::Response encode_reply(const EndpointLook& look, const model::EndpointRequest& asked, model::Reply&& reply);
/// `space`: the protection space that a challenge names (RFC 9110, 11.5): the realm, or the dialect where the realm is none of ours.
http::Response encode_error(const EndpointLook& look, const std::string& space, const model::EndpointRequest& asked, const Error& error);

/// A JSON answer that no cache keeps (RFC 6749, 5.1).
http::Response uncached_json(int status, std::string body);
/// When it makes sense to try again; at least a second.
void add_retry_after(http::Response& response, const Error& error);

}  // namespace tessera::dialects
