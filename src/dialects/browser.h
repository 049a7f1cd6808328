// Pages, cookies and redirects: how endpoints that a person's browser comes to are read and answered.
#pragma once

#include <functional>

#include "base/result.h"
#include "dialects/dialect.h"
#include "http/message.h"
#include "model/exchange.h"

namespace tessera::dialects {

/// Makes a response of a page.
using RenderPage = std::function<http::Response(const model::Page& page)>;

/// Whether a person's browser asks. At an endpoint to log out, which clients of Keycloak use as well, the content tells: they show a
/// refresh token.
bool is_visit(const EndpointLook& look, const http::Request& request);
/// Fills in what a browser asks: the query of a GET, the form of a POST, our cookies. Errors: as decode().
Status decode_visit(const EndpointLook& look, const http::Request& request, model::EndpointRequest& asked);

http::Response encode_visit(const EndpointLook& look, const model::EndpointRequest& asked, const model::BrowserReply& reply,
                            const RenderPage& render);
/// What can't be told to the client is told to the person: a page, in the dialect's words.
http::Response encode_error_page(const EndpointLook& look, const model::EndpointRequest& asked, const Error& error,
                                 const RenderPage& render);

}  // namespace tessera::dialects
