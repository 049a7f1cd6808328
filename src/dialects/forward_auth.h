// A proxy's question whether a request may pass (nginx auth_request). The same in every dialect: proxies know 200, 401, 403 and nothing
// else.
#pragma once

#include "dialects/dialect.h"
#include "http/message.h"
#include "model/exchange.h"

namespace tessera::dialects {

/// Reads the shown tokens, and `scope` and `audience` that the proxy's own configuration asks for. Any method will do, since proxies pass
/// on their client's. X-Original-URI counts from a listed proxy only. Errors: question_invalid.
Status decode_question(const http::Request& request, bool from_listed_proxy, model::EndpointRequest& asked);

/// 401 or 403 with RFC 6750's challenge, `space` being what it names as its realm; 503 when it can't be decided.
http::Response encode_refusal(const std::string& space, const model::EndpointRequest& asked, const Error& error);

}  // namespace tessera::dialects
