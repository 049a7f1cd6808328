#include "endpoints/endpoints.h"

namespace tessera::endpoints {

namespace {

Result<model::Reply> as_reply(Result<model::BrowserReply> answer) {
  if (!answer) return std::unexpected(std::move(answer).error());
  return model::Reply(*std::move(answer));
}

}  // namespace

Result<model::Reply> AuthorizeEndpoint::handle(const model::EndpointRequest& request, const Turn& turn) {
  return as_reply(sign_in_.begin(request, turn));
}

Result<model::Reply> InteractEndpoint::handle(const model::EndpointRequest& request, const Turn& turn) {
  const auto interaction = TRY(flow::open_form(interactions_, request));
  if (interaction.stage == flow::Interaction::Stage::logout) return as_reply(sign_out_.go_on(request, interaction, turn));
  return as_reply(sign_in_.go_on(request, interaction, turn));
}

}  // namespace tessera::endpoints
