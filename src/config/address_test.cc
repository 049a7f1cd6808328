#include "config/address.h"

#include <gtest/gtest.h>

namespace tessera::config {
namespace {

TEST(Address, IsIPv4OrIPv6) {
  for (const char* text : {"127.0.0.1", "0.0.0.0", "255.255.255.255", "::", "::1", "2001:db8::7", "::ffff:10.0.0.1"})
    EXPECT_TRUE(is_address(text)) << text;
  for (const char* text :
       {"", "x", "localhost", "999.1.1.1", "127.1", "1.2.3.4.5", "[::1]", "::1%eth0", "10.0.0.1:80", "10.0.0.0/8", " 10.0.0.1"})
    EXPECT_FALSE(is_address(text)) << text;
  EXPECT_FALSE(is_address(std::string_view("::1\0x", 5)));
}

TEST(Address, ABlockHasAPrefixOfItsFamily) {
  for (const char* text : {"10.0.0.1", "10.1.0.0/16", "0.0.0.0/0", "10.0.0.1/32", "2001:db8::/32", "::1/128"})
    EXPECT_TRUE(is_address_block(text)) << text;
  for (const char* text :
       {"", "/8", "x", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.0/8/8", "::/129", "10.0.0.0/ 8"})
    EXPECT_FALSE(is_address_block(text)) << text;
}

TEST(Address, LoopbackIsThisMachineAlone) {
  for (const char* host : {"localhost", "127.0.0.1", "127.8.9.10", "::1", "[::1]"}) EXPECT_TRUE(is_loopback(host)) << host;
  for (const char* host : {"", "0.0.0.0", "::", "10.0.0.1", "127.0.0.1.evil.example", "localhost.evil.example"})
    EXPECT_FALSE(is_loopback(host)) << host;
}

}  // namespace
}  // namespace tessera::config
