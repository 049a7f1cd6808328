// One connection: reads a request, gets it answered, writes the response, and again. All of it on its io thread, except that a handler
// which has to wait runs on a pool meanwhile.
#pragma once

#include <chrono>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "base/wiped_bytes.h"
#include "http/chunked.h"
#include "http/head.h"
#include "http/io_thread.h"
#include "http/transport.h"

namespace tessera::http {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Place = std::list<std::shared_ptr<Connection>>::iterator;

  Connection(IoThread& thread, boost::asio::posix::stream_descriptor socket, SslPtr ssl, std::string remote_address);
  void start(Place place);
  /// Closes it when its deadline comes before `next_look`: slow peers are cut in time, never late.
  void cut_if_late(SteadyTime next_look);
  /// The server has stopped listening: an idle connection closes now, another one after its request.
  void drain();
  void close();

 private:
  enum class Phase : std::uint8_t { handshake, head, body, working, writing, lingering, closed };
  enum class Next : std::uint8_t { again, wait_read, wait_write, parked };

  void drive();
  Next step();
  void wait(boost::asio::posix::descriptor_base::wait_type what);
  void set_deadline(std::chrono::milliseconds in);

  Next handshake();
  Next read_head();
  Next begin_request(std::size_t head_bytes);
  Next begin_body();
  Next read_body();
  Next read_chunks();
  Next fill();
  void grow(std::size_t size);
  bool has_room();

  void take_head();
  Next handle();
  void go_on();
  std::expected<Response, Detour> call_handler(Lane lane, Pause* pause);
  Next take_answer(std::expected<Response, Detour> answer, Lane from);
  bool submit(const Detour& detour);
  void work(Lane lane);

  Next refuse(const Refusal& refusal);
  Next respond(const Response& response, bool keep_alive);
  Next write();
  Next next_request();
  void wipe_request();
  Next linger();
  Next parked_closed();
  /// What to wait for, or the end; nothing when the transport did what it was asked.
  std::optional<Next> unless_done(IoState state);

  std::string_view received() const { return {in_.data(), in_bytes_}; }

  IoThread& thread_;
  ServerContext& context_;
  boost::asio::posix::stream_descriptor socket_;
  Transport transport_;
  const std::string remote_address_;
  Place place_;

  Phase phase_ = Phase::head;
  SteadyTime deadline_;
  int requests_in_a_row_ = 0;

  base::WipedBytes in_;  ///< the request, and what was pipelined behind it
  std::size_t in_bytes_ = 0;
  std::size_t request_bytes_ = 0;  ///< of them, those of the request that is being answered
  HeadEnd head_end_;
  std::size_t head_bytes_ = 0;
  Head head_;
  std::size_t large_bytes_ = 0;  ///< its part of ServerContext::large_buffers_bytes
  bool head_moved_ = false;      ///< the buffer grew since it was scanned: its views look where it was
  std::optional<ChunkedDecoder> chunked_;
  base::WipedBytes chunked_body_;
  Request request_;
  bool counted_ = false;  ///< see Turn
  std::expected<Response, Detour> answer_;

  std::string out_;
  std::size_t out_written_ = 0;
  bool keep_alive_ = true;
  bool lingers_ = false;  ///< after the response: the peer may still be sending what was refused
  std::size_t lingered_bytes_ = 0;
};

}  // namespace tessera::http
