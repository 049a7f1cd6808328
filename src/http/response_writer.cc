#include "http/response_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "http/chars.h"

namespace tessera::http {
namespace {

std::string_view status_line(int status) {
  switch (status) {
    case 200:
      return "HTTP/1.1 200 OK\r\n";
    case 201:
      return "HTTP/1.1 201 Created\r\n";
    case 204:
      return "HTTP/1.1 204 No Content\r\n";
    case 302:
      return "HTTP/1.1 302 Found\r\n";
    case 303:
      return "HTTP/1.1 303 See Other\r\n";
    case 304:
      return "HTTP/1.1 304 Not Modified\r\n";
    case 400:
      return "HTTP/1.1 400 Bad Request\r\n";
    case 401:
      return "HTTP/1.1 401 Unauthorized\r\n";
    case 403:
      return "HTTP/1.1 403 Forbidden\r\n";
    case 404:
      return "HTTP/1.1 404 Not Found\r\n";
    case 405:
      return "HTTP/1.1 405 Method Not Allowed\r\n";
    case 409:
      return "HTTP/1.1 409 Conflict\r\n";
    case 413:
      return "HTTP/1.1 413 Content Too Large\r\n";
    case 414:
      return "HTTP/1.1 414 URI Too Long\r\n";
    case 415:
      return "HTTP/1.1 415 Unsupported Media Type\r\n";
    case 417:
      return "HTTP/1.1 417 Expectation Failed\r\n";
    case 429:
      return "HTTP/1.1 429 Too Many Requests\r\n";
    case 431:
      return "HTTP/1.1 431 Request Header Fields Too Large\r\n";
    case 500:
      return "HTTP/1.1 500 Internal Server Error\r\n";
    case 503:
      return "HTTP/1.1 503 Service Unavailable\r\n";
    case 505:
      return "HTTP/1.1 505 HTTP Version Not Supported\r\n";
    default:
      return {};
  }
}

/// The server's own fields, and those of framing: a handler can't contradict the body that is sent.
bool is_servers_own(std::string_view name) {
  constexpr std::array<std::string_view, 6> kOwn = {"Content-Length", "Date", "Connection", "X-Request-Id", "Transfer-Encoding", "Server"};
  return std::any_of(kOwn.begin(), kOwn.end(), [&](std::string_view own) { return equal_without_case(own, name); });
}

bool is_writable(const Response& response) {
  return response.status >= 200 && response.status <= 599 &&
         std::all_of(response.headers.begin(), response.headers.end(),
                     [](const auto& field) { return is_token(field.first) && is_field_value(field.second); });
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
}

void append_number(std::string& out, std::size_t number) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

}  // namespace

bool append_response(std::string& out, const Response& response, const ResponseFrame& frame) {
  if (!is_writable(response)) return false;
  if (const auto line = status_line(response.status); !line.empty()) {
    out += line;
  } else {
    out += "HTTP/1.1 ";
    append_number(out, static_cast<std::size_t>(response.status));
    out += " \r\n";  // the reason phrase may be empty (RFC 9112, 4)
  }
  for (const auto& [name, value] : response.headers)
    if (!is_servers_own(name)) append_field(out, name, value);
  out += frame.date_line;
  append_field(out, "X-Request-Id", frame.request_id);
  if (!frame.keep_alive) {
    out += "Connection: close\r\n";
  } else if (frame.minor_version == 0) {
    out += "Connection: keep-alive\r\n";
  }
  const bool bodiless = response.status == 204 || response.status == 304;  // RFC 9110, 8.6
  if (!bodiless) {
    out += "Content-Length: ";
    append_number(out, response.body.size());
    out += "\r\n";
  }
  out += "\r\n";
  if (!bodiless && !frame.head_only) out += response.body;
  return true;
}

Response error_response(int status, std::string_view description) {
  const std::string_view code = status < 500 ? "invalid_request" : status == 503 ? "temporarily_unavailable" : "server_error";
  Response response{.status = status,
                    .headers = {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}},
                    .body = fmt::format(R"({{"error":"{}","error_description":"{}"}})", code, description)};
  if (status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

std::string_view DateLine::at(TimePoint now) {
  constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (base::to_s(now) == second_) return line_;
  second_ = base::to_s(now);
  const auto day = std::chrono::floor<std::chrono::days>(now);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{std::chrono::floor<std::chrono::seconds>(now - day)};
  line_ = fmt::format("Date: {}, {:02} {} {:04} {:02}:{:02}:{:02} GMT\r\n", kDays[std::chrono::weekday{day}.c_encoding()],
                      static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                      time.hours().count(), time.minutes().count(), time.seconds().count());
  return line_;
}

}  // namespace tessera::http
