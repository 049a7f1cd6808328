#include "http/outbound.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <chrono>
#include <exception>
#include <future>
#include <memory>
#include <thread>

#include "http/address_blocks.h"

namespace tessera::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;

constexpr std::chrono::seconds kTimeout{3};
constexpr std::uint64_t kBodyBytesMax = 1'048'576;
constexpr std::uint32_t kHeaderBytesMax = 16'384;

/// Where a URL leads.
struct Target {
  bool tls = false;
  std::string host;  ///< a name, or an address without brackets
  std::string port;
  std::string authority;  ///< for the Host header
  std::string path;       ///< with the query
};

Result<Target> read_url(const std::string& url) {
  const auto parsed = boost::urls::parse_uri(url);
  if (!parsed || parsed->has_userinfo() || parsed->host().empty()) return fail(Reason::outbound_refused, "no web address");
  const std::string_view scheme(parsed->scheme().data(), parsed->scheme().size());
  if (scheme != "https" && scheme != "http") return fail(Reason::outbound_refused, "neither https nor http");
  Target target{.tls = scheme == "https", .host = parsed->host_address(), .port = std::string(parsed->port()), .authority = {}, .path = {}};
  target.authority = std::string(parsed->encoded_host_and_port());
  if (target.port.empty()) target.port = target.tls ? "443" : "80";
  target.path = std::string(parsed->encoded_path());
  if (target.path.empty()) target.path = "/";
  if (parsed->has_query()) target.path += '?' + std::string(parsed->encoded_query());
  return target;
}

using Request = beast::http::request<beast::http::string_body>;

/// The system's resolver can't be told to give up. Its thread can be left behind: it owns all that it touches.
Result<tcp::resolver::results_type> resolve(const std::string& host, const std::string& port, std::chrono::steady_clock::time_point until) {
  struct Search {
    std::promise<void> done;
    beast::error_code error;
    tcp::resolver::results_type results;
  };
  const auto search = std::make_shared<Search>();
  auto done = search->done.get_future();
  std::thread([search, host, port] {
    asio::io_context io;
    search->results = tcp::resolver(io).resolve(host, port, search->error);
    search->done.set_value();
  }).detach();
  if (done.wait_until(until) != std::future_status::ready) return fail(Reason::outbound_failed, "resolve: it takes too long");
  if (search->error) return fail(Reason::outbound_failed, "resolve: " + search->error.message());
  return search->results;
}

/// One request, from the name to the answer, on a loop of its own: every step ends by itself at the deadline.
class Exchange {
 public:
  Exchange(asio::ssl::context& tls, const AddressBlocks& allowed, Target target)
      : tls_(tls), allowed_(allowed), target_(std::move(target)), deadline_(std::chrono::steady_clock::now() + kTimeout) {}

  /// `field`: what is said beside what every request says.
  Result<OutboundResponse> send(beast::http::verb verb, beast::http::field field, std::string_view value, std::string body) {
    const auto places = TRY(find_places());
    Request request(verb, target_.path, 11, std::move(body));
    request.set(beast::http::field::host, target_.authority);
    request.set(field, beast::string_view(value.data(), value.size()));
    request.set(beast::http::field::connection, "close");
    request.prepare_payload();
    if (!target_.tls) {
      beast::tcp_stream stream(io_);
      TRY(connect(stream, places));
      return ask(stream, request);
    }
    beast::ssl_stream<beast::tcp_stream> stream(io_, tls_);
    TRY(connect(beast::get_lowest_layer(stream), places));
    TRY(greet(stream));
    return ask(stream, request);
  }

 private:
  /// Runs one step to its end. What it refers to outlives it: the loop is not run again once a step was given up.
  template <class Start>
  Status step(std::string_view what, Start start) {
    beast::error_code result = asio::error::timed_out;
    start([&result](beast::error_code error, auto&&...) { result = error; });
    io_.restart();
    io_.run_until(deadline_);
    if (result) return fail(Reason::outbound_failed, std::string(what) + ": " + result.message());
    return {};
  }

