#include "http/connection.h"

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <exception>
#include <utility>

#include "base/base64url.h"
#include "base/random.h"

namespace tessera::http {
namespace {

constexpr std::size_t kBufferBytes = 4'096;
constexpr std::size_t kBufferKeptBytes = 8'192;  // a larger buffer is given back after the request
constexpr Refusal kNoRoom{503, "Too many large requests are on their way."};
constexpr std::size_t kChunkRoomBytes = 2'048;
constexpr int kRequestsInARowMax = 32;
constexpr std::chrono::milliseconds kLingerTime{1'000};
constexpr std::size_t kLingerBytesMax = 1 << 20;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

void make_request_id(std::string& id) {
  std::array<std::uint8_t, 16> bytes;
  base::random_bytes(bytes);
  id.clear();
  base::base64url_append(id, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace

Connection::Connection(IoThread& thread, boost::asio::posix::stream_descriptor socket, SslPtr ssl, std::string remote_address)
    : thread_(thread),
      context_(thread.context()),
      socket_(std::move(socket)),
      transport_(socket_.native_handle(), std::move(ssl)),
      remote_address_(std::move(remote_address)),
      in_(kBufferBytes) {
  request_.tls = transport_.is_tls();
  request_.remote_address = remote_address_;
}

void Connection::start(Place place) {
  place_ = place;
  phase_ = transport_.is_tls() ? Phase::handshake : Phase::head;
  set_deadline(context_.options.timeouts.head);
  wait(boost::asio::posix::descriptor_base::wait_read);
}

void Connection::cut_if_late(SteadyTime next_look) {
  if (phase_ != Phase::working && deadline_ <= next_look) close();
}

void Connection::drain() {
  const auto asks_nothing = [this] { return phase_ == Phase::handshake || (phase_ == Phase::head && in_bytes_ == 0); };
  if (!asks_nothing()) return;
  boost::system::error_code ignored;
  (void)socket_.cancel(ignored);
  drive();  // one more look: to close over a request that nobody has read yet would reset the connection
  if (asks_nothing()) close();
}

void Connection::close() {
  if (std::exchange(phase_, Phase::closed) == Phase::closed) return;
  boost::system::error_code ignored;
  (void)socket_.close(ignored);
  context_.large_buffers_bytes -= std::exchange(large_bytes_, 0);
  thread_.forget(place_);
}

void Connection::set_deadline(std::chrono::milliseconds in) { deadline_ = std::chrono::steady_clock::now() + in; }

void Connection::wait(boost::asio::posix::descriptor_base::wait_type what) {
  socket_.async_wait(what, [self = shared_from_this()](const boost::system::error_code& error) {
    if (!error) self->drive();
  });
}

void Connection::drive() {
  requests_in_a_row_ = 0;
  while (true) {
    switch (step()) {
      case Next::again:
        continue;
      case Next::wait_read:
        return wait(boost::asio::posix::descriptor_base::wait_read);
      case Next::wait_write:
        return wait(boost::asio::posix::descriptor_base::wait_write);
      case Next::parked:
        return;
    }
  }
}

Connection::Next Connection::step() {
  switch (phase_) {
    case Phase::handshake:
      return handshake();
    case Phase::head:
      return read_head();
    case Phase::body:
      return read_body();
    case Phase::writing:
      return write();
    case Phase::lingering:
      return linger();
    case Phase::working:
    case Phase::closed:
      break;
  }
  return Next::parked;
}

Connection::Next Connection::parked_closed() {
  close();
  return Next::parked;
}

std::optional<Connection::Next> Connection::unless_done(IoState state) {
  switch (state) {
    case IoState::want_read:
      return Next::wait_read;
    case IoState::want_write:
      return Next::wait_write;
    case IoState::closed:
      return parked_closed();
    case IoState::done:
      break;
  }
  return std::nullopt;
}

// Reading.

Connection::Next Connection::handshake() {
  if (const auto next = unless_done(transport_.handshake().state)) return *next;
  phase_ = Phase::head;
  set_deadline(context_.options.timeouts.head);
  return Next::again;
}

/// Reads more, behind what is there. `again` when something came.
Connection::Next Connection::fill() {
  const IoResult result = transport_.read({in_.data() + in_bytes_, in_.size() - in_bytes_});
  if (const auto next = unless_done(result.state)) return *next;
  if (phase_ == Phase::head && in_bytes_ == 0) set_deadline(context_.options.timeouts.head);
  in_bytes_ += result.bytes;
  return Next::again;
}

Connection::Next Connection::read_head() {
  const Limits& limits = context_.options.limits;
  if (const auto end = head_end_.find(received())) return begin_request(*end);
  if (in_bytes_ >= limits.head_bytes) return refuse(refuse_endless_head(received(), limits));
  if (in_bytes_ == in_.size()) grow(std::min(in_.size() * 2, limits.head_bytes));
  return has_room() ? fill() : refuse(kNoRoom);
}

Connection::Next Connection::begin_request(std::size_t head_bytes) {
  if (const auto refusal = scan_head(received().substr(0, head_bytes), context_.options.limits, head_)) return refuse(*refusal);
  head_bytes_ = head_bytes;
  head_moved_ = false;
  if (thread_.draining()) return refuse({503, "The server is stopping."});
  return begin_body();
}

Connection::Next Connection::begin_body() {
  request_bytes_ = head_bytes_ + head_.content_length;
  chunked_.reset();
  if (head_.chunked) {
    chunked_.emplace(context_.options.limits.body_bytes);
    grow(head_bytes_ + kChunkRoomBytes);
  }
  const bool body_is_awaited = (chunked_ || head_.content_length > 0) && in_bytes_ == head_bytes_;
  if (head_.expects_continue && body_is_awaited && transport_.write(kContinue).bytes != kContinue.size()) return parked_closed();
  phase_ = Phase::body;
  set_deadline(context_.options.timeouts.body);
  return Next::again;
}

/// Only ever to twice of what came: what a peer announces costs it nothing, and 10,000 of them would cost us everything.
void Connection::grow(std::size_t size) {
  if (size <= in_.size()) return;
  in_.reserve(size);  // no more than that: a vector that grows by itself rounds up
  in_.resize(size);
  head_moved_ = true;
}

/// Counts this connection's large buffers anew, as far as an idle one would not keep them. False when they grew beyond what all
/// connections may hold in such.
bool Connection::has_room() {
  const auto beyond_kept = [](std::size_t bytes) { return bytes - std::min(bytes, kBufferKeptBytes); };
  const std::size_t large = beyond_kept(in_.size()) + beyond_kept(chunked_body_.capacity());
  if (large == large_bytes_) return true;
  const bool grew = large > large_bytes_;
  const std::size_t all = context_.large_buffers_bytes += large - std::exchange(large_bytes_, large);
  return !grew || all <= context_.options.limits.large_buffers_bytes;
}

Connection::Next Connection::read_body() {
  if (chunked_) return read_chunks();
  if (in_bytes_ < request_bytes_) {
    if (in_bytes_ == in_.size()) grow(std::min(in_.size() * 2, request_bytes_));
    return has_room() ? fill() : refuse(kNoRoom);
  }
  request_.body = received().substr(head_bytes_, head_.content_length);
  return handle();
}

Connection::Next Connection::read_chunks() {
  std::string_view rest = received().substr(head_bytes_);
  if (const auto refusal = chunked_->feed(rest, chunked_body_)) return refuse(*refusal);
  request_bytes_ = in_bytes_ - rest.size();
  if (!chunked_->done()) {
    base::wipe({in_.data() + head_bytes_, in_bytes_ - head_bytes_});
    in_bytes_ = head_bytes_;  // all of it was taken: its room is free again, so that the head never moves
    return has_room() ? fill() : refuse(kNoRoom);
  }
  request_.body = {chunked_body_.data(), chunked_body_.size()};
  return handle();
}

// Answering.

/// The head as the handler sees it; its views are good until the buffer changes again.
void Connection::take_head() {
  if (head_moved_) scan_head(received().substr(0, head_bytes_), context_.options.limits, head_);
  std::swap(head_.fields, request_.headers);  // both keep their capacity
  request_.method = head_.method;
  request_.target = head_.target;
  request_.minor_version = head_.minor_version;
}

Connection::Next Connection::handle() {
  take_head();
  const std::size_t mark = std::min(request_.target.find('?'), request_.target.size());
  request_.path = request_.target.substr(0, mark);
  request_.query = request_.target.substr(std::min(mark + 1, request_.target.size()));
  make_request_id(request_.request_id);
  counted_ = false;
  if (!thread_.fibers().has_room()) return take_answer(call_handler(Lane::io, nullptr), Lane::io);
  phase_ = Phase::working;
  const bool answered = thread_.fibers().run([this](Pause& pause) { answer_ = call_handler(Lane::io, &pause); },
                                             [self = shared_from_this()] { self->go_on(); });
  return answered ? take_answer(std::move(answer_), Lane::io) : Next::parked;
}

/// The handler was put aside, and has answered now.
void Connection::go_on() {
  if (phase_ != Phase::closed && take_answer(std::move(answer_), Lane::io) == Next::again) drive();
}

std::expected<Response, Detour> Connection::call_handler(Lane lane, Pause* pause) {
  try {
    return context_.handler(request_, Turn{context_.clock.now(), lane, counted_, pause});
  } catch (const std::exception& error) {
    context_.log.error("handler_failed", {{"request_id", request_.request_id}, {"what", error.what()}});
    return error_response(500, "The server failed.");
  }
}

/// A lane that asks for itself, or back, would go round for ever: a defect, and answered as one.
Connection::Next Connection::take_answer(std::expected<Response, Detour> answer, Lane from) {
  if (answer) return respond(*answer, head_.keep_alive);
  if (answer.error().lane <= from) {
    context_.log.error("handler_gave_no_answer", {{"request_id", request_.request_id}, {"path", std::string(request_.path)}});
    return respond(error_response(500, "The server failed."), head_.keep_alive);
  }
  phase_ = Phase::working;
  if (submit(answer.error())) return Next::parked;
  context_.metrics.add("tessera_http_pool_full_total", 1);
  return respond(error_response(503, "The server is busy."), head_.keep_alive);
}

bool Connection::submit(const Detour& detour) {
  counted_ = counted_ || !detour.is_lookup;
  WorkerPool& waiting = detour.urgent ? context_.reserved : context_.pool;
  WorkerPool& chosen = detour.lane == Lane::hash ? context_.hash : waiting;
  return chosen.submit(detour.fairness_key, detour.is_lookup ? JobKind::lookup : JobKind::ordinary,
                       [self = shared_from_this(), lane = detour.lane] { self->work(lane); });
}

/// On a worker. The connection reads nothing meanwhile, so the request's views hold.
void Connection::work(Lane lane) {
  boost::asio::post(thread_.loop(), [self = shared_from_this(), lane, answer = call_handler(lane, nullptr)]() mutable {
    if (self->phase_ == Phase::closed) return;
    if (self->take_answer(std::move(answer), lane) == Next::again) self->drive();
  });
}

Connection::Next Connection::refuse(const Refusal& refusal) {
  make_request_id(request_.request_id);
  request_.method = {};
  request_.minor_version = 1;
  lingers_ = true;
  context_.metrics.add("tessera_http_refused_requests_total", 1);
  return respond(error_response(refusal.status, refusal.description), false);
}

Connection::Next Connection::respond(const Response& response, bool keep_alive) {
  keep_alive_ = keep_alive && !thread_.draining();
  const ResponseFrame frame{.request_id = request_.request_id,
                            .date_line = thread_.date_line(context_.clock.now()),
                            .keep_alive = keep_alive_,
                            .minor_version = request_.minor_version,
                            .head_only = request_.method == "HEAD"};
  out_.clear();
  out_written_ = 0;
  if (!append_response(out_, response, frame)) {
    context_.log.error("response_not_writable", {{"request_id", request_.request_id}, {"path", std::string(request_.path)}});
    append_response(out_, error_response(500, "The server failed."), frame);
  }
  phase_ = Phase::writing;
  set_deadline(context_.options.timeouts.write);
  return Next::again;
}

Connection::Next Connection::write() {
  while (out_written_ < out_.size()) {
    const IoResult result = transport_.write(std::string_view(out_).substr(out_written_));
    if (const auto next = unless_done(result.state)) return *next;
    out_written_ += result.bytes;
  }
  if (keep_alive_) return next_request();
  transport_.close_write();
  if (!lingers_) return parked_closed();
  phase_ = Phase::lingering;
  set_deadline(kLingerTime);
  return Next::again;
}

/// Leaves only what was pipelined behind the request.
void Connection::wipe_request() {
  std::copy(in_.begin() + static_cast<std::ptrdiff_t>(request_bytes_), in_.begin() + static_cast<std::ptrdiff_t>(in_bytes_), in_.begin());
  in_bytes_ -= request_bytes_;
  base::wipe({in_.data() + in_bytes_, request_bytes_});
  request_bytes_ = 0;
  base::wipe(chunked_body_);
  chunked_body_.clear();
  if (chunked_body_.capacity() > kBufferKeptBytes) base::WipedBytes().swap(chunked_body_);
}

Connection::Next Connection::next_request() {
  wipe_request();
  head_end_.reset();
  if (in_.size() > kBufferKeptBytes && in_bytes_ <= kBufferBytes) {
    in_.resize(kBufferBytes);
    in_.shrink_to_fit();
  }
  (void)has_room();
  if (out_.capacity() > kBufferKeptBytes) std::string().swap(out_);
  phase_ = Phase::head;
  if (in_bytes_ == 0) {
    if (thread_.drained()) return parked_closed();
    set_deadline(context_.options.timeouts.idle);
    return transport_.has_buffered() ? Next::again : Next::wait_read;  // the next request is hardly there yet: spare the read
  }
  set_deadline(context_.options.timeouts.head);
  if (++requests_in_a_row_ < kRequestsInARowMax) return Next::again;
  boost::asio::post(thread_.loop(), [self = shared_from_this()] { self->drive(); });  // others have their turn
  return Next::parked;
}

/// Reads what the peer still sends and throws it away: closing now would reset the connection, and the peer might never see the answer.
Connection::Next Connection::linger() {
  while (lingered_bytes_ < kLingerBytesMax) {
    const IoResult result = transport_.read(in_);
    if (result.state == IoState::want_read || result.state == IoState::want_write) return Next::wait_read;
    if (result.state == IoState::closed) break;
    lingered_bytes_ += result.bytes;
  }
  return parked_closed();
}

}  // namespace tessera::http
