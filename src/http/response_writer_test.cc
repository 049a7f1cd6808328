#include "http/response_writer.h"

#include <gtest/gtest.h>

namespace tessera::http {
namespace {

const ResponseFrame kFrame{.request_id = "rid", .date_line = "Date: d\r\n"};

std::string written(const Response& response, const ResponseFrame& frame = kFrame) {
  std::string out;
  EXPECT_TRUE(append_response(out, response, frame));
  return out;
}

TEST(ResponseWriter, WritesTheWholeResponse) {
  EXPECT_EQ(written({.headers = {{"Content-Type", "text/plain"}}, .body = "hello"}),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDate: d\r\nX-Request-Id: rid\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_EQ(written({.status = 418}), "HTTP/1.1 418 \r\nDate: d\r\nX-Request-Id: rid\r\nContent-Length: 0\r\n\r\n");
}

TEST(ResponseWriter, LeavesTheBodyOutWhereNoneMayBe) {
  ResponseFrame head = kFrame;
  head.head_only = true;
  EXPECT_TRUE(written({.body = "hello"}, head).ends_with("Content-Length: 5\r\n\r\n"));
  EXPECT_EQ(written({.status = 204, .body = "hello"}), "HTTP/1.1 204 No Content\r\nDate: d\r\nX-Request-Id: rid\r\n\r\n");
}

TEST(ResponseWriter, SaysWhetherTheConnectionStays) {
  ResponseFrame frame = kFrame;
  EXPECT_EQ(written({}, frame).find("Connection"), std::string::npos);
  frame.minor_version = 0;
  EXPECT_NE(written({}, frame).find("Connection: keep-alive\r\n"), std::string::npos);
  frame.keep_alive = false;
  EXPECT_NE(written({}, frame).find("Connection: close\r\n"), std::string::npos);
}

TEST(ResponseWriter, AHandlerCantContradictTheFraming) {
  const std::string out = written(
      {.headers = {
           {"content-length", "999"}, {"Transfer-Encoding", "chunked"}, {"Connection", "x"}, {"X-Request-Id", "forged"}, {"Server", "s"}}});
  EXPECT_EQ(out, "HTTP/1.1 200 OK\r\nDate: d\r\nX-Request-Id: rid\r\nContent-Length: 0\r\n\r\n");
}

// Case 13 of the security rules.
TEST(ResponseWriter, NeverSplitsAHeader) {
  using namespace std::string_literals;
  const std::pair<std::string, std::string> bad[] = {{"Location", "/a\r\nSet-Cookie: x=y"},
                                                     {"Location", "/a\nb"},
                                                     {"Location", "/a\rb"},
                                                     {"Location", "a\0b"s},
                                                     {"X\r\nY", "b"},
                                                     {"", "b"},
                                                     {"X:Y", "b"}};
  for (const auto& field : bad) {
    std::string out = "before";
    EXPECT_FALSE(append_response(out, {.headers = {field}}, kFrame)) << field.first;
    EXPECT_EQ(out, "before");
  }
}

TEST(ResponseWriter, RefusesAStatusThatIsNone) {
  std::string out;
  for (const int status : {0, 100, 199, 600, -1}) EXPECT_FALSE(append_response(out, {.status = status}, kFrame)) << status;
}

TEST(DateLine, IsAnImfFixdate) {
  DateLine date;
  EXPECT_EQ(date.at(base::from_s(784'111'777)), "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
  EXPECT_EQ(date.at(base::from_us(784'111'777'999'999)), "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
  EXPECT_EQ(date.at(base::from_s(1'709'210'096)), "Date: Thu, 29 Feb 2024 12:34:56 GMT\r\n");
}

}  // namespace
}  // namespace tessera::http