  /// The addresses of the name that may be gone to.
  Result<std::vector<tcp::endpoint>> find_places() {
    const auto found = TRY(resolve(target_.host, target_.port, deadline_));
    std::vector<tcp::endpoint> places;
    for (const auto& entry : found) {
      const std::string address = entry.endpoint().address().to_string();
      if (is_public_address(address) || allowed_.contains(address)) places.push_back(entry.endpoint());
    }
    if (places.empty()) return fail(Reason::outbound_refused, "the name leads to no public address, and outbound.allow holds none of its");
    return places;
  }

  Status connect(beast::tcp_stream& stream, const std::vector<tcp::endpoint>& places) {
    stream.expires_at(deadline_);
    return step("connect", [&](auto done) { stream.async_connect(places, done); });
  }

  Status greet(beast::ssl_stream<beast::tcp_stream>& stream) {
    // An address is no name: RFC 6066, 3 (SSL_set_tlsext_host_name, whose macro casts the old way).
    if (!is_address(target_.host))
      SSL_ctrl(stream.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, std::string(target_.host).data());
    stream.set_verify_callback(asio::ssl::host_name_verification(target_.host));
    return step("TLS", [&](auto done) { stream.async_handshake(asio::ssl::stream_base::client, done); });
  }

  template <class Stream>
  Result<OutboundResponse> ask(Stream& stream, const Request& request) {
    TRY(step("write", [&](auto done) { beast::http::async_write(stream, request, done); }));
    beast::flat_buffer buffer;
    beast::http::response_parser<beast::http::string_body> parser;
    parser.body_limit(kBodyBytesMax);
    parser.header_limit(kHeaderBytesMax);
    TRY(step("read", [&](auto done) { beast::http::async_read(stream, buffer, parser, done); }));
    return OutboundResponse{static_cast<int>(parser.get().result_int()), std::move(parser.get().body())};
  }

  asio::ssl::context& tls_;
  const AddressBlocks& allowed_;
  const Target target_;
  const std::chrono::steady_clock::time_point deadline_;
  asio::io_context io_{1};
};

template <class Send>
Result<OutboundResponse> exchange(asio::ssl::context& tls, const AddressBlocks& allowed, const std::string& url, const Send& send) {
  auto target = TRY(read_url(url));
  try {
    Exchange with(tls, allowed, std::move(target));
    return send(with);
  } catch (const std::exception& error) {
    return fail(Reason::outbound_failed, error.what());
  }
}

}  // namespace

struct Outbound::State {
  AddressBlocks allowed;
  mutable asio::ssl::context tls{asio::ssl::context::tls_client};
};

Outbound::Outbound(std::unique_ptr<State> state) : state_(std::move(state)) {}
Outbound::~Outbound() = default;

Result<std::unique_ptr<Outbound>> Outbound::create(const OutboundOptions& options) {
  auto state = std::make_unique<State>();
  state->allowed = TRY(AddressBlocks::parse(options.allow, "outbound.allow"));
  SSL_CTX_set_min_proto_version(state->tls.native_handle(), TLS1_2_VERSION);
  beast::error_code error;
  state->tls.set_verify_mode(asio::ssl::verify_peer, error);
  if (!error) state->tls.set_default_verify_paths(error);
  if (error) return fail(Reason::config_invalid, "the system's certificate authorities can't be read: " + error.message());
  if (!options.ca_file.empty()) state->tls.load_verify_file(options.ca_file, error);
  if (error) return fail(Reason::config_invalid, "outbound.ca_file " + options.ca_file + " can't be read as PEM: " + error.message());
  return std::unique_ptr<Outbound>(new Outbound(std::move(state)));
}

Result<OutboundResponse> Outbound::get(const std::string& url, std::string_view accept) const {
  return exchange(state_->tls, state_->allowed, url,
                  [&](Exchange& with) { return with.send(beast::http::verb::get, beast::http::field::accept, accept, {}); });
}

Result<OutboundResponse> Outbound::post(const std::string& url, std::string_view content_type, std::string body) const {
  return exchange(state_->tls, state_->allowed, url, [&](Exchange& with) {
    return with.send(beast::http::verb::post, beast::http::field::content_type, content_type, std::move(body));
  });
}

}  // namespace tessera::http
