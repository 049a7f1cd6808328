#include "http/address_blocks.h"

#include <gtest/gtest.h>

namespace tessera::http {
namespace {

TEST(AddressBlocks, AMappedAddressIsTheOneThatItStandsFor) {
  const std::vector<std::string> entries{"127.0.0.1/8", "2001:db8::/32"};
  const auto blocks = AddressBlocks::parse(entries, "entry");
  ASSERT_TRUE(blocks);
  for (const char* in : {"127.0.0.1", "127.255.0.1", "::ffff:127.0.0.1", "2001:db8:1::"}) EXPECT_TRUE(blocks->contains(in)) << in;
  for (const char* out : {"128.0.0.1", "::1", "2001:db9::", "", "127.1", "localhost"}) EXPECT_FALSE(blocks->contains(out)) << out;
  const std::vector<std::string> wrong{"10.0.0.0/33"};
  EXPECT_FALSE(AddressBlocks::parse(wrong, "entry"));
}

TEST(AddressBlocks, WhatIsNotPublicIsToldFromWhatIs) {
  for (const char* inside :
       {"0.0.0.0",   "10.1.2.3",        "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.31.255.255",   "192.168.1.1", "198.18.0.1",
        "224.0.0.1", "255.255.255.255", "::",         "::1",       "::ffff:8.8.8.8",  "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1",
        "fe80::1",   "fc00::1",         "fd12::1",    "ff02::1",   "2002:7f00:1::",   "2001:0:7f00:1::",  "2001:db8::1", "localhost",
        "",          "0177.0.0.1",      "2130706433"})
    EXPECT_FALSE(is_public_address(inside)) << inside;
  for (const char* outside : {"8.8.8.8", "172.32.0.1", "100.128.0.1", "198.20.0.1", "2606:4700::1111", "2a00:1450::1"})
    EXPECT_TRUE(is_public_address(outside)) << outside;
}

}  // namespace
}  // namespace tessera::http
