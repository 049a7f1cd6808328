// What one argon2id hash costs on this machine, by libsodium alone: what no password login can do without.
//
//   tessera_hash PASSES KIB
//
// Prints CPU microseconds of a hash, the median of 101.
#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace {

double cpu_us() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 || sodium_init() < 0) return 2;
  const auto passes = std::strtoull(argv[1], nullptr, 10);
  const std::size_t memory_bytes = std::strtoull(argv[2], nullptr, 10) * 1024;
  const std::array<unsigned char, crypto_pwhash_SALTBYTES> salt{};
  std::array<double, 101> costs_us{};
  for (double& cost_us : costs_us) {
    std::array<unsigned char, 32> hash{};
    const double begin_us = cpu_us();
    if (crypto_pwhash(hash.data(), hash.size(), "a long password", 15, salt.data(), passes, memory_bytes, crypto_pwhash_ALG_ARGON2ID13) !=
        0)
      return 1;
    cost_us = cpu_us() - begin_us;
  }
  std::nth_element(costs_us.begin(), costs_us.begin() + costs_us.size() / 2, costs_us.end());
  std::printf("%.1f\n", costs_us[costs_us.size() / 2]);
}
